"""Completion scripts, one module a shell: static text made from the command tree, which never starts Python."""

from __future__ import annotations

from collections.abc import Callable

from tnet.cli.shells import bash, fish, powershell, zsh
from tnet.cli.tree import Node

SCRIPTS: dict[str, Callable[[Node], str]] = {
    "bash": bash.script,
    "zsh": zsh.script,
    "fish": fish.script,
    "powershell": powershell.script,
}
