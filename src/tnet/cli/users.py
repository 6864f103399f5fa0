"""`tnet users`: argv to UsersPlan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tnet.cli.asked import usage
from tnet.cli.sections import Command, Group
from tnet.cli.story import tells_story

if TYPE_CHECKING:
    from tnet.plans.users import UsersPlan

_STORE = click.option(
    "--users",
    metavar="URL",
    help="The users store: sqlite:PATH, postgresql://HOST/DATABASE, or htpasswd:FILE, which is only read.  "
    "[default: sqlite: in $XDG_DATA_HOME/tnet]",
)
_PASSWORD_FILE = click.option(
    "--password-file", metavar="FILE", help="Read the password from FILE's first line; - is stdin."
)
_GENERATE = click.option("--generate", is_flag=True, help="Make a random password and show it once.")
_NO_PASSWORD = click.option(
    "--no-password",
    is_flag=True,
    help="Ask for no password: whoever says NAME to `serve auth` is in; with --key, nobody without the key is.",
)
_KEYS = click.option(
    "--key",
    multiple=True,
    metavar="FILE",
    help="Public keys for SSH, from a .pub file; repeatable.",
)
_GROUPS = click.option("--group", multiple=True, metavar="G", help="Make it a member of G; repeatable.")


@click.group(cls=Group, short_help="The accounts that serve auth and ssh share.")
def users() -> None:
    """The accounts that `tnet serve auth` and `tnet serve ssh` share.

    Passwords are read from a prompt or a file, never from the command line or the environment.

    They are kept, hashed, where --users says. sqlite:PATH is a file of your own, which nobody else may read.
    postgresql://HOST/DATABASE is for several servers at once; its own password belongs into ~/.pgpass, a service
    file or ?passfile=FILE. htpasswd:FILE, with bcrypt alone, is only read, again whenever it has changed.

    \b
    Examples:
      tnet users add alice
      tnet users add deploy --generate
      tnet users add guest --no-password
      tnet users list
    """


@users.command("add", cls=Command, short_help="Add an account.")
@click.argument("name")
@_PASSWORD_FILE
@_GENERATE
@_NO_PASSWORD
@_KEYS
@_GROUPS
@_STORE
@tells_story
def add(
    *,
    name: str,
    password_file: str | None,
    generate: bool,
    no_password: bool,
    key: tuple[str, ...],
    group: tuple[str, ...],
    users: str | None,
) -> UsersPlan:
    """Add an account called NAME.

    An account with neither a password nor a key is for the line dialogue of `tnet serve auth`; SSH refuses it.

    \b
    Examples:
      tnet users add alice
      pass show alice | tnet users add alice --password-file -
      tnet users add deploy --no-password --key deploy.pub --group ops
    """
    from tnet.plans.users import UsersPlan

    password = _password(password_file, generate=generate, no_password=no_password)
    return UsersPlan(
        action="add",
        name=name,
        password=password,
        no_password=no_password,
        key_files=key,
        groups=group,
        users=users,
    )


@users.command("passwd", cls=Command, short_help="Change an account's password.")
@click.argument("name")
@_PASSWORD_FILE
@_GENERATE
@_STORE
@tells_story
def passwd(*, name: str, password_file: str | None, generate: bool, users: str | None) -> UsersPlan:
    """Change the password of NAME."""
    from tnet.plans.users import UsersPlan

    return UsersPlan(action="passwd", name=name, password=_password(password_file, generate=generate), users=users)


@users.command("disable", cls=Command, short_help="Let nobody in as an account.")
@click.argument("name")
@_STORE
@tells_story
def disable(*, name: str, users: str | None) -> UsersPlan:
    """Let nobody in as NAME, until it is enabled. Whoever is in already stays."""
    from tnet.plans.users import UsersPlan

    return UsersPlan(action="disable", name=name, users=users)


@users.command("enable", cls=Command, short_help="Let an account in again.")
@click.argument("name")
@_STORE
@tells_story
def enable(*, name: str, users: str | None) -> UsersPlan:
    """Let NAME in again, with the password and the keys from before."""
    from tnet.plans.users import UsersPlan

    return UsersPlan(action="enable", name=name, users=users)


@users.command("remove", cls=Command, short_help="Remove an account.")
@click.argument("name")
@_STORE
@tells_story
def remove(*, name: str, users: str | None) -> UsersPlan:
    """Remove the account NAME."""
    from tnet.plans.users import UsersPlan

    return UsersPlan(action="remove", name=name, users=users)


@users.command("import", cls=Command, short_help="Add the accounts in a password file.")
@click.argument("file")
@_STORE
@tells_story
def import_(*, file: str, users: str | None) -> UsersPlan:
    """Add the accounts in FILE: all of them, or none; - is stdin.

    Each line is NAME:SECRET, the secret bcrypt as `htpasswd -B` writes it or Argon2id in its $argon2id$ form. Other
    secrets are refused. At the first login a bcrypt secret becomes an Argon2id one; until then, how long a wrong
    password takes can tell that the account is there.

    \b
    Examples:
      tnet users import /etc/nginx/htpasswd
    """
    from tnet.plans.users import UsersPlan

    return UsersPlan(action="import", file=file, users=users)


@users.command("list", cls=Command, short_help="List the accounts.")
@_STORE
@tells_story
def list_(*, users: str | None) -> UsersPlan:
    """List the accounts.

    On a terminal, in columns; in a pipe one a line, tab-separated: name, state, login, groups, number of keys. With
    --output json as JSON Lines on stdout.
    """
    from tnet.plans.users import UsersPlan

    as_json = click.get_current_context().params["output"] == "json"
    return UsersPlan(action="list", as_json=as_json, users=users)


def _password(path: str | None, *, generate: bool, no_password: bool = False) -> str | None:
    """The password from a file or the prompt; None when it is to be made, or when there is to be none."""
    ways = {"--password-file": path is not None, "--generate": generate, "--no-password": no_password}
    chosen = [option for option, given in ways.items() if given]
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(chosen)} contradict each other", click.get_current_context())
    if path is not None:
        return usage(_first_line, path)
    return None if chosen else _asked()


def _asked() -> str:
    """The password from the prompt, typed twice, if there is a terminal that hides it."""
    from getpass import GetPassWarning
    from warnings import catch_warnings, simplefilter

    with catch_warnings():
        simplefilter("error", GetPassWarning)
        try:
            return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
        except GetPassWarning as warning:
            problem = "there is no terminal to ask for the password\n  hint: use --password-file or --generate"
            raise click.UsageError(problem, click.get_current_context()) from warning


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
