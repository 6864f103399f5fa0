"""`tnet serve ssh`: argv to SshPlan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tnet.cli.sections import Command
from tnet.cli.serve.common import FILE, USERS, serves
from tnet.cli.values import DURATION

if TYPE_CHECKING:
    from tnet.plans.serve import SshPlan


@click.command(cls=Command, short_help="A Python shell over SSH.")
@serves(2222)
@USERS
@click.option(
    "--authorized-keys",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="Public keys that log in the user who runs tnet; without --users, keys alone. Repeatable.",
)
@click.option("--host-key", type=FILE, metavar="FILE", help="Our own key. [default: made once and kept]")
@click.option(
    "--attempts", type=click.IntRange(1, 100), metavar="N", default=6, show_default=True, help="Tries a connection has."
)
@click.option("--auth-timeout", type=DURATION, default="120", show_default=True, help="For the whole login.")
def ssh(
    *,
    common: dict[str, Any],
    users: str | None,
    authorized_keys: tuple[str, ...],
    host_key: str | None,
    attempts: int,
    auth_timeout: float,
) -> SshPlan:
    """An interactive Python shell over SSH, inside this server's own process, for those who log in.

    Accounts log in with a password, or with a key from `tnet users add --key`. Without any account, one is made for
    this run alone and its password is shown once.

    \b
    Examples:
      tnet serve ssh
      tnet users add alice --key alice.pub && tnet serve ssh
      tnet serve ssh --authorized-keys ~/.ssh/id_ed25519.pub
    """
    from tnet.plans.serve import SshPlan

    return SshPlan(
        **common,
        users=users,
        authorized_keys=authorized_keys,
        host_key=host_key,
        attempts=attempts,
        login_seconds=auth_timeout,
    )
