"""Datagrams to a name and back: with the first of its addresses that does not refuse them.

That an address refuses is only seen when something was sent there. As long as nobody has answered, the next address
gets what was said so far; who has answered is the peer.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from errno import ECONNREFUSED

from twisted.internet.defer import Deferred, TimeoutError

from tnet.errors import ConnectFailed, FailedAttempt, ReceiveFailed, SendFailed, TimedOut, TnetError
from tnet.events import Trace
from tnet.events.kinds import DialAttempted
from tnet.net.attempts import shown
from tnet.net.context import Context
from tnet.net.datagrams.connection import DatagramConnection, connected
from tnet.net.resolve import resolve
from tnet.net.source import agreed_family, parse_source
from tnet.plans import TcpAddress, UdpAddress

KEPT_BYTES, KEPT_DATAGRAMS = 1 << 20, 1024
REFUSED = "connection refused"

Make = Callable[[str, int, tuple[str, int] | None], socket.socket]


async def correspond(
    target: UdpAddress, context: Context, *, family: int | None = None, source: str | None = None, seconds: float = 30.0
) -> Correspondence:
    """A correspondence with `target`, which `start` begins.

    Units: `seconds` for the lookup of the name, 0 is no limit; nothing else takes time.
    Raises: NameNotResolved, TimedOut, ConnectFailed, BadUsage.
    """
    own = parse_source(source) if source is not None else None
    trace = context.publisher.trace()
    lookup = resolve(target.host, target.port, context, trace, family=agreed_family(family, own))
    places = Deferred.fromCoroutine(lookup)
    if seconds:
        places.addTimeout(seconds, context.reactor)
    try:
        return Correspondence(target, await places, own, context, trace)
    except TimeoutError:
        raise TimedOut("name lookup", seconds) from None


class Correspondence:
    """Sends to and receives from one peer, which `target` is the name and `places` are the addresses of.

    `make` gives a connected socket for a host, a port and a source, or raises OSError.

    Raises: ConnectFailed: none of the addresses can be sent to from here.
    """

    def __init__(
        self,
        target: UdpAddress,
        places: Sequence[TcpAddress],
        source: tuple[str, int] | None,
        context: Context,
        trace: Trace,
        make: Make = connected,
    ) -> None:
        self._target = shown(target)
        self._places = deque(places)
        self._source = source
        self._context = context
        self._make = make
        self._failures: list[FailedAttempt] = []
        self._said: list[bytes] | None = []
        self._said_bytes = 0
        self._answered = self._paused = False
        self._received: Callable[[bytes], object] = _ignore
        self._failed: Callable[[TnetError], object] = _ignore
        self._eased: Callable[[], object] = _nothing
        self._connection = self._connect(trace)

    @property
    def waiting(self) -> int:
        """How many datagrams the system has not taken yet: whoever sends should stop meanwhile."""
        return self._connection.waiting

    def start(
        self,
        received: Callable[[bytes], object],
        failed: Callable[[TnetError], object],
        eased: Callable[[], object],
    ) -> None:
        """Begin to receive. `failed` is called when nothing can come of it any more, `eased` when nothing waits."""
        self._received, self._failed, self._eased = received, failed, eased
        self._connection.start(self._take, self._trouble, eased)

    def send(self, data: bytes) -> None:
        """Send one datagram."""
        self._keep(data)
        self._connection.send(data)

    def pause(self) -> None:
        """Receive nothing for a while; the system drops what it has no room for."""
        self._paused = True
        self._connection.pause()

    def resume(self) -> None:
        """Receive again."""
        self._paused = False
        self._connection.resume()

    def close(self, reason: str, *, clean: bool) -> None:
        """End it."""
        self._connection.close(reason, clean=clean)

    # ── from address to address ──

    def _connect(self, trace: Trace) -> DatagramConnection:
        """A connection to the next address that there can be one to."""
        while self._places:
            self._place, self._began = self._places.popleft(), self._context.clock()
            try:
                made = self._make(self._place.host, self._place.port, self._source)
            except OSError as error:
                self._report(trace, _words(error))
                self._failures.append(self._failure(_words(error)))
            else:
                self._report(trace, None)
                return DatagramConnection(made, self._context.reactor, trace)
        raise ConnectFailed(self._target, tuple(self._failures))

    def _take(self, data: bytes) -> None:
        self._answered, self._said = True, None
        self._received(data)

    def _trouble(self, error: OSError) -> None:
        words = _words(error)
        if error.errno != ECONNREFUSED:
            self._failed(SendFailed(self._target, words))
        elif self._answered:
            self._failed(ReceiveFailed(self._target, f"{words}: its port is closed by now"))
        else:
            self._go_on()

    def _go_on(self) -> None:
        """The peer's address refuses what it gets: try the next one, if that can be told the same."""
        self._failures.append(self._failure(REFUSED))
        self._connection.close(REFUSED, clean=False)
        if self._said is None:
            self._places.clear()
        try:
            self._connection = self._connect(self._context.publisher.trace())
        except ConnectFailed as error:
            self._failed(error)
            return
        self._connection.start(self._take, self._trouble, self._eased)
        if self._paused:
            self._connection.pause()
        self._repeat()

    def _repeat(self) -> None:
        connection = self._connection
        for data in tuple(self._said or ()):
            if connection is self._connection:
                connection.send(data)

    def _keep(self, data: bytes) -> None:
        """Keep what is said for as long as there could be another address to say it to."""
        if self._said is None or not self._places:
            return
        self._said.append(data)
        self._said_bytes += len(data)
        if self._said_bytes > KEPT_BYTES or len(self._said) > KEPT_DATAGRAMS:
            self._said = None

    def _failure(self, words: str) -> FailedAttempt:
        return FailedAttempt(shown(self._place), words, self._context.clock() - self._began)

    def _report(self, trace: Trace, error: str | None) -> None:
        trace.emit(
            DialAttempted,
            peer_address=self._place.host,
            peer_port=self._place.port,
            outcome="ok" if error is None else "failed",
            seconds=self._context.clock() - self._began,
            error=error,
        )


def _words(error: OSError) -> str:
    """The system's reason, as it stands in a sentence."""
    if isinstance(error, socket.gaierror) or not error.errno:
        return str(error)
    words = os.strerror(error.errno)
    return words[:1].lower() + words[1:]


def _ignore(_: object) -> None:
    """Nobody listens yet."""


def _nothing() -> None:
    """Nobody waits."""
