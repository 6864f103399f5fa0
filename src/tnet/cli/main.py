"""The `tnet` command: argv to what was asked, and from there to an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from tnet.cli.asked import Asked
from tnet.cli.late import Late
from tnet.cli.sections import Group

_SETTINGS = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "TNET", "max_content_width": 100}

_COMMANDS = Late(
    serve="tnet.cli.serve:serve",
    connect="tnet.cli.connect:connect",
    fetch="tnet.cli.fetch:fetch",
    users="tnet.cli.users:users",
    completion="tnet.cli.completion:completion",
    man="tnet.cli.manual.command:man",
    config="tnet.cli.config:config",
)


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from tnet.cli.version import version_line

    click.echo(version_line())
    ctx.exit()


@click.group(cls=Group, commands=_COMMANDS, context_settings=_SETTINGS)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the versions of tnet, Python, Twisted and OpenSSL.",
)
def tnet() -> None:
    """Both ends of a connection: serve, connect and fetch, and see what happens in between.

    \b
    Examples:
      tnet serve echo
      tnet connect localhost:8000
      tnet fetch example.org
    """


def parse(argv: Sequence[str]) -> Asked | None:
    """What `argv` (without the program's name) asks for; None when it was answered by printing.

    Raises: click.ClickException for what cannot be meant; click.exceptions.Exit; click.Abort; OSError when printing,
    or writing the file that it names, failed.
    """
    # Not `tnet.main()`: it would make a reader that has left status 1.
    with tnet.make_context("tnet", list(argv), obj=tuple(argv)) as ctx:
        asked: Any = tnet.invoke(ctx)
    return asked if isinstance(asked, Asked) else None


def run(argv: Sequence[str]) -> int:
    """Do what `argv` asks for; the exit status."""
    from tnet.runtime.descriptors import occupy_standard_descriptors

    occupy_standard_descriptors()  # before anything else is opened: it would get the number of a closed one
    try:
        asked = parse(argv)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return error.exit_code
    except click.Abort:
        return 130
    except OSError as error:
        return _not_written(error)
    if asked is None:
        return 0
    from tnet.cli.start import start

    return start(asked)


def _not_written(error: OSError) -> int:
    """Make the interpreter's last flush harmless; the status for output that nobody takes."""
    from tnet.cli.start import complain
    from tnet.errors import cannot_write

    if error.filename is None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return complain(cannot_write(error.filename or "standard output", error))
