"""`tnet serve echo`: argv to EchoPlan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tnet.cli.sections import Command
from tnet.cli.serve.common import FILE, serves

if TYPE_CHECKING:
    from tnet.plans import ListenAddress
    from tnet.plans.serve import EchoPlan


@click.command(cls=Command, short_help="Send back what comes.")
@serves(8000)
@click.option("--udp", is_flag=True, help="Datagrams instead of connections.")
@click.option(
    "--fault",
    multiple=True,
    metavar="SPEC",
    help="Let something go wrong; repeatable: latency=200ms±50ms, bandwidth=100KiB, slice=1-64, "
    "limit=1MiB:close|reset|stall, refuse=10%.",
)
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Repeat a run's chances. [default: another each run]")
@click.option("--replay", type=FILE, metavar="FILE", help="Say what the server of a recording said, not an echo.")
@click.option(
    "--replay-mode",
    type=click.Choice(["strict", "line", "timed"]),
    default="strict",
    show_default=True,
    help="Byte by byte, by line, or at the recorded times.",
)
def echo(
    *,
    common: dict[str, Any],
    udp: bool,
    fault: tuple[str, ...],
    seed: int | None,
    replay: str | None,
    replay_mode: Any,
) -> EchoPlan:
    """Send back what comes: exactly, to the last byte of a half-closed connection, and no faster than it is read.

    With --fault it is a bad network, with --replay somebody else's server: a double for tests of clients.

    \b
    Examples:
      tnet serve echo
      tnet serve echo --tls --port 0 --output json
      tnet serve echo --fault latency=200ms±50ms --fault slice=1-64 --seed 7
    """
    from tnet.plans.faults import parse_fault
    from tnet.plans.serve import EchoPlan

    faults = tuple(map(parse_fault, fault))
    listen = _datagrams(common["listen"]) if udp else common["listen"]
    return EchoPlan(**{**common, "listen": listen}, faults=faults, seed=seed, replay=replay, replay_mode=replay_mode)


def _datagrams(addresses: tuple[ListenAddress, ...]) -> tuple[ListenAddress, ...]:
    from tnet.errors import BadUsage
    from tnet.plans.addresses import TcpAddress, UdpAddress

    found = [address for address in addresses if isinstance(address, TcpAddress | UdpAddress)]
    if len(found) < len(addresses):
        raise BadUsage("--udp", "datagrams are listened for at udp://HOST:PORT alone")
    return tuple(UdpAddress(address.host, address.port, address.tls) for address in found)
