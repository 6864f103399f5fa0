"""The protocol that couples a connection with standard input and output, each slowing the other down."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.clients.connect.conversation import Conversation, Do, Got
from tnet.clients.connect.line_ends import LineEnds
from tnet.clients.connect.patience import Patience
from tnet.clients.connect.telling import Telling
from tnet.errors import ClientCertificateWanted, ReceiveFailed, SendFailed, TimedOut, TlsFailed, TnetError
from tnet.escape import SafeStream
from tnet.events import silent_trace
from tnet.events.kinds import Logged, StateEntered
from tnet.net.backlog import unacknowledged
from tnet.net.closing import closing
from tnet.net.context import Context
from tnet.net.dial import shown
from tnet.net.stdio import StandardInput, StandardOutput, WaitsFor
from tnet.plans import WebSocketAddress
from tnet.plans.connect import ConnectPlan


@implementer(IHalfCloseableProtocol, IPushProducer)
class Coupling(Protocol):
    """Carries out a `Conversation` between the peer and standard input and output.

    It is the producer of `output`: it stops reading from the peer while a reader of ours is slower.
    """

    transport: Any
    trace = silent_trace()

    def __init__(self, plan: ConnectPlan, context: Context, output: StandardOutput) -> None:
        self._plan = plan
        self._peer = shown(plan.target)
        self._closes_whole = plan.tls is not None or plan.target.tls or isinstance(plan.target, WebSocketAddress)
        self._output = output
        self._input = StandardInput(WaitsFor.PROGRAM)
        self._patience = Patience(plan, context, self, self._feed)
        self._conversation = Conversation()
        self._happened: list[Got] = []
        self._advancing = False
        self._peer_ended = False
        self._connected = True
        self._broken_by: TnetError | None = None
        self._lost_by: TnetError | None = None
        self._ending: tuple[TnetError | None] | None = None
        self._over: Deferred[TnetError | None] = Deferred()
        self._display = SafeStream() if output.is_terminal and not plan.raw else None
        self._inward: Callable[[bytes], bytes] = self._display.feed if self._display else _as_it_is
        self._outward: Callable[[bytes], bytes] = LineEnds().feed if plan.crlf else _as_it_is
        self._telling: Telling | None = None

    async def run(self, source: StandardInput) -> None:
        """Couple `source` as well, until the conversation is over and the connection closed.

        To cancel it once closes the connection, twice drops it.

        Raises: what ended it badly; CancelledError when it was cancelled.
        """
        self._start(source)
        cancelled = False
        while True:
            try:
                error = await self._over
                break
            except CancelledError:
                cancelled = True
                self._over = Deferred()
                self._feed(Got.STOP)
        if cancelled:
            raise CancelledError
        if error is not None:
            raise error

    # ── what Twisted calls: the connection ──

    def connectionMade(self) -> None:
        if self._output.capacity is not None and hasattr(self.transport, "read_for"):
            # A pipe that takes a part of each chunk costs a turn for each part, and finds it cold.
            self.transport.read_for(self._output.capacity)
        if Telling.wanted(self.trace):
            self._telling = Telling(self.trace)
            self._inward = _one_after_the_other(self._telling.received, self._inward)
            self._outward = _one_after_the_other(self._outward, self._telling.sent)

    def dataReceived(self, data: bytes) -> None:
        self._patience.peer_heard()
        self._output.write(self._inward(data))

    def readConnectionLost(self) -> None:
        self._peer_ended = True
        self._output.unregisterProducer()  # to resume a reading that has ended would end it again
        self._feed(Got.PEER_END)

    def writeConnectionLost(self) -> None:
        """Our half is closed; the peer's end is what is waited for."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._connected = False
        self._end_line()
        self._lost_by = self._explained(reason)
        self._feed(Got.CLOSE if reason.check(ConnectionDone) else Got.LOSS)
        self._settle()

    # ── what the output calls ──

    def pauseProducing(self) -> None:
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        self._patience.peer_heard()
        self.transport.resumeProducing()

    def stopProducing(self) -> None:
        """The output tells `_broken` why it takes no more."""

    # ── what a waiting conversation looks at ──

    def holds_peer(self) -> bool:
        """Whether the peer is kept waiting by a reader of ours."""
        return self._output.waiting > 0

    def held_by_peer(self) -> bool:
        """Whether our input is kept waiting by the peer."""
        return self._input.paused and not self._input.over

    def input_waits_for(self) -> WaitsFor:
        """Who decides when our input gives its next bytes."""
        return self._input.waits_for

    def progress(self) -> object:
        """A value that changes while the peer takes what we sent."""
        return getattr(self.transport, "bytes_out", 0), unacknowledged(self.transport)

    # ── the conversation ──

    def _start(self, source: StandardInput) -> None:
        self._input = source
        self._output.watch(self._broken)
        if self._ending is not None:
            return
        if not self._peer_ended:
            self._output.registerProducer(self, True)
        self.transport.registerProducer(source, True)
        self._patience.start()
        if self._telling is not None:
            self._telling.begin()
        source.start(self._send, self._input_ended)

    def _send(self, data: bytes) -> None:
        self._patience.input_heard()
        self.transport.write(self._outward(data))

    def _input_ended(self, error: TnetError | None) -> None:
        if error is None:
            self._feed(Got.INPUT_END)
        else:
            self._broken(error)

    def _broken(self, error: TnetError) -> None:
        self._broken_by = error
        self._feed(Got.BREAKAGE)

    def _feed(self, got: Got) -> None:
        """Advance by `got`; what happens while its orders are carried out comes after them."""
        self._happened.append(got)
        if self._advancing:
            return
        self._advancing = True
        try:
            while self._happened:
                self._advance(self._happened.pop(0))
        finally:
            self._advancing = False

    def _advance(self, got: Got) -> None:
        before = self._conversation.state
        orders = self._conversation.advance(got)
        if self._conversation.state is not before:
            self.trace.emit(StateEntered, machine="conversation", state=self._conversation.state.value)
        if Do.AWAIT_CLOSE in orders:
            self._say_that_we_leave()
        for order in orders:
            self._perform(order)

    def _perform(self, order: Do) -> None:
        match order:
            case Do.HALF_CLOSE:
                self.transport.unregisterProducer()
                if self._plan.shutdown:
                    self._half_close()
            case Do.CLOSE:
                self._let_go()
                self.transport.loseConnection()
            case Do.ABORT:
                self._let_go()
                self.transport.ended_because = self._why_aborted()
                self.transport.abortConnection()
            case Do.END:
                self._end(None)
            case Do.END_LOST:
                self._end(self._lost_by)
            case Do.END_STUCK:
                self._end(SendFailed(self._peer, "it stopped reading"))
            case Do.END_IDLE:
                self._end(TimedOut("waiting for data", self._plan.idle_seconds))
            case Do.END_BROKEN:
                self._end(self._broken_by)
            case _:
                self._patience.order(order)

    def _half_close(self) -> None:
        """Say that we send no more; under TLS and on a WebSocket, where the peer then closes, too, after its answer."""
        if self._closes_whole:
            self._patience.await_lull(self.transport.loseWriteConnection)
        else:
            self.transport.loseWriteConnection()

    def _let_go(self) -> None:
        """A transport with a paused producer never closes."""
        self._input.stopProducing()
        self.transport.unregisterProducer()

    def _end(self, error: TnetError | None) -> None:
        self._ending = (error,)
        self._patience.stop()
        self._input.stopProducing()
        self._output.unregisterProducer()
        self._end_line()
        self._settle()

    def _end_line(self) -> None:
        """Let what is told next begin on a line of its own."""
        if self._display is not None:
            self._output.write(self._display.finish())
        self._output.end_line()

    def _say_that_we_leave(self) -> None:
        text = f"the peer said nothing for {self._plan.linger_seconds:g} s after the end of our input"
        self._end_line()
        self.trace.emit(Logged, level="notice", text=text)

    def _why_aborted(self) -> str:
        error = self._ending[0] if self._ending else None
        return str(error) if error is not None else "closed by us, and the peer did not answer"

    def _settle(self) -> None:
        """Say that it is over once the connection is closed, too."""
        if self._ending is not None and not self._connected and not self._over.called:
            self._over.callback(self._ending[0])

    def _explained(self, reason: Failure) -> TnetError:
        error = reason.value
        if isinstance(error, ClientCertificateWanted):
            return error  # from TLS 1.3 on a server says so only after our handshake
        if isinstance(error, TnetError) and not isinstance(error, TlsFailed):
            return error
        broke: OSError | None = getattr(self.transport, "os_error", None)
        sending = self._peer_ended or self._input.paused or (broke is not None and broke.errno == errno.EPIPE)
        return (SendFailed if sending else ReceiveFailed)(self._peer, closing(reason, self.transport).reason)


def _as_it_is(data: bytes) -> bytes:
    return data


def _one_after_the_other(first: Callable[[bytes], bytes], second: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda data: second(first(data))
