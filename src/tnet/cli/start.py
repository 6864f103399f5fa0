"""From what was asked to a running process: where the command line meets the runtime and the view."""

from __future__ import annotations

import click

from tnet.cli.asked import Asked


def start(asked: Asked) -> int:
    """Run the plan, telling its story on stderr; the exit status."""
    from tnet.runtime.descriptors import occupy_standard_descriptors

    occupy_standard_descriptors()  # before anything else is opened: it would get the number of a closed one

    from tnet.errors import TnetError
    from tnet.runtime.launch import launch
    from tnet.view.choose import choose

    try:
        story = choose(asked.output, asked.command)
    except TnetError as error:
        click.echo(f"tnet: error: {error}", err=True)
        return error.exit_status
    return launch(asked.plan, story)
