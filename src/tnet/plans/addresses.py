"""Addresses as people write them: one grammar for both ends of a connection.

::

    HOST:PORT   [V6]:PORT   tcp://HOST:PORT   tls://HOST:PORT   unix:/path   unix:@abstract   fd://N

Source: RFC 3986 section 3.2.2 for the bracketed IPv6 literal; unix(7) for the length of a path.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from tnet.errors import BadUsage

UNIX_PATH_BYTES = 107

LOOPBACK = "localhost"
EVERY_ADDRESS = "*"


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A host name or IP literal (without brackets) and a port; `tls` when the connection is to be secured.

    To listen, `LOOPBACK` means 127.0.0.1 and ::1, and `EVERY_ADDRESS` every address of both families.
    """

    host: str
    port: int
    tls: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tls' if self.tls else 'tcp'}://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host.rstrip(".").lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.partition("%")[0]).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A UNIX stream socket; a path that begins with `@` is in Linux's abstract namespace."""

    path: str
    tls: bool = False
    is_loopback = True

    def __str__(self) -> str:
        return f"unix:{self.path}"


@dataclass(frozen=True, slots=True)
class FdAddress:
    """A listening socket that whoever started us left open as file descriptor `fd`."""

    fd: int
    tls: bool = False
    is_loopback = False

    def __str__(self) -> str:
        return f"fd://{self.fd}"


Target = TcpAddress | UnixAddress
ListenAddress = TcpAddress | UnixAddress | FdAddress


def parse_target(text: str, *, field: str = "TARGET") -> Target:
    """Where to connect to.

    Raises: BadUsage, naming `field`, for anything but the grammar above; port 0 is refused.
    """
    address = _parse(text, field, listening=False)
    if isinstance(address, FdAddress):
        raise BadUsage(field, f"{text!r} cannot be connected to")
    return address


def parse_listen(text: str, *, field: str = "--listen") -> ListenAddress:
    """Where to listen; port 0 lets the system choose.

    Raises: BadUsage, naming `field`.
    """
    return _parse(text, field, listening=True)


def parse_host(text: str, *, field: str) -> str:
    """A host name or IP literal, without brackets.

    Raises: BadUsage, naming `field`.
    """
    host = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    printable = host.isprintable() and not any(mark in host for mark in " /@?#\\[]")
    if not host or not printable or len(host) > 253 or (":" in host and not is_address(host)):
        raise BadUsage(field, f"{text!r} is not a host name or IP address")
    return host


def parse_port(text: str, *, field: str, zero: bool = False) -> int:
    """A port number from 1 (or 0 if `zero`) to 65535.

    Raises: BadUsage, naming `field`.
    """
    lowest = 0 if zero else 1
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and lowest <= int(text) <= 65535):
        raise BadUsage(field, f"port {text!r} is not a number from {lowest} to 65535")
    return int(text)


def _parse(text: str, field: str, *, listening: bool) -> ListenAddress:
    if text.startswith("unix:"):
        return _unix(text.removeprefix("unix:").removeprefix("//"), field)
    scheme, separator, rest = text.partition("://")
    if not separator:
        return _tcp(text, field, tls=False, listening=listening)
    match scheme.lower():
        case "tcp" | "tls":
            return _tcp(rest, field, tls=scheme.lower() == "tls", listening=listening)
        case "fd":
            return _fd(rest, field)
        case _:
            raise BadUsage(field, f"unknown scheme {scheme!r}", "one of tcp://, tls://, unix:, or plain HOST:PORT")


def _tcp(text: str, field: str, *, tls: bool, listening: bool) -> TcpAddress:
    host, separator, port = text.rpartition(":")
    if not separator or (":" in host and not host.startswith("[")):
        raise BadUsage(field, f"{text!r} is not HOST:PORT", "write an IPv6 address as [ADDR]:PORT")
    return TcpAddress(parse_host(host, field=field), parse_port(port, field=field, zero=listening), tls)


def _unix(path: str, field: str) -> UnixAddress:
    if not path or path == "@" or "\0" in path:
        raise BadUsage(field, f"{path!r} is not a path")
    if len(path.encode("utf-8", "surrogateescape")) > UNIX_PATH_BYTES:
        raise BadUsage(field, f"a UNIX socket's path has at most {UNIX_PATH_BYTES} bytes")
    return UnixAddress(path)


def _fd(text: str, field: str) -> FdAddress:
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        raise BadUsage(field, f"{text!r} is not a file descriptor's number")
    return FdAddress(int(text))


def is_address(host: str) -> bool:
    """Whether `host` is an IP address rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
