"""`tnet completion`: print or install the completion script of a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = ("bash", "zsh", "fish", "powershell")


@click.command(short_help="Print or install the completion script of a shell.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.option("--install", is_flag=True, help="Write it where the shell looks for it, and say where.")
def completion(shell: str, install: bool) -> None:
    """Print the completion script of SHELL. It is static: pressing Tab never starts Python.

    \b
    Examples:
      tnet completion fish --install
      tnet completion bash > ~/.local/share/bash-completion/completions/tnet
    """
    text = script(shell)
    if not install:
        click.echo(text, nl=False)
        return
    place = _place(shell)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(place)) from error
    click.echo(f"wrote {place}", err=True)
    click.echo(_advice(shell, place), err=True)


def script(shell: str) -> str:
    """The completion script of one of `SHELLS`."""
    from tnet.cli.main import tnet
    from tnet.cli.shells import SCRIPTS
    from tnet.cli.tree import tree

    return SCRIPTS[shell](tree(tnet))


def _place(shell: str) -> Path:
    from tnet.places import config_folder, data_folder

    share = data_folder().parent
    return {
        "bash": share / "bash-completion" / "completions" / "tnet",
        "zsh": share / "zsh" / "site-functions" / "_tnet",
        "fish": config_folder().parent / "fish" / "completions" / "tnet.fish",
        "powershell": share / "tnet" / "completions" / "tnet.ps1",
    }[shell]


def _advice(shell: str, place: Path) -> str:
    return {
        "bash": "open a new shell (bash-completion finds it there)",
        "zsh": f"add to ~/.zshrc, before compinit: fpath+=({place.parent})",
        "fish": "open a new shell",
        "powershell": f"add to your profile: . '{place}'",
    }[shell]
