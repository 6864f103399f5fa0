"""From what was asked to a running process: where the command line meets the runtime and the view."""

from __future__ import annotations

from contextlib import suppress

import click

from tnet.cli.asked import Asked
from tnet.errors import Ended, TnetError


def start(asked: Asked) -> int:
    """Run the plan, telling its story on stderr; the exit status."""
    from tnet.runtime.launch import launch
    from tnet.view.choose import choose

    try:
        story = choose(asked.output, asked.command)
    except TnetError as error:
        return complain(error)
    return launch(asked.plan, story)


def complain(error: TnetError) -> int:
    """Say on stderr what went wrong before there was a view to say it; the exit status."""
    if not isinstance(error, Ended):
        with suppress(OSError):
            click.echo(f"tnet: error: {error}" + (f"\n  hint: {error.hint}" if error.hint else ""), err=True)
    return error.exit_status
