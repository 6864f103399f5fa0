"""What a command line after `tnet serve` asks for."""

from __future__ import annotations

from typing import Any

from tnet.cli.main import parse


def plan(*argv: str) -> Any:
    """The plan of a command line after `tnet serve`."""
    asked = parse(["serve", *argv])
    assert asked is not None
    return asked.plan
