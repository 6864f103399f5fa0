"""Addresses as people write them: one grammar for both ends of a connection.

::

    HOST:PORT   [V6]:PORT   tcp://HOST:PORT   tls://HOST:PORT   unix:/path   unix:@abstract   udp://HOST:PORT
    fd://N                                     to listen only
    ws://HOST[:PORT][/PATH]   wss://…          to connect only

Source: RFC 3986 section 3.2.2 for the bracketed IPv6 literal; unix(7) for the length of a path; RFC 6455 section 3
for WebSocket's URIs.
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
        return f"{'tls' if self.tls else 'tcp'}://{_bracketed(self.host)}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return _is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class UdpAddress:
    """A host and a port for datagrams, as in `TcpAddress`. `tls` there cannot be.

    Raises: BadUsage: `tls` was wanted.
    """

    host: str
    port: int
    tls: bool = False

    def __post_init__(self) -> None:
        if self.tls:
            raise BadUsage("--tls", f"{self} cannot be secured: TLS needs a stream")

    def __str__(self) -> str:
        return f"udp://{_bracketed(self.host)}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return _is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class WebSocketAddress:
    """A WebSocket at `path` (which has its query, and nothing that may not stand in a request) of a host and port."""

    host: str
    port: int
    path: str = "/"
    tls: bool = False

    def __str__(self) -> str:
        return f"{'wss' if self.tls else 'ws'}://{_bracketed(self.host)}:{self.port}{self.path}"


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


StreamTarget = TcpAddress | UnixAddress
Target = StreamTarget | UdpAddress | WebSocketAddress
ListenAddress = TcpAddress | UnixAddress | FdAddress | UdpAddress


def parse_target(text: str, *, field: str = "TARGET") -> Target:
    """Where to connect to.

    Raises: BadUsage, naming `field`, for anything but the grammar above; port 0 is refused.
    """
    scheme, separator, rest = text.partition("://")
    if separator and scheme.lower() in ("ws", "wss"):
        return _websocket(rest, field, tls=scheme.lower() == "wss")
    address = _parse(text, field, listening=False)
    if isinstance(address, FdAddress):
        raise BadUsage(field, f"{text!r} cannot be connected to")
    return address


def parse_stream(text: str, *, field: str) -> StreamTarget:
    """Where to connect to, with bytes as they are: no datagrams, and no WebSocket.

    Raises: BadUsage, naming `field`.
    """
    return as_stream(parse_target(text, field=field), field=field)


def as_stream(target: Target, *, field: str = "TARGET") -> StreamTarget:
    """`target`, if it is one for a stream of bytes.

    Raises: BadUsage, naming `field`.
    """
    if isinstance(target, UdpAddress | WebSocketAddress):
        raise BadUsage(field, f"{target} is not a stream", "HOST:PORT, tls://HOST:PORT and unix:/path are")
    return target


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
        case "udp":
            return UdpAddress(*_host_and_port(rest, field, listening=listening))
        case "fd":
            return _fd(rest, field)
        case _:
            others = "fd://N" if listening else "ws://, wss://"
            advice = f"one of tcp://, tls://, udp://, unix:, {others}, or plain HOST:PORT"
            raise BadUsage(field, f"unknown scheme {scheme!r}", advice)


def _tcp(text: str, field: str, *, tls: bool, listening: bool) -> TcpAddress:
    return TcpAddress(*_host_and_port(text, field, listening=listening), tls)


def _host_and_port(text: str, field: str, *, listening: bool) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or (":" in host and not host.startswith("[")):
        raise BadUsage(field, f"{text!r} is not HOST:PORT", "write an IPv6 address as [ADDR]:PORT")
    return parse_host(host, field=field), parse_port(port, field=field, zero=listening)


def _websocket(text: str, field: str, *, tls: bool) -> WebSocketAddress:
    """What is behind `ws://` or `wss://`: read as what is behind `http://`, but for what WebSocket does without."""
    from tnet.plans.urls import parse_url

    if "#" in text:
        raise BadUsage(field, "a WebSocket has no #fragment", "write a # of its path as %23")
    url = parse_url(f"{'https' if tls else 'http'}://{text}", field=field)
    if url.userinfo:
        raise BadUsage(field, "a WebSocket's URL has no user and password")
    return WebSocketAddress(url.host, url.port, url.target, tls)


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


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def is_address(host: str) -> bool:
    """Whether `host` is an IP address rather than a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
