"""Which of our own addresses a connection is to come from."""

from __future__ import annotations

from tnet.errors import BadUsage
from tnet.net.resolve import literal_family
from tnet.plans.addresses import parse_port

FIELD = "--source"


def parse_source(text: str) -> tuple[str, int]:
    """The address and port (0: any) of `ADDR`, `ADDR:PORT`, `[V6]` or `[V6]:PORT`.

    Raises: BadUsage.
    """
    if literal_family(text) is not None:
        return text, 0
    address, _, port = text.rpartition(":") if not text.endswith("]") else (text, "", "0")
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    elif ":" in address:
        address = ""
    if literal_family(address) is None:
        raise BadUsage(FIELD, f"{text!r} is not ADDR[:PORT]", "ADDR is an IP address of this machine; write [V6]:PORT")
    return address, parse_port(port, field=FIELD, zero=True)


def agreed_family(family: int | None, source: tuple[str, int] | None) -> int | None:
    """The family that both the user's wish and the source address leave open; None is either.

    Raises: BadUsage: they contradict each other.
    """
    if source is None:
        return family
    own = literal_family(source[0])
    if family not in (None, own):
        raise BadUsage(FIELD, f"{source[0]} is no IPv{family} address")
    return own
