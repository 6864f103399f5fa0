"""`tnet users`: argv to UsersPlan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tnet.cli.asked import usage
from tnet.cli.sections import Command, Group
from tnet.cli.story import tells_story

if TYPE_CHECKING:
    from tnet.plans.users import UsersPlan

_STORE = click.option("--users", metavar="URL", help="The users store. [default: sqlite: in $XDG_DATA_HOME/tnet]")
_PASSWORD_FILE = click.option(
    "--password-file", metavar="FILE", help="Read the password from FILE's first line; - is stdin."
)
_GENERATE = click.option("--generate", is_flag=True, help="Make a random password and show it once.")


@click.group(cls=Group, short_help="The accounts that serve auth and ssh share.")
def users() -> None:
    """The accounts that `tnet serve auth` and `tnet serve ssh` share.

    Passwords are read from a prompt or a file, never from the command line or the environment.

    \b
    Examples:
      tnet users add alice
      tnet users add deploy --generate
      tnet users list
    """


@users.command("add", cls=Command, short_help="Add an account.")
@click.argument("name")
@_PASSWORD_FILE
@_GENERATE
@_STORE
@tells_story
def add(*, name: str, password_file: str | None, generate: bool, users: str | None) -> UsersPlan:
    """Add an account called NAME.

    \b
    Examples:
      tnet users add alice
      pass show alice | tnet users add alice --password-file -
    """
    from tnet.plans.users import UsersPlan

    return UsersPlan(action="add", name=name, password=_password(password_file, generate), users=users)


@users.command("passwd", cls=Command, short_help="Change an account's password.")
@click.argument("name")
@_PASSWORD_FILE
@_GENERATE
@_STORE
@tells_story
def passwd(*, name: str, password_file: str | None, generate: bool, users: str | None) -> UsersPlan:
    """Change the password of NAME."""
    from tnet.plans.users import UsersPlan

    return UsersPlan(action="passwd", name=name, password=_password(password_file, generate), users=users)


@users.command("remove", cls=Command, short_help="Remove an account.")
@click.argument("name")
@_STORE
@tells_story
def remove(*, name: str, users: str | None) -> UsersPlan:
    """Remove the account NAME."""
    from tnet.plans.users import UsersPlan

    return UsersPlan(action="remove", name=name, users=users)


@users.command("list", cls=Command, short_help="List the accounts.")
@_STORE
@tells_story
def list_(*, users: str | None) -> UsersPlan:
    """List the accounts, one a line, tab-separated."""
    from tnet.plans.users import UsersPlan

    return UsersPlan(action="list", users=users)


def _password(path: str | None, generate: bool) -> str | None:
    """The password from a file or the prompt; None when one is to be made."""
    if path and generate:
        raise click.UsageError("--password-file and --generate contradict each other", click.get_current_context())
    if generate:
        return None
    if path:
        return usage(_first_line, path)
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _first_line(path: str) -> str:
    from tnet.errors import BadUsage

    try:
        with click.open_file(path, encoding="utf-8") as file:
            line = str(file.readline(4097)).removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise BadUsage("--password-file", f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if not line:
        raise BadUsage("--password-file", f"{path}: its first line is empty")
    return line
