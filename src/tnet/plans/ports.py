"""Ports as people write several of them: `HOST:22,80,8000-8010`."""

from __future__ import annotations

from tnet.errors import BadUsage
from tnet.plans.addresses import parse_host, parse_port

FIELD = "TARGET"


def parse_ports(text: str, *, field: str = FIELD) -> tuple[str, tuple[int, ...]]:
    """The host and the ports of `HOST:PORTS`: each once, in the order in which they stand.

    Shape: at most the 65535 ports that there are.
    Raises: BadUsage, naming `field`.
    """
    scheme, separator, rest = text.rpartition("://")
    if scheme not in ("", "tcp"):
        raise BadUsage(field, f"a probe is for TCP: {scheme}{separator} cannot be probed", "write HOST:PORTS")
    host, separator, ports = rest.rpartition(":")
    if not separator or (":" in host and not host.startswith("[")):
        raise BadUsage(field, f"{text!r} is not HOST:PORTS", "such as localhost:22,80,8000-8010 or [::1]:22")
    found = dict.fromkeys(port for piece in ports.split(",") for port in _range(piece, field))
    return parse_host(host, field=field), tuple(found)


def _range(text: str, field: str) -> range:
    first, separator, last = text.partition("-")
    lowest = parse_port(first, field=field)
    highest = parse_port(last, field=field) if separator else lowest
    if highest < lowest:
        raise BadUsage(field, f"{text!r} is an empty range", f"write {highest}-{lowest}")
    return range(lowest, highest + 1)
