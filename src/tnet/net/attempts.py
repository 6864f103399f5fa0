"""Attempts at one connection: addresses that are raced, and each of them told of.

Source: RFC 8305.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectBindError, ConnectError
from twisted.internet.error import TimeoutError as ConnectTimedOut
from twisted.internet.interfaces import IAddress, IConnector, IProtocolFactory
from twisted.internet.protocol import ClientFactory
from twisted.python.failure import Failure

from tnet.errors import ConnectFailed, FailedAttempt
from tnet.events import Trace
from tnet.events.kinds import DialAttempted
from tnet.net.context import Context
from tnet.net.race import NobodyWon, race
from tnet.net.transport import connect_tcp, connect_unix
from tnet.plans import StreamTarget, Target, TcpAddress


class Attempts:
    """Connects from `source` (an address and a port, or None for any), and tells `trace` of every attempt.

    Whoever cancels because time is up sets `late` before.
    """

    def __init__(self, context: Context, trace: Trace, source: tuple[str, int] | None) -> None:
        self.late = False
        self._context = context
        self._trace = trace
        self._source = source

    async def first(self, addresses: Sequence[StreamTarget], factory: IProtocolFactory, called: str) -> Any:
        """What `factory` builds for the first address that accepts; it is connected in the reactor's next turn.

        Raises: ConnectFailed, which names `called`.
        """

        def attempt(address: StreamTarget) -> Deferred[Any]:
            return Deferred.fromCoroutine(self._attempt(address, factory))

        try:
            return await race(addresses, attempt, self._context.reactor)
        except NobodyWon as all_failed:
            raise ConnectFailed(called, tuple(map(_attempt_of, all_failed.reasons)))

    async def _attempt(self, address: StreamTarget, factory: IProtocolFactory) -> Any:
        began = self._context.clock()
        outcome, error = "ok", None
        try:
            return await _Attempt(factory, self._connect, address).outcome
        except ConnectError as failed:
            outcome, error = "failed", self._in_words(failed)
            raise _AttemptFailed(FailedAttempt(shown(address), error, self._context.clock() - began)) from failed
        except CancelledError:
            outcome, error = ("failed", "timed out") if self.late else ("cancelled", None)
            raise
        finally:
            self._report(address, outcome, self._context.clock() - began, error)

    def _connect(self, address: StreamTarget, factory: ClientFactory) -> IConnector:
        if isinstance(address, TcpAddress):
            return connect_tcp(self._context.reactor, address.host, address.port, factory, None, self._source)
        return connect_unix(self._context.reactor, address.path, factory, None)

    def _report(self, address: StreamTarget, outcome: str, seconds: float, error: str | None) -> None:
        host, port = (address.host, address.port) if isinstance(address, TcpAddress) else (address.path, None)
        self._trace.emit(
            DialAttempted, peer_address=host, peer_port=port, outcome=outcome, seconds=seconds, error=error
        )

    def _in_words(self, error: ConnectError) -> str:
        if isinstance(error, ConnectTimedOut):
            return "timed out"
        words = os.strerror(error.osError) if error.osError else str(error).rstrip(".")
        words = words[:1].lower() + words[1:]
        ours = isinstance(error, ConnectBindError) and self._source is not None
        return f"the source address cannot be used: {words}" if ours else words


class _Attempt(ClientFactory):
    """One attempt. `outcome` fires with the outermost protocol while the transport asks for it.

    So the race is decided before a second connection can have built one.
    """

    noisy = False

    def __init__(
        self,
        factory: IProtocolFactory,
        connect: Callable[[StreamTarget, ClientFactory], IConnector],
        address: StreamTarget,
    ) -> None:
        self.outcome = Deferred[Any](self._give_up)
        self._factory = factory
        self._connector = connect(address, self)

    def buildProtocol(self, addr: IAddress | None) -> Any:
        protocol = self._factory.buildProtocol(cast(IAddress, addr))
        self.outcome.callback(protocol)
        return protocol

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        if not self.outcome.called:
            self.outcome.errback(reason)

    def _give_up(self, outcome: Deferred[Any]) -> None:
        outcome.errback(CancelledError())
        self._connector.stopConnecting()


class _AttemptFailed(Exception):
    def __init__(self, attempt: FailedAttempt) -> None:
        super().__init__(str(attempt))
        self.attempt = attempt


def shown(address: Target) -> str:
    """An address as an error names it: `host:port`, `unix:path`, or with the scheme that tells what else it is."""
    return str(address).rpartition("//")[2] if isinstance(address, TcpAddress) else str(address)


def _attempt_of(reason: BaseException) -> FailedAttempt:
    if not isinstance(reason, _AttemptFailed):
        raise reason
    return reason.attempt
