"""Listens, or says in plain words why it cannot.

Every IPv6 socket is for IPv6 alone: an address means itself, and its port is never shared. A UNIX socket belongs to
its owner only (mode 0600), replaces a socket that nobody answers on and nothing else, and leaves no path behind.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from errno import (
    EACCES,
    EADDRINUSE,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EBADF,
    ECONNREFUSED,
    EEXIST,
    ENOENT,
    ENOTDIR,
    ENOTSOCK,
    EPERM,
    EROFS,
)
from typing import Any, cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IProtocolFactory

from tnet.errors import CannotListen
from tnet.net.context import Context
from tnet.net.datagrams.port import DatagramService
from tnet.net.port import StreamPort
from tnet.net.transport import has_own_streams, unix_name
from tnet.plans.addresses import (
    EVERY_ADDRESS,
    LOOPBACK,
    FdAddress,
    ListenAddress,
    TcpAddress,
    UdpAddress,
    UnixAddress,
    is_address,
)

BACKLOG = 2048
UNIX_MODE = 0o600
CHOICES = 8  # how often the system may choose a port that is free on all addresses of a name

_KNOWN_HOSTS = {LOOPBACK: ["127.0.0.1", "::1"], EVERY_ADDRESS: ["0.0.0.0", "::"]}  # RFC 6761 section 6.3
_NO_SUCH_ADDRESS = (EAFNOSUPPORT, EADDRNOTAVAIL)

IpAddress = TcpAddress | UdpAddress
Service = IProtocolFactory | DatagramService
"""What is served on an address: a factory for streams, or what there is for datagrams."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One socket that listens on `address`: the address as it came out, its port never 0."""

    address: ListenAddress
    _stop: Callable[[], Any]

    def stop(self) -> Deferred[None]:
        """Accept no more.

        Fires with: None, once the socket is closed and its path gone.
        """
        return maybeDeferred(self._stop)


async def listen_everywhere(wanted: Sequence[tuple[ListenAddress, Service]], context: Context) -> list[Bound]:
    """Listen on every address, each with its service, or on none of them.

    Raises: CannotListen.
    """
    bound: list[Bound] = []
    try:
        for address, service in wanted:
            bound += await listen(address, service, context)
    except CannotListen:
        await _stop(bound)
        raise
    return bound


async def listen(address: ListenAddress, service: Service, context: Context) -> list[Bound]:
    """Listen on `address`: one socket, or for a host name one for each of its addresses, all with the same port.

    Of a name's addresses those that this machine lacks are left out, as long as there is another one.

    Raises: CannotListen.
    """
    if isinstance(service, DatagramService):
        assert isinstance(address, UdpAddress), f"{address} is for streams"
        return await _listen_ip(address, lambda host, port: _udp_port(host, port, service), context)
    match address:
        case TcpAddress():
            return await _listen_ip(address, lambda host, port: _tcp_port(host, port, service, context), context)
        case UnixAddress():
            return [await _listen_unix(address, service, context)]
        case FdAddress():
            return [_adopt(address, service, context)]
        case UdpAddress():
            raise TypeError(f"{address} is for datagrams")


async def _stop(bound: Sequence[Bound]) -> None:
    for one in bound:
        await one.stop()


# ── TCP and UDP ──

Open = Callable[[str, int], IListeningPort]


async def _listen_ip(address: IpAddress, open_port: Open, context: Context) -> list[Bound]:
    hosts = await _hosts(address, context)
    for tries_left in reversed(range(1 if address.port else CHOICES)):
        bound, failed = _listen_on(hosts, address, open_port)
        if failed is None:
            return bound
        await _stop(bound)
        if not (tries_left and bound and failed.errno == EADDRINUSE):
            break
    raise _refusal(address, failed) from failed


def _listen_on(hosts: list[str], address: IpAddress, open_port: Open) -> tuple[list[Bound], OSError | None]:
    """What could be listened on, and why that is not enough; a port that the first host got is the others' too."""
    bound: list[Bound] = []
    lacking: OSError | None = None
    port = address.port
    for host in hosts:
        try:
            listening: Any = open_port(host, port)
        except OSError as error:
            if error.errno not in _NO_SUCH_ADDRESS:
                return bound, error
            lacking = error
        else:
            port = port or listening.getHost().port
            bound.append(_bound(listening, address))
    return bound, None if bound else lacking


async def _hosts(address: IpAddress, context: Context) -> list[str]:
    """The addresses of a host name, in order; an IP literal is its own."""
    if address.host in _KNOWN_HOSTS:
        return _KNOWN_HOSTS[address.host]
    if is_address(address.host):
        return [address.host]
    try:
        found = await context.names.run(
            socket.getaddrinfo, address.host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (socket.gaierror, UnicodeError) as error:
        raise CannotListen(str(address), "no such host name", "check the spelling of --host") from error
    return list(dict.fromkeys(name[0] for *_, name in found))


def _tcp_port(host: str, port: int, factory: IProtocolFactory, context: Context) -> IListeningPort:
    if not has_own_streams(context.reactor):
        return _translated(context.reactor.listenTCP, port, factory, BACKLOG, host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return _start(socket.create_server((host, port), family=family, backlog=BACKLOG), factory, context)


def _udp_port(host: str, port: int, service: DatagramService) -> IListeningPort:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        if made.family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(_exact(host, port))
    except OSError:
        made.close()
        raise
    return cast(IListeningPort, service.serve(made))


def _exact(host: str, port: int) -> Any:
    """What the system calls an IP literal and a port, with the zone of a link-local one."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0][4]


# ── UNIX ──


async def _listen_unix(address: UnixAddress, factory: IProtocolFactory, context: Context) -> Bound:
    if not has_own_streams(context.reactor):
        port = _translated(context.reactor.listenUNIX, unix_name(address.path), factory, BACKLOG, UNIX_MODE)
        return Bound(address, port.stopListening)
    try:
        listener, identity = await context.workers.run(_bind_unix, address.path)
    except OSError as error:
        raise _refusal(address, error) from error
    port = _start(listener, factory, context)

    async def stop() -> None:
        await maybeDeferred(port.stopListening)
        await context.workers.run(_remove, address.path, identity)

    return Bound(address, lambda: Deferred.fromCoroutine(stop()))


def _bind_unix(path: str) -> tuple[socket.socket, tuple[int, int] | None]:
    """A listening socket at `path`, and what tells its file from another one there; None in the abstract namespace."""
    if path.startswith("@"):
        return _listening(unix_name(path)), None
    _remove_stale(path)
    listener = _listening(path, UNIX_MODE)
    return listener, _identity(path)


def _listening(name: str, mode: int | None = None) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(name)
        if mode is not None:
            os.chmod(name, mode)  # nobody can connect before listen()
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _remove_stale(path: str) -> None:
    """Make room: remove a socket at `path` that nobody answers on."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise FileExistsError(EEXIST, os.strerror(EEXIST), path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        if probe.connect_ex(path) == ECONNREFUSED:
            os.unlink(path)


def _identity(path: str) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def _remove(path: str, identity: tuple[int, int] | None) -> None:
    """Remove the file at `path`, if it is still the one that we made."""
    with suppress(OSError):
        if identity is not None and _identity(path) == identity:
            os.unlink(path)


# ── a socket from whoever started us ──


def _adopt(address: FdAddress, factory: IProtocolFactory, context: Context) -> Bound:
    try:
        listener = socket.socket(fileno=address.fd)
    except OSError as error:
        raise _refusal(address, error) from error
    if listener.type != socket.SOCK_STREAM or not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        listener.detach()
        raise CannotListen(str(address), "it is not a listening stream socket")
    listener.set_inheritable(False)
    if not has_own_streams(context.reactor):
        port = context.reactor.adoptStreamPort(listener.detach(), listener.family, factory)
        return _bound(port, address)
    return _bound(_start(listener, factory, context), address)


# ── common to all ──


def _start(listener: socket.socket, factory: IProtocolFactory, context: Context) -> IListeningPort:
    port = StreamPort(listener, factory, context.reactor, context.publisher)
    port.startListening()
    return port


def _bound(port: IListeningPort, asked: ListenAddress) -> Bound:
    host: Any = port.getHost()
    actual: ListenAddress
    if not isinstance(host, IPv4Address | IPv6Address):
        actual = UnixAddress(_path(host.name), asked.tls)
    elif isinstance(asked, UdpAddress):
        actual = UdpAddress(host.host, host.port)
    else:
        actual = TcpAddress(host.host, host.port, asked.tls)
    return Bound(actual, port.stopListening)


def _path(name: bytes) -> str:
    return os.fsdecode(b"@" + name[1:] if name.startswith(b"\0") else name)


def _translated(listen: Callable[..., IListeningPort], *args: Any) -> IListeningPort:
    """What Twisted's `listen…` gives, its failure as the system's."""
    try:
        return listen(*args)
    except CannotListenError as error:
        raise error.socketError if isinstance(error.socketError, OSError) else OSError(str(error)) from error


def _refusal(address: ListenAddress, error: OSError | None) -> CannotListen:
    """`error` in plain words, with what to do about it."""
    number = (error.errno if error else None) or 0
    words = {
        TcpAddress: _TCP_WORDS,
        UdpAddress: _UDP_WORDS,
        UnixAddress: _UNIX_WORDS,
        FdAddress: _FD_WORDS,
    }[type(address)]
    reason, advice = words.get(number, (os.strerror(number) if number else str(error), ""))
    port = getattr(address, "port", 0)
    if number == EACCES and 0 < port < 1024:
        advice = "ports below 1024 are for root: choose another, or give tnet CAP_NET_BIND_SERVICE"
    return CannotListen(str(address), reason.format(port=port), advice.format(port=port))


_TCP_WORDS = {
    EADDRINUSE: ("the port is in use", "`ss -ltnp sport = :{port}` shows by whom; --port 0 lets the system choose one"),
    EACCES: ("not permitted", ""),
    EPERM: ("not permitted", ""),
    EADDRNOTAVAIL: ("this machine does not have that address", "`ip address` lists those that it has"),
    EAFNOSUPPORT: ("this machine has no addresses of that family", "listen on 127.0.0.1 or 0.0.0.0"),
}
_UDP_WORDS = _TCP_WORDS | {
    EADDRINUSE: ("the port is in use", "`ss -lunp sport = :{port}` shows by whom; --port 0 lets the system choose one"),
}
_UNIX_WORDS = {
    EADDRINUSE: ("another process listens there", "choose another path, or stop that process"),
    EEXIST: ("a file with that name is there, and it is not a socket", "choose another path"),
    ENOENT: ("its directory does not exist", "make the directory, or choose another path"),
    ENOTDIR: ("its directory is not a directory", "choose another path"),
    EACCES: ("not permitted to make a socket there", "choose a directory of yours"),
    EPERM: ("not permitted to make a socket there", "choose a directory of yours"),
    EROFS: ("the file system is read-only", "choose another path"),
}
_FD_WORDS = {
    EBADF: ("no such descriptor is open", "whoever starts tnet must leave a listening socket open for it"),
    ENOTSOCK: ("it is not a socket", "whoever starts tnet must leave a listening socket open for it"),
}
