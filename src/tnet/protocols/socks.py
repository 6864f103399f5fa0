"""Asking a SOCKS proxy for a connection: version 5, and 4 with names (4a).

Source: RFC 1928; RFC 1929 for the login; openssh.com's `socks4.protocol` and `socks4a.protocol`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from ipaddress import IPv4Address, IPv6Address, ip_address

from tnet.plans.proxies import Proxy
from tnet.protocols.passage import Passage

LONGEST_NAME = 255

_NO_LOGIN, _PASSWORD, _NOTHING_FITS = 0, 2, 0xFF
_IPV4, _NAME, _IPV6 = 1, 3, 4
_REPLIES = {
    1: "it failed in general",
    2: "its rules do not allow this connection",
    3: "the network cannot be reached from there",
    4: "the host cannot be reached from there",
    5: "the target refused the connection",
    6: "the way was too long (TTL expired)",
    7: "it cannot connect for others",
    8: "it does not know this kind of address",
}
_REPLIES_4 = {
    91: "it rejected the request, or failed",
    92: "it cannot ask our machine who we are",
    93: "our machine says that we are somebody else",
}
_WANTS_LOGIN = "write them into its URL: socks5h://USER:PASSWORD@HOST"

_Talk = Generator[bytes, None, None]


class _Socks(Passage):
    """A dialogue of parts of known length: `_talk` yields what to say, and takes what it needs with `_take`."""

    def __init__(self, proxy: Proxy, host: str, port: int) -> None:
        super().__init__(proxy)
        self._host = host
        self._port = port.to_bytes(2, "big")
        self._data = b""
        self._running = self._talk()

    def begin(self) -> bytes:
        return next(self._running)

    def received(self, data: bytes) -> bytes:
        self._data += data
        answer = b"".join(iter(lambda: next(self._running, b""), b""))
        if self.is_open:
            self.surplus, self._data = self._data, b""
        return answer

    @abstractmethod
    def _talk(self) -> _Talk:
        """What is said, piece by piece; nothing while more has to come."""

    def _take(self, count: int) -> Generator[bytes, None, bytes]:
        """The next `count` bytes, once they have come."""
        while len(self._data) < count:
            yield b""
        taken, self._data = self._data[:count], self._data[count:]
        return taken

    def _name(self) -> bytes:
        """The host as a name, for the proxy to look up.

        Raises: ProxyRefused: it does not fit into a request.
        """
        name = self._host.encode("ascii", "replace")
        if not 0 < len(name) <= LONGEST_NAME or b"\0" in name:
            raise self.refusal("a name of this length cannot be asked for")
        return name


class Socks5(_Socks):
    """Asks for `host` and `port`; a name is looked up by the proxy."""

    def _talk(self) -> _Talk:
        ours = [_NO_LOGIN] if self.proxy.user is None else [_NO_LOGIN, _PASSWORD]
        yield bytes([5, len(ours), *ours])
        version, chosen = yield from self._take(2)
        if version != 5:
            raise self.refusal("it does not speak SOCKS 5")
        if chosen == _PASSWORD and _PASSWORD in ours:
            yield from self._log_in()
        elif chosen != _NO_LOGIN:
            wants = chosen == _NOTHING_FITS and self.proxy.user is None
            raise self.refusal("it accepts no login that we know", _WANTS_LOGIN if wants else "")
        yield b"\5\1\0" + self._target() + self._port
        yield from self._reply()
        self.is_open = True

    def _log_in(self) -> _Talk:
        """User and password, each with its length before it."""
        yield b"\1" + b"".join(map(_counted, (self.proxy.user or "", self.proxy.password)))
        _, status = yield from self._take(2)
        if status:
            raise self.refusal("it does not accept this user and password")

    def _reply(self) -> _Talk:
        version, code, _, kind = yield from self._take(4)
        if version != 5:
            raise self.refusal("it does not speak SOCKS 5")
        if code:
            self.elsewhere = code in (3, 4, 5, 6, 8)
            raise self.refusal(_REPLIES.get(code, f"for its reason number {code}"))
        sizes = {_IPV4: 4, _IPV6: 16}
        if kind == _NAME:
            (size,) = yield from self._take(1)
        elif kind in sizes:
            size = sizes[kind]
        else:
            raise self.refusal("its reply holds an unknown kind of address")
        yield from self._take(size + 2)

    def _target(self) -> bytes:
        address = _address(self._host)
        if address is None:
            name = self._name()
            return bytes([_NAME, len(name)]) + name
        return bytes([_IPV4 if address.version == 4 else _IPV6]) + address.packed


class Socks4a(_Socks):
    """Asks for `host` and `port`; a name is looked up by the proxy, which has never heard of IPv6."""

    def _talk(self) -> _Talk:
        address = _address(self._host)
        if isinstance(address, IPv6Address):
            raise self.refusal("SOCKS 4 cannot ask for an IPv6 address", "use socks5 or socks5h")
        user = _bytes(self.proxy.user or "") + b"\0"
        where = address.packed if address is not None else b"\0\0\0\1"
        named = self._name() + b"\0" if address is None else b""
        yield b"\4\1" + self._port + where + user + named
        version, code = (yield from self._take(8))[:2]
        if version:
            raise self.refusal("it does not speak SOCKS 4")
        if code != 90:
            raise self.refusal(_REPLIES_4.get(code, f"for its reason number {code}"))
        self.is_open = True


def _counted(text: str) -> bytes:
    data = _bytes(text)
    return bytes([len(data)]) + data


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
