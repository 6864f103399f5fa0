"""`tnet serve`: argv to ServePlan, a module for each tool; `common` is what they all take."""

from __future__ import annotations

import click

from tnet.cli.late import Late
from tnet.cli.sections import Group

_COMMANDS = Late(
    echo="tnet.cli.serve.echo:echo",
    auth="tnet.cli.serve.auth:auth",
    web="tnet.cli.serve.web.command:web",
    ssh="tnet.cli.serve.ssh:ssh",
)


@click.group(cls=Group, commands=_COMMANDS, short_help="Serve echo, auth, web or ssh.")
def serve() -> None:
    """Serve something until INT or TERM: then stop accepting, drain, and close. A second signal aborts.

    \b
    Examples:
      tnet serve echo --port 0
      tnet serve web ./site --public
    """
