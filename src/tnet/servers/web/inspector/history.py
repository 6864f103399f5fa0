"""The last exchanges of a site, bounded in number and in bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes
from weakref import WeakKeyDictionary

from tnet.net.tls.facts import TlsFacts
from tnet.servers.web.inspector.ring import Ring
from tnet.servers.web.inspector.seen import Seen, seen_of

if TYPE_CHECKING:
    from tnet.servers.web.carrying.exchange import Exchange

MOST_EXCHANGES = 500
MOST_BYTES = 16 << 20
EXCERPT_BYTES = 64 * 1024

Listener = Callable[[Seen | None], object]
"""Told of each exchange that begins or ends; of None when everything was forgotten."""


def nobodys(path: Sequence[bytes]) -> str:
    """There are no bins."""
    return ""


def nothing(path: Sequence[bytes]) -> bool:
    """Nothing is left out."""
    return False


class History:
    """Remembers what it witnesses; the oldest is forgotten first.

    `own(path)` says of a decoded path whether asking for it is looking at the history itself: that leaves no trace in
    it, unless it was refused. `bin_of(path)` is the path of the bin that takes what is asked for there.
    """

    def __init__(
        self,
        wall: Callable[[], float],
        now: Callable[[], float],
        *,
        own: Callable[[Sequence[bytes]], bool] = nothing,
        bin_of: Callable[[Sequence[bytes]], str] = nobodys,
        most: int = MOST_EXCHANGES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._wall = wall
        self._now = now
        self._own = own
        self._bin_of = bin_of
        self._ring = Ring(most, most_bytes)
        self._count = 0
        self._open: WeakKeyDictionary[Exchange, int] = WeakKeyDictionary()
        self._tls: WeakKeyDictionary[Any, TlsFacts] = WeakKeyDictionary()
        self._listeners: list[Listener] = []

    # ── what the site calls ──

    def begun(self, exchange: Exchange) -> None:
        """The head of a request is complete."""
        if not self._own(path_of(exchange)):
            self._count += 1
            self._open[exchange] = self._count
            self._keep(self._look(exchange, self._count))

    def ended(self, exchange: Exchange) -> None:
        """An exchange is over, or what came was no request."""
        number = self._open.pop(exchange, None)
        if number is None:
            if self._own(path_of(exchange)) and exchange.status < 400:
                return
            self._count += 1
            number = self._count
        self._keep(self._look(exchange, number))

    # ── what is asked of it ──

    @property
    def bytes(self) -> int:
        """About how much memory it takes. Units: bytes."""
        return self._ring.bytes

    def all(self) -> list[Seen]:
        """Everything that is remembered, the oldest first."""
        return self._ring.all()

    def get(self, number: int) -> Seen | None:
        """One exchange, if it is remembered."""
        return self._ring.get(number)

    def clear(self) -> None:
        """Forget everything."""
        self._ring.clear()
        self._tell(None)

    def listen(self, listener: Listener) -> None:
        """Tell `listener` from now on."""
        self._listeners.append(listener)

    # ── keeping ──

    def _look(self, exchange: Exchange, number: int) -> Seen:
        clocks = self._wall(), self._now()
        return seen_of(exchange, number, clocks, self._facts(exchange), self._bin_of(path_of(exchange)))

    def _facts(self, exchange: Exchange) -> TlsFacts | None:
        """What TLS agreed on, looked up once for each connection."""
        if not exchange.secure:
            return None
        transport = exchange.transport
        found = self._tls.get(transport)
        if found is None:
            found = self._tls[transport] = exchange.tls or TlsFacts()
        return found

    def _keep(self, seen: Seen) -> None:
        self._ring.keep(seen)
        self._tell(seen)

    def _tell(self, seen: Seen | None) -> None:
        for listener in self._listeners:
            listener(seen)


def path_of(exchange: Exchange) -> list[bytes]:
    """The decoded segments of the path that was asked for."""
    return [unquote_to_bytes(part) for part in exchange.head.target.partition(b"?")[0][1:].split(b"/")]
