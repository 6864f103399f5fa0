"""`tnet man`: show a man page."""

from __future__ import annotations

import shutil
import sys

import click


@click.command("man", short_help="Show a man page.")
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
def man(words: tuple[str, ...]) -> None:
    """Show the man page of COMMAND, or of tnet; in a pipe, print its source.

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
    viewer = shutil.which("man")
    if viewer is None or not sys.stdout.isatty():
        click.echo(source, nl=False)
        return
    import subprocess

    subprocess.run([viewer, "-l", "-"], input=source.encode("utf-8"), check=False)  # noqa: S603 (a fixed command)
