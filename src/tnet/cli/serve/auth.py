"""`tnet serve auth`: argv to AuthPlan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tnet.cli.sections import Command
from tnet.cli.serve.common import USERS, serves
from tnet.cli.values import DURATION

if TYPE_CHECKING:
    from tnet.plans.addresses import StreamTarget
    from tnet.plans.serve import AuthPlan

_DIALECTS = ("line", "pop3", "redis")


@click.command(cls=Command, short_help="A line server that asks for a login.")
@serves(8000)
@USERS
@click.option(
    "--attempts", type=click.IntRange(1, 100), metavar="N", default=3, show_default=True, help="Tries a connection has."
)
@click.option("--auth-timeout", type=DURATION, default="60", show_default=True, help="For the whole login.")
@click.option(
    "--dialect", type=click.Choice(_DIALECTS), default="line", show_default=True, help="What the login is spoken in."
)
@click.option("--forward", metavar="TARGET", help="Relay whoever is logged in to HOST:PORT, tls://H:P or unix:/path.")
@click.option(
    "--send-proxy",
    type=click.Choice(["v1", "v2"]),
    help="Tell the backend the client's address by the PROXY protocol; v2 adds the user's name.",
)
def auth(
    *,
    common: dict[str, Any],
    users: str | None,
    attempts: int,
    auth_timeout: float,
    dialect: str,
    forward: str | None,
    send_proxy: str | None,
) -> AuthPlan:
    """Ask for a user name and a password, then let those who are logged in talk to each other.

    With --forward they talk to a backend instead, from the byte behind the login on.

    For tests of other clients, the login is spoken as POP3 or Redis speak it, before an empty mailbox or no data.

    Without any account, one is made for this run alone and its password is shown once.

    At most 512 connections, or half of --max-connections, wait for a login; beyond that the one that has waited
    longest is let go.

    \b
    Examples:
      tnet serve auth --port 8000
      tnet users add alice && tnet serve auth --public --tls
      tnet serve auth --dialect redis --port 6379
      tnet serve auth --forward 127.0.0.1:5432 --tls
    """
    from tnet.plans.serve import AuthPlan

    return AuthPlan(
        **common,
        users=users,
        attempts=attempts,
        login_seconds=auth_timeout,
        dialect=dialect,
        forward=_backend(forward, send_proxy),
        send_proxy=send_proxy,
    )


def _backend(forward: str | None, send_proxy: str | None) -> StreamTarget | None:
    from tnet.errors import BadUsage
    from tnet.plans.addresses import parse_stream

    if forward is None and send_proxy is not None:
        raise BadUsage("--send-proxy", "goes with --forward")
    return None if forward is None else parse_stream(forward, field="--forward")
