"""One connection of a login server: carries out what a dialect of `tnet.protocols.auth` decides."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IHalfCloseableProtocol, INegotiated
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.accounts.store import Account
from tnet.errors import TnetError
from tnet.escape import excerpt
from tnet.events import silent_trace
from tnet.events.kinds import AuthAttempted, Logged, StateEntered
from tnet.net.relay import Dialled, End
from tnet.net.tap import place
from tnet.plans import TcpAddress
from tnet.protocols.auth.dialogue import (
    Broadcast,
    Close,
    Connect,
    Connected,
    Count,
    Counts,
    Couple,
    Crowded,
    Deadline,
    Exposed,
    Idle,
    Input,
    Join,
    Leave,
    Leaving,
    ListNames,
    Lost,
    Names,
    Opened,
    Output,
    Recognize,
    Recognized,
    Say,
    Unavailable,
    Unreachable,
    Verdict,
    Verify,
)
from tnet.servers.auth.lingering import Lingering
from tnet.servers.auth.outbox import Outbox

if TYPE_CHECKING:
    from tnet.servers.auth.factory import AuthFactory

INPUTS_A_TURN = 128
READ_AHEAD_BYTES = 16 * 1024


@implementer(IHalfCloseableProtocol)
class AuthProtocol(Protocol):
    """One connection and its dialogue; `member` is the account's name while it is logged in.

    Whatever happens is an input, and inputs are taken one by one, news before lines. A line waits while a check
    runs and while the peer does not read what it was told. The socket waits only beyond `READ_AHEAD_BYTES` of such
    lines, so that a peer that hangs up is noticed. A turn ends after `INPUTS_A_TURN`: a flood of short lines leaves
    the others their time.
    """

    transport: Any
    trace = silent_trace()
    member: str | None = None

    _log = Logger()
    _outbox: Outbox
    _lingering: Lingering
    _in_turn = False
    _closing = False
    _peer_ended = False
    _reading_paused = False
    _waits = False
    _deadline: IDelayedCall | None = None
    _next_turn: IDelayedCall | None = None
    _connecting: Deferred[Dialled] | None = None
    _dialled: Dialled | None = None
    _relayed: End | None = None
    _asked: Deferred[Account | None] | None = None

    def __init__(self, factory: AuthFactory) -> None:
        self._factory = factory
        self._dialect = factory.dialect(factory.attempts)
        self._ear = self._dialect.ear()
        self._news: deque[Input] = deque()

    # ── what Twisted calls ──

    def connectionMade(self) -> None:
        self._factory.connections[self] = None
        self._lingering = Lingering(self.transport, self._factory.clock)
        self._outbox = Outbox(self.transport, self._turn)
        self.transport.registerProducer(self._outbox, True)
        if self._factory.login_seconds:
            self._deadline = self._factory.clock.callLater(self._factory.login_seconds, self._hear, Deadline())
        self._hear(Exposed() if self._factory.secured and self._in_clear() else Opened())

    def dataReceived(self, data: bytes) -> None:
        if self._relayed is not None:
            self._relayed.received(data)
        elif not self._closing:
            self._ear.feed(data)
            self._turn()

    def readConnectionLost(self) -> None:
        self._peer_ended = True
        if self._relayed is not None:
            self._relayed.ended()
        elif self._closing:
            self._lingering.peer_ended()
        else:
            self._ear.feed_end()
            self._turn()

    def writeConnectionLost(self) -> None:
        if self._relayed is not None:
            self._relayed.half_closed()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.connected = 0
        self._closing = True
        self._factory.connections.pop(self, None)
        self._outbox.shut()
        self._lingering.over()
        _stop(self._deadline)
        self._hear(Lost())
        _stop(self._next_turn)
        self._call_off()
        if self._relayed is not None:
            self._relayed.lost(reason)
        if self._asked is not None:
            self._asked.cancel()

    # ── what the gate calls ──

    def idled(self) -> bool:
        """Nothing has moved for as long as it may; whether the end is our affair, as it is when we have a limit, too.

        What peer and backend do not say to each other is not.
        """
        if self._relayed is not None:
            return False
        self._hear(Idle())
        return self._closing or self._connecting is not None or _runs(self._deadline)

    # ── what the factory calls ──

    def tell(self, line: bytes) -> None:
        """Send a line that another connection has for this one."""
        self._outbox.add(line)
        if not self._in_turn:
            self._outbox.send()

    def leave(self) -> None:
        """Say goodbye: the server stops."""
        self._hear(Leaving())

    def make_way(self) -> None:
        """Say why and go at once: others want to log in."""
        self._hear(Crowded())
        self.transport.loseConnection()

    # ── the turn ──

    def _hear(self, got: Input) -> None:
        self._news.append(got)
        self._turn()

    def _turn(self) -> None:
        """Take what there is to take; what happens meanwhile waits for its place in the same turn."""
        if self._in_turn:
            return
        self._in_turn = True
        was_closing = self._closing
        try:
            for got in self._inputs():
                self._advance(got)
        finally:
            self._in_turn = False
        self._outbox.send()
        if self._closing and not was_closing:
            self._part()
        self._mind_reading()
        self._mind_place()

    def _inputs(self) -> Iterator[Input]:
        for _ in range(INPUTS_A_TURN):
            got = self._news.popleft() if self._news else self._next_line()
            if got is None:
                return
            yield got
        _stop(self._next_turn)
        self._next_turn = self._factory.clock.callLater(0, self._turn)

    def _next_line(self) -> Input | None:
        if self._closing or self._outbox.reader_slow or not self._dialect.hearing:
            return None
        return self._ear.take()

    def _advance(self, got: Input) -> None:
        before = self._dialect.phase
        outputs = self._dialect.advance(got)
        if self._dialect.phase != before:
            self.trace.emit(StateEntered, machine=self._dialect.name, state=self._dialect.phase)
        for output in outputs:
            self._perform(output)

    def _perform(self, output: Output) -> None:
        match output:
            case Say(line):
                self._outbox.add(line)
            case Recognize(user):
                self._recognize(user)
            case Verify(user, password):
                self._verify(user, password)
            case Join(name):
                self.member = name
                _stop(self._deadline)
            case Leave():
                self.member = None
            case Broadcast(line):
                self._factory.broadcast(line)
            case ListNames():
                self._news.append(Names(self._factory.names()))
            case Count():
                self._news.append(Counts(len(self._factory.connections), len(self._factory.members())))
            case Connect(name):
                self._connect(name)
            case Couple():
                self._couple()
            case Close(reason):
                self._closing = True
                self._call_off()
                if reason:
                    self.transport.ended_because = reason

    # ── the check ──

    def _recognize(self, user: bytes) -> None:
        """Ask whether the name is enough. Only a name that is makes an attempt; any other is about to make one."""
        asked = Deferred.fromCoroutine(self._factory.recognize(user))
        self.trace.time("recognition", asked)
        asked.addCallbacks(self._recognized, self._unrecognized, (user,))
        asked.addErrback(lambda failure: self._log.failure("a login went wrong", failure))

    def _recognized(self, account: Account | None, user: bytes) -> None:
        if account is not None:
            self._report(user, "accepted", "none")
        self._hear(Recognized(None if account is None else account.name))

    def _unrecognized(self, failure: Failure) -> None:
        if not failure.check(TnetError):
            self._log.failure("a name could not be looked up", failure)
        self._hear(Recognized(None))

    def _verify(self, user: bytes, password: bytes) -> None:
        """Ask for a verdict. When the peer hangs up, the accounts are told, and decide what is still worth doing."""
        asked = self._asked = Deferred.fromCoroutine(self._factory.verify(user, password, self._address()))
        self.trace.time("login", asked)
        asked.addCallbacks(self._judged, self._unjudged, (user,), errbackArgs=(user,))
        asked.addErrback(lambda failure: self._log.failure("a login went wrong", failure))

    def _judged(self, account: Account | None, user: bytes) -> None:
        self._report(user, "denied" if account is None else "accepted")
        self._hear(Verdict(None if account is None else account.name))

    def _unjudged(self, failure: Failure, user: bytes) -> None:
        if failure.check(CancelledError):
            return
        if not failure.check(TnetError):
            self._log.failure("a password could not be checked", failure)
        self._report(user, "unavailable")
        self._hear(Unavailable())

    def _report(self, user: bytes, result: str, means: str = "password") -> None:
        self.trace.emit(AuthAttempted, user=excerpt(user), result=result, means=means, peer_address=self._address())

    def _in_clear(self) -> bool:
        """Whether somebody on the way from another machine could read what is sent."""
        host, port = place(self.transport.getPeer())
        elsewhere = port is not None and not TcpAddress(host, port).is_loopback
        return elsewhere and not INegotiated.providedBy(self.transport)

    def _address(self) -> str:
        """Where the peer is; the path of a UNIX socket, which a peer may choose, is no IP address whatever it says."""
        host, port = place(self.transport.getPeer())
        return f"unix:{host}" if port is None else host

    # ── the backend ──

    def _connect(self, name: str) -> None:
        """Ask for a connection to the backend; it is called off when the peer hangs up."""
        asked = self._connecting = Deferred.fromCoroutine(self._factory.connect(name, self.transport))
        self.trace.time("forward", asked)
        asked.addCallbacks(self._connected, self._unconnected)
        asked.addErrback(lambda failure: self._log.failure("a login could not be forwarded", failure))

    def _connected(self, dialled: Dialled) -> None:
        self._dialled = dialled
        if self._closing:
            self._call_off()
        else:
            self._hear(Connected())

    def _call_off(self) -> None:
        """No backend is wanted any more, unless it has the connection already."""
        if self._connecting is not None and self._relayed is None:
            self._connecting.cancel()
            if self._dialled is not None:
                self._dialled.transport.loseConnection()

    def _unconnected(self, failure: Failure) -> None:
        if failure.check(CancelledError):
            return
        if not failure.check(TnetError):
            self._log.failure("the backend could not be dialled", failure)
        self.trace.emit(Logged, level="warning", text=f"no backend: {failure.getErrorMessage()}")
        self._hear(Unreachable())

    def _couple(self) -> None:
        """Hand the connection over: what the peer sent behind its login is the first that the backend gets."""
        self._outbox.send()
        self._outbox.shut()
        self.transport.unregisterProducer()
        assert self._dialled is not None, "whoever is coupled was connected"
        self._relayed = self._dialled.couple(self.transport, self._factory.clock)
        if self._reading_paused:
            self._reading_paused = False
            if not self._peer_ended:
                self.transport.resumeProducing()
        if rest := self._ear.rest():
            self._relayed.received(rest)
        if self._peer_ended:
            self._relayed.ended()

    # ── the socket ──

    def _part(self) -> None:
        """End the connection, now that the last line was written."""
        self._outbox.shut()
        _stop(self._deadline)
        self._lingering.begin(peer_ended=self._peer_ended)

    def _mind_reading(self) -> None:
        """Read no further while more lines wait than we keep; a socket at its end must not be read again."""
        enough = self._ear.pending_bytes > READ_AHEAD_BYTES and not self._closing
        if enough is self._reading_paused or self._peer_ended or not self.connected:
            return
        self._reading_paused = enough
        if enough:
            self.transport.pauseProducing()
        else:
            self.transport.resumeProducing()

    def _mind_place(self) -> None:
        """Tell the factory when we begin, or cease, to wait for a peer that has not logged in."""
        waits = self.member is None and self._dialect.hearing and not self._closing
        if waits is self._waits:
            return
        self._waits = waits
        if waits:
            self._factory.waits(self)
        else:
            self._factory.waits_no_more(self)


def _runs(timer: IDelayedCall | None) -> bool:
    return timer is not None and bool(timer.active())


def _stop(timer: IDelayedCall | None) -> None:
    if timer is not None and timer.active():
        timer.cancel()
