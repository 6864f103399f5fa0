"""Where a host and port really are: curl's `--resolve` and `--connect-to`.

::

    --resolve     HOST:PORT:ADDRESS[,ADDRESS]…     HOST and PORT may be *
    --connect-to  HOST1:PORT1:HOST2:PORT2          each of them may be empty

An IPv6 address stands in brackets; as ADDRESS it may go without.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tnet.errors import BadUsage
from tnet.plans.addresses import is_address, parse_host, parse_port

ANY = "*"
MOST_ADDRESSES = 32

_HOST = r"(\[[^\]]*\]|[^:\[\]]*)"
_RESOLVE = re.compile(rf"{_HOST}:([^:]*):(.+)")
_CONNECT_TO = re.compile(rf"{_HOST}:([^:]*):{_HOST}:([^:]*)")


@dataclass(frozen=True, slots=True)
class Override:
    """Connections to `host` and `port` go elsewhere; an empty `host` and port 0 mean any.

    With `addresses` (`--resolve`) the name is not looked up, else (`--connect-to`) the connection goes to `to_host`
    and `to_port`, where empty and 0 keep what they replace. The name that TLS checks and HTTP asks for stays.
    """

    host: str
    port: int
    addresses: tuple[str, ...] = ()
    to_host: str = ""
    to_port: int = 0

    def fits(self, host: str, port: int) -> bool:
        """Whether a connection to `host` and `port` is meant."""
        same_host = self.host in ("", host.lower().removesuffix("."))
        return same_host and self.port in (0, port)


def parse_resolve(text: str, *, field: str = "--resolve") -> Override:
    """The addresses of a host and port.

    Raises: BadUsage, naming `field`.
    """
    match = _RESOLVE.fullmatch(text)
    if match is None or not (match[1] and match[2]):
        raise BadUsage(field, f"{text!r} is not HOST:PORT:ADDRESS", "HOST and PORT may be *")
    found = tuple(each.strip().removeprefix("[").removesuffix("]") for each in match[3].split(","))
    if bad := [each for each in found if not is_address(each)]:
        raise BadUsage(field, f"{bad[0]!r} is not an IP address")
    if len(found) > MOST_ADDRESSES:
        raise BadUsage(field, f"more than {MOST_ADDRESSES} addresses")
    host = "" if match[1] == ANY else match[1]
    port = "" if match[2] == ANY else match[2]
    return Override(_host(host, field), _port(port, field), found)


def parse_connect_to(text: str, *, field: str = "--connect-to") -> Override:
    """The host and port to connect to instead of others.

    Raises: BadUsage, naming `field`.
    """
    match = _CONNECT_TO.fullmatch(text)
    if match is None:
        raise BadUsage(field, f"{text!r} is not HOST1:PORT1:HOST2:PORT2", "each of them may be empty")
    host, port, to_host, to_port = match.groups()
    if not (to_host or to_port):
        raise BadUsage(field, f"{text!r} leads nowhere else")
    return Override(
        _host(host, field), _port(port, field), to_host=_host(to_host, field), to_port=_port(to_port, field)
    )


def _host(text: str, field: str) -> str:
    return parse_host(text, field=field).lower().removesuffix(".") if text else ""


def _port(text: str, field: str) -> int:
    return parse_port(text, field=field) if text else 0
