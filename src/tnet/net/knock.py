"""A knock at a port: who answers is let go of at once, and in good order.

It is a whole connection, like everybody's. Nothing is sent on it; what the peer says is read and dropped until it
closes, too, so that it sees an end and no reset.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectBindError, ConnectError
from twisted.internet.error import TimeoutError as ConnectTimedOut
from twisted.internet.interfaces import IConnector, IDelayedCall
from twisted.internet.protocol import ClientFactory, Protocol, connectionDone
from twisted.python.failure import Failure

from tnet.errors import BadUsage, OurError
from tnet.net.context import Context
from tnet.net.race import NobodyWon, race
from tnet.net.transport import connect_tcp
from tnet.plans import TcpAddress

LINGER_SECONDS = 0.5

Source = tuple[str, int]


class PortState(Enum):
    """What a knock found; the first that one of several addresses gave is the port's."""

    OPEN = "open"
    REFUSED = "refused"
    FILTERED = "filtered"
    UNREACHABLE = "unreachable"


_ORDER = tuple(PortState)


@dataclass(frozen=True, slots=True)
class Knock:
    """The answer of one port: of the address where it is open, or of the one that said most.

    `error` is the system's word for why it is not open, empty where there is none.

    Units: `seconds` from the first attempt.
    """

    address: TcpAddress
    state: PortState
    seconds: float
    error: str = ""


async def knock(
    addresses: Sequence[TcpAddress], context: Context, *, seconds: float, source: Source | None = None
) -> tuple[Knock, Deferred[None]]:
    """What the port at `addresses` of one host, which are tried as `dial` does, answers within `seconds`.

    Shape: with a Deferred that fires when the connection, if there was one, is closed.
    Raises: BadUsage: `source` cannot be used; OurError: the system lets us make no more sockets.
    """
    return await _Knocking(addresses, context, source).within(seconds)


class _Knocking:
    """One call of `knock`."""

    def __init__(self, addresses: Sequence[TcpAddress], context: Context, source: Source | None) -> None:
        self._addresses = addresses
        self._context = context
        self._source = source
        self._began = context.clock()
        self._late = False
        self._undecided = dict.fromkeys(addresses)

    async def within(self, seconds: float) -> tuple[Knock, Deferred[None]]:
        """See `knock`."""
        answer = race(self._addresses, self._attempt, self._context.reactor)
        timer = self._context.reactor.callLater(seconds, self._expire, answer)
        try:
            visitor = await answer
        except NobodyWon as all_failed:
            return self._best(all_failed.reasons), _done()
        except CancelledError:
            if not self._late:
                raise
            return self._found(next(iter(self._undecided)), PortState.FILTERED, "timed out"), _done()
        finally:
            if timer.active():
                timer.cancel()
        return self._found(visitor.address, PortState.OPEN), visitor.gone

    def _attempt(self, address: TcpAddress) -> Deferred[_Visitor]:
        outcome = _Attempt(address, self._context.reactor, self._source).outcome
        return outcome.addErrback(self._decided, address)

    def _decided(self, failure: Failure, address: TcpAddress) -> Failure:
        if not failure.check(CancelledError):
            self._undecided.pop(address, None)
        return failure

    def _expire(self, answer: Deferred[Any]) -> None:
        self._late = True
        answer.cancel()

    def _best(self, reasons: Sequence[BaseException]) -> Knock:
        found = [self._explained(reason) for reason in reasons]
        return min(found, key=lambda each: _ORDER.index(each.state))

    def _explained(self, reason: BaseException) -> Knock:
        if not isinstance(reason, _Failed):
            raise reason
        error = reason.error
        words = _words(error)
        if isinstance(error, ConnectBindError) and error.osError in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS):
            raise OurError(f"no socket to probe with: {words}") from error
        if isinstance(error, ConnectBindError) and self._source is not None:
            raise BadUsage("--source", f"it cannot be used: {words}") from error
        return self._found(reason.address, _state(error), words)

    def _found(self, address: TcpAddress, state: PortState, error: str = "") -> Knock:
        return Knock(address, state, self._context.clock() - self._began, error)


class _Attempt(ClientFactory):
    """One attempt; `outcome` fires with the visitor once it stands in the door."""

    noisy = False

    def __init__(self, address: TcpAddress, reactor: Any, source: Source | None) -> None:
        self.outcome = Deferred["_Visitor"](self._give_up)
        self._address = address
        self._reactor = reactor
        self._connector: IConnector = connect_tcp(reactor, address.host, address.port, self, None, source)

    def buildProtocol(self, addr: object) -> _Visitor:
        return _Visitor(self._address, self._reactor, self.outcome)

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        if not self.outcome.called:
            error: Any = reason.value
            self.outcome.errback(_Failed(self._address, error) if isinstance(error, ConnectError) else reason)

    def _give_up(self, outcome: Deferred[Any]) -> None:
        outcome.errback(CancelledError())
        self._connector.stopConnecting()


class _Visitor(Protocol):
    """Says that it sends nothing, and waits a moment for the peer to close; `gone` fires when it is closed."""

    transport: Any

    def __init__(self, address: TcpAddress, reactor: Any, outcome: Deferred[_Visitor]) -> None:
        self.address = address
        self.gone: Deferred[None] = Deferred()
        self._reactor = reactor
        self._outcome = outcome
        self._patience: IDelayedCall | None = None

    def connectionMade(self) -> None:
        self._patience = self._reactor.callLater(LINGER_SECONDS, self.transport.loseConnection)
        self.transport.loseWriteConnection()
        if not self._outcome.called:
            self._outcome.callback(self)

    def dataReceived(self, data: bytes) -> None:
        """It is nothing to us."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
        self.gone.callback(None)


class _Failed(Exception):
    def __init__(self, address: TcpAddress, error: ConnectError) -> None:
        super().__init__(str(error))
        self.address = address
        self.error = error


def _state(error: ConnectError) -> PortState:
    if isinstance(error, ConnectTimedOut) or error.osError == errno.ETIMEDOUT:
        return PortState.FILTERED
    refused = error.osError in (errno.ECONNREFUSED, errno.ECONNRESET)
    return PortState.REFUSED if refused else PortState.UNREACHABLE


def _words(error: ConnectError) -> str:
    words = os.strerror(error.osError) if error.osError else str(error).rstrip(".")
    return words[:1].lower() + words[1:]


def _done() -> Deferred[None]:
    done: Deferred[None] = Deferred()
    done.callback(None)
    return done
