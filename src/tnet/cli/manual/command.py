"""`tnet man`: show a man page."""

from __future__ import annotations

import sys

import click


@click.command("man", short_help="Show a man page.")
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
def man(words: tuple[str, ...]) -> None:
    """Show the man page of COMMAND, or of tnet; where there is no `man` to format it, its source.

    \b
    Examples:
      tnet man serve web
      tnet man events
    """
    from tnet.cli.main import tnet
    from tnet.cli.manual.pages import pages
    from tnet.cli.tree import tree

    name = "-".join(["tnet", *words])
    found = pages(tree(tnet))
    source = found.get(f"{name}.1") or found.get(f"{name}.5")
    if source is None:
        raise click.UsageError(f"no man page for {' '.join(words)!r}", click.get_current_context())
    click.echo(_formatted(source), nl=False)


def _formatted(source: str) -> str:
    """What there is to print of a page: nothing any more once a terminal's pager has shown it."""
    import subprocess
    from shutil import which

    formatter = which("man")
    if formatter is None:
        return source
    shown = sys.stdout.isatty()
    done = subprocess.run(  # noqa: S603 (a fixed command)
        [formatter, "-l", "-"],
        input=source,
        encoding="utf-8",
        stdout=None if shown else subprocess.PIPE,
        stderr=None if shown else subprocess.DEVNULL,
        check=False,
    )
    return "" if shown else done.stdout or source
