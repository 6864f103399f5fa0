"""Gives the connections of a server their faults, each by chances of its own."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from random import Random
from typing import Any

from twisted.internet.interfaces import IAddress, INegotiated, IProtocol, IProtocolFactory, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.events import silent_trace
from tnet.events.kinds import FaultInjected
from tnet.net.context import Context
from tnet.net.faults.sender import Sender
from tnet.net.faults.transport import faulty_transport
from tnet.net.wrapper import HalfCloseableWrapper, Wrapper, is_half_closeable
from tnet.plans.faults import Fault
from tnet.protocols.impairment import Impairment


@implementer(IProtocolFactory)
class Faults:
    """Wraps `factory`: its connections have the `faults`, by chances that the same `seed` repeats.

    The first connection has the same chances in every run, and so has the second, whatever happens meanwhile.
    """

    def __init__(self, factory: IProtocolFactory, faults: Iterable[Fault], seed: int, context: Context) -> None:
        self._factory = factory
        self._faults = tuple(faults)
        self._seed = seed
        self._context = context
        self._numbers = count(1)
        self._connected: set[Sender] = set()
        self._refuse = next((fault for fault in self._faults if fault.kind == "refuse"), None)

    def buildProtocol(self, address: IAddress) -> IProtocol | None:
        seed = f"{self._seed} {next(self._numbers)}"
        if self._refuse is not None and _percent(seed) < self._refuse.amount:
            return _Refused(self._refuse)
        inner = self._factory.buildProtocol(address)
        if inner is None:
            return None
        return impaired(inner, Sender(self._faults, Impairment(self._faults, seed), self._context), self._connected)

    def doStart(self) -> None:
        self._factory.doStart()

    def doStop(self) -> None:
        self._factory.doStop()

    def end_silence(self) -> None:
        """Close the connections that are silent on purpose, because the server leaves."""
        for sender in tuple(self._connected):
            sender.end_silence()


def impaired(inner: IProtocol, sender: Sender, connected: set[Sender] | None = None) -> Protocol:
    """`inner`, to be connected so that what it says goes through `sender`, which is among `connected` meanwhile."""
    made = _HalfCloseableFaulty if is_half_closeable(inner) else _Faulty
    return made(inner, sender, set() if connected is None else connected)


class _Refused(Protocol):
    """A connection that is reset before anything is said."""

    transport: Any
    trace = silent_trace()

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def connectionMade(self) -> None:
        self.trace.emit(FaultInjected, fault=self._fault.kind, detail=self._fault.detail)
        self.transport.ended_because = "refused on purpose"
        self.transport.abortConnection()


class _Faulty(Wrapper):
    """One connection: the protocol `inner` has a FaultyTransport where it would have the real one."""

    trace = silent_trace()

    def __init__(self, inner: IProtocol, sender: Sender, connected: set[Sender]) -> None:
        super().__init__(inner)
        self._sender = sender
        self._connected = connected

    def makeConnection(self, transport: ITransport) -> None:
        self._connected.add(self._sender)
        if hasattr(self.inner, "trace"):
            self.inner.trace = self.trace
        self._sender.start(transport, self.trace)
        super().makeConnection(faulty_transport(transport, self._sender))
        if not INegotiated.providedBy(transport):
            self._sender.go_on()

    def handshakeCompleted(self) -> None:
        super().handshakeCompleted()
        self._sender.go_on()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._connected.discard(self._sender)
        self._sender.stop()
        super().connectionLost(reason)


class _HalfCloseableFaulty(_Faulty, HalfCloseableWrapper):
    """One connection of a protocol that goes on when one side sends no more."""


def _percent(seed: str) -> float:
    return Random(f"refuse {seed}").random() * 100  # noqa: S311 (it has to be repeatable)
