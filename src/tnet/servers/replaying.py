"""`tnet serve echo --replay`: a server that says to each client what the server of a recording said."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol, IHandshakeListener, INegotiated, IPushProducer
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.events import silent_trace
from tnet.events.kinds import Logged
from tnet.net.closing import closing
from tnet.net.context import Context
from tnet.net.playing import Play
from tnet.net.recordings import read_recording
from tnet.net.server import Server
from tnet.plans.serve import EchoPlan
from tnet.protocols.difference import Difference
from tnet.protocols.recording import Recording
from tnet.protocols.replaying import Mode

PATIENCE_SECONDS = 30.0


@implementer(IHalfCloseableProtocol, IHandshakeListener, IPushProducer)
class Replayed(Protocol):
    """One connection: the recorded server's side is said, the client's is held against what was recorded.

    A client that differs is told of in the log, with a diff, and its connection is reset.
    """

    transport: Any
    trace = silent_trace()

    def __init__(self, factory: ReplayFactory) -> None:
        self._factory = factory
        self._play = Play(
            factory.recording, "peer", factory.mode, factory.context, self, seconds=factory.patience_seconds
        )
        self._begun = self._half_closed = False

    # ── what Twisted calls ──

    def connectionMade(self) -> None:
        self._factory.connected.add(self)
        if not INegotiated.providedBy(self.transport):
            self._begin()

    def handshakeCompleted(self) -> None:
        self._begin()

    def dataReceived(self, data: bytes) -> None:
        self._play.hear(data)

    def readConnectionLost(self) -> None:
        self._play.hear_end()

    def writeConnectionLost(self) -> None:
        """Our half is closed; the client may go on."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._factory.connected.discard(self)
        self._play.hear_loss(closing(reason, self.transport).reason)

    def pauseProducing(self) -> None:
        self._play.pause()

    def resumeProducing(self) -> None:
        self._play.resume()

    def stopProducing(self) -> None:
        self._play.stop()

    # ── the stage ──

    def say(self, data: bytes) -> None:
        """See `Stage`."""
        self.transport.write(data)

    def end_side(self) -> None:
        """See `Stage`."""
        self.transport.unregisterProducer()
        if not self._half_closed:
            self._half_closed = True
            self.transport.loseWriteConnection()

    def finish(self) -> None:
        """See `Stage`."""
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def differ(self, difference: Difference) -> None:
        """See `Stage`."""
        recording = self._factory.recording
        text = f"not as recorded in {recording.path}, {difference.place}: {difference.reason}"
        self.trace.emit(Logged, level="warning", text=text)
        if self.trace.wants(Logged):
            for line in difference.diff(f"{recording.path} (recorded)", "the client (now)"):
                self.trace.emit(Logged, level="info", text=line)
        self.transport.unregisterProducer()
        self.transport.ended_because = text
        self.transport.abortConnection()

    def leave(self) -> None:
        """Say nothing more, and close."""
        self._play.stop()
        self.finish()

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self.transport.registerProducer(self, True)
            self._play.begin()


class ReplayFactory(Factory):
    """Makes such protocols, and knows those that are connected."""

    noisy = False

    def __init__(
        self, recording: Recording, mode: Mode, context: Context, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self.recording = recording
        self.mode: Mode = mode
        self.context = context
        self.patience_seconds = patience_seconds
        self.connected: set[Replayed] = set()

    def buildProtocol(self, address: IAddress | None) -> Replayed:
        return Replayed(self)

    def finish(self) -> None:
        """Let every connection end as soon as its last bytes are sent."""
        for one in tuple(self.connected):
            one.leave()


async def offer_replay(plan: EchoPlan, context: Context, path: str) -> Server:
    """The server of the recording in the file at `path`, ready to listen.

    Raises: BadUsage, naming the file and its line.
    """
    recording = await context.workers.run(read_recording, path)
    factory = ReplayFactory(recording, plan.replay_mode, context)
    return Server(factory=factory, goodbye=factory.finish)
