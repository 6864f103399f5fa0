"""Names to addresses, in the order in which they are worth trying.

Source: RFC 8305 section 4 for the order; RFC 1035 section 2.3.4 for the length of a name and its labels.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Any

import idna
from twisted.internet.defer import CancelledError

from tnet.errors import NameFailure, NameNotResolved, Overloaded
from tnet.events import Trace
from tnet.events.kinds import DnsAnswered
from tnet.net.context import Context
from tnet.plans import TcpAddress

MOST_ADDRESSES = 32
LABEL_CHARACTERS = 63
NAME_CHARACTERS = 253

_FAMILIES = {None: socket.AF_UNSPEC, 4: socket.AF_INET, 6: socket.AF_INET6}
_FAILURES = {
    socket.EAI_NONAME: NameFailure.NOT_FOUND,
    socket.EAI_AGAIN: NameFailure.TEMPORARY,
    **{
        getattr(socket, name): NameFailure.NO_ADDRESS
        for name in ("EAI_NODATA", "EAI_ADDRFAMILY", "EAI_FAMILY")
        if hasattr(socket, name)
    },
}


async def resolve(
    host: str, port: int, context: Context, trace: Trace, *, family: int | None = None
) -> list[TcpAddress]:
    """The addresses of `host`, best first; `family` 4 or 6 leaves the other one out.

    An IP literal is its own answer. Everything else is looked up in a thread, and reported as `dns.answer`.

    Raises: NameNotResolved, with the kind of failure.
    """
    if (version := literal_family(host)) is not None:
        if family not in (None, version):
            raise NameNotResolved(host, NameFailure.NO_ADDRESS)
        return [TcpAddress(host, port)]
    found = await _looked_up(host, context, trace, family)
    return [TcpAddress(each, port) for each in found]


def literal_family(host: str) -> int | None:
    """4 or 6 when `host` is an IP address (with or without a zone), None when it is a name."""
    try:
        return ipaddress.ip_address(host).version
    except ValueError:
        return None


def ascii_name(host: str) -> str:
    """The form of a host name that DNS, SNI and certificates know: lower case, IDNA, without the final dot.

    Raises: NameNotResolved, as BAD_NAME.
    """
    name = host.removesuffix(".").lower()
    try:
        name = name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise NameNotResolved(host, NameFailure.BAD_NAME) from error
    labels = name.split(".")
    if len(name) > NAME_CHARACTERS or not all(0 < len(label) <= LABEL_CHARACTERS for label in labels) or "\0" in name:
        raise NameNotResolved(host, NameFailure.BAD_NAME)
    return name


def interleave(addresses: Iterable[str]) -> list[str]:
    """The addresses with the families taking turns, the first one's first; inside a family the order stays.

    Each address comes once, and at most `MOST_ADDRESSES` come at all.
    """
    unique = list(dict.fromkeys(addresses))
    first = [each for each in unique if (":" in each) == (":" in unique[0])]
    second = [each for each in unique if (":" in each) != (":" in unique[0])]
    turns = chain.from_iterable(zip_longest(first, second))
    return [each for each in turns if each is not None][:MOST_ADDRESSES]


async def _looked_up(host: str, context: Context, trace: Trace, family: int | None) -> list[str]:
    began = context.clock()
    found, error = list[str](), None
    try:
        found = await _asked(host, context, _FAMILIES[family])
    except NameNotResolved as failed:
        error = failed.failure.value
        raise
    except (CancelledError, Overloaded) as gone:
        error = str(gone) or "cancelled"
        raise
    finally:
        trace.emit(DnsAnswered, host=host, addresses=tuple(found), seconds=context.clock() - began, error=error)
    return found


async def _asked(host: str, context: Context, family: int) -> list[str]:
    name = ascii_name(host)
    rooted = f"{name}." if host.endswith(".") else name
    try:
        answers = await context.names.run(socket.getaddrinfo, rooted, None, family, socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise NameNotResolved(host, _FAILURES.get(error.errno or 0, NameFailure.FAILED)) from error
    except (UnicodeError, ValueError) as error:
        raise NameNotResolved(host, NameFailure.BAD_NAME) from error
    found = interleave(_hosts(answers))
    if not found:
        raise NameNotResolved(host, NameFailure.NO_ADDRESS)
    return found


def _hosts(answers: Iterable[tuple[Any, ...]]) -> list[str]:
    return [_zoned(*answer[4]) for answer in answers if answer[0] in (socket.AF_INET, socket.AF_INET6)]


def _zoned(host: str, _port: int, _flow: int = 0, zone: int = 0) -> str:
    return f"{host}%{zone}" if zone else host
