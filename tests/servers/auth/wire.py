"""A connection of the login server without a socket: what goes in, what comes out, and when."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableDescriptor
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from tests.support import Recorder
from tnet.accounts.store import Account
from tnet.accounts.turnstile import to_its_end
from tnet.events import Publisher
from tnet.servers.auth.connection import AuthProtocol
from tnet.servers.auth.factory import AuthFactory


@implementer(IHalfCloseableDescriptor)
class Wire(StringTransport):
    """A transport that notes how it is ended; `bytes_out` is what the peer has taken."""

    ended_because = ""
    bytes_out = 0

    def __init__(self) -> None:
        super().__init__()
        self.endings: list[str] = []

    def loseWriteConnection(self) -> None:
        assert self.producer is None, "a producer keeps the connection open"
        self.endings.append("half-closed")

    def loseConnection(self) -> None:
        self.endings.append("closed")

    def abortConnection(self) -> None:
        self.endings.append("aborted")


class Doorman:
    """Checks that wait until the test answers them, whoever hangs up.

    `asked` are their credentials, without a password for a name.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, bytes | None]] = []
        self._waiting: list[Deferred[Account | None]] = []

    async def recognize(self, user: bytes) -> Account | None:
        return await self._answer(user, None)

    async def verify(self, user: bytes, password: bytes, peer: str) -> Account | None:
        return await to_its_end(Deferred.fromCoroutine(self._answer(user, password)))

    async def _answer(self, user: bytes, password: bytes | None) -> Account | None:
        self.asked.append((user, password))
        waiting: Deferred[Account | None] = Deferred()
        self._waiting.append(waiting)
        return await waiting

    def admit(self, name: str = "alice") -> None:
        """Answer the oldest check: right."""
        self._waiting.pop(0).callback(Account(name))

    def deny(self) -> None:
        """Answer the oldest check: wrong."""
        self._waiting.pop(0).callback(None)

    def fail(self, error: Exception) -> None:
        """Answer the oldest check: nobody can tell."""
        self._waiting.pop(0).errback(error)


class House:
    """A login server in memory, with its clock, its doorman and its events."""

    def __init__(self, **settings: Any) -> None:
        self.clock = Clock()
        self.doorman = Doorman()
        self.recorder = Recorder()
        self.publisher = Publisher(self.clock.seconds, self.clock.seconds)
        self.publisher.subscribe(self.recorder)
        self.factory = AuthFactory(settings.pop("verify", self.doorman.verify), self.clock, **settings)

    def visit(self) -> Visit:
        """A new connection."""
        return Visit(self)

    def enter(self, name: str = "alice") -> Visit:
        """A new connection that is logged in, with nothing left to read."""
        visit = self.visit()
        visit.send(b"x\npw\n")
        self.doorman.admit(name)
        visit.read()
        return visit


class Visit:
    """One connection, from the peer's side."""

    def __init__(self, house: House) -> None:
        self.wire = Wire()
        self.protocol: AuthProtocol = house.factory.buildProtocol(None)
        self.protocol.trace = house.publisher.trace()
        self.protocol.makeConnection(self.wire)

    def send(self, data: bytes) -> None:
        """The peer sends."""
        self.protocol.dataReceived(data)

    def end(self) -> None:
        """The peer sends no more."""
        self.protocol.readConnectionLost()

    def lose(self) -> None:
        """The connection is gone."""
        self.protocol.connectionLost(Failure(ConnectionDone()))

    def read(self) -> list[str]:
        """The lines that came since the last reading."""
        data = self.wire.value()
        self.wire.clear()
        assert not data or data.endswith(b"\r\n"), data
        return data.decode("latin-1").split("\r\n")[:-1]

    @property
    def endings(self) -> list[str]:
        """How our side ended the connection."""
        return self.wire.endings
