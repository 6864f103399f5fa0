"""`tnet connect`: argv to ConnectPlan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tnet.cli.asked import usage
from tnet.cli.dialing import chooses_protocol, dials, tls_dialing
from tnet.cli.sections import Command
from tnet.cli.story import tells_story
from tnet.cli.values import DURATION

if TYPE_CHECKING:
    from tnet.plans import Target
    from tnet.plans.connect import ConnectPlan


@click.command(cls=Command, short_help="stdin to a socket, the socket to stdout.")
@click.argument("target", nargs=-1, required=True, metavar="TARGET")
@click.option("--tls", is_flag=True, help="TLS, as with a tls:// target.")
@click.option("--crlf", is_flag=True, help="Send each line feed as CR LF.")
@click.option("--raw", is_flag=True, help="Do not escape what a terminal would obey.")
@click.option("--no-shutdown", is_flag=True, help="Keep our side open after the end of stdin.")
@click.option(
    "--linger", type=DURATION, default="5", show_default=True, help="Silence to wait for after the end of stdin."
)
@click.option(
    "--idle-timeout", type=DURATION, default="0", help="Give up after this long without a byte. [default: no limit]"
)
@click.option("--source", metavar="ADDR[:PORT]", help="Connect from this address.")
@click.option("--timings", is_flag=True, help="Show where the time went.")
@dials
@chooses_protocol
@tells_story
def connect(
    *,
    target: tuple[str, ...],
    tls: bool,
    crlf: bool,
    raw: bool,
    no_shutdown: bool,
    linger: float,
    idle_timeout: float,
    source: str | None,
    **dialing: Any,
) -> ConnectPlan:
    """Connect stdin and stdout to TARGET: HOST:PORT, HOST PORT, tls://HOST:PORT or unix:/path.

    The end of stdin closes our half of the connection; the peer's end closes everything. Nothing in the data is
    a command. On a terminal, what comes is shown escaped; in a pipe it is exact.

    \b
    Examples:
      tnet connect localhost:8000
      printf 'GET / HTTP/1.0\\r\\n\\r\\n' | tnet connect --tls example.org:443
    """
    from tnet.plans.connect import ConnectPlan

    where = usage(_target, target)
    return usage(
        ConnectPlan,
        target=where,
        tls=tls_dialing(dialing, wanted=tls or where.tls),
        crlf=crlf,
        raw=raw,
        shutdown=not no_shutdown,
        linger_seconds=linger,
        idle_seconds=idle_timeout,
        source=source,
        family=dialing["family"],
        connect_seconds=dialing["connect_timeout"],
    )


def _target(words: tuple[str, ...]) -> Target:
    from tnet.errors import BadUsage
    from tnet.plans.addresses import TcpAddress, parse_host, parse_port, parse_target

    match words:
        case (text,):
            return parse_target(text)
        case (host, port):
            return TcpAddress(parse_host(host, field="TARGET"), parse_port(port, field="TARGET"))
        case _:
            raise BadUsage("TARGET", "one HOST:PORT, or HOST and PORT, not more")
