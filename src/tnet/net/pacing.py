"""Sends each client no more than so many bytes a second, smoothly, and makes whoever produces them wait."""

from __future__ import annotations

from weakref import WeakValueDictionary

from twisted.internet.interfaces import IAddress, IProtocol, IProtocolFactory
from zope.interface import implementer

from tnet.net.context import Context
from tnet.net.faults.factory import impaired
from tnet.net.faults.sender import Sender
from tnet.net.gate import network_of
from tnet.protocols.pacing import Allowance, Paced


@implementer(IProtocolFactory)
class Paces:
    """Wraps `factory`: all connections of one peer together are sent at most `bytes_per_second`.

    A peer is who counts as one for the Gate; on a UNIX socket each connection is one.
    """

    def __init__(self, factory: IProtocolFactory, bytes_per_second: int, context: Context) -> None:
        self._factory = factory
        self._rate = bytes_per_second
        self._context = context
        self._of_peer: WeakValueDictionary[str, Allowance] = WeakValueDictionary()

    def buildProtocol(self, address: IAddress) -> IProtocol | None:
        inner = self._factory.buildProtocol(address)
        if inner is None:
            return None
        return impaired(inner, Sender((), Paced(self._allowance(network_of(address))), self._context))

    def doStart(self) -> None:
        self._factory.doStart()

    def doStop(self) -> None:
        self._factory.doStop()

    def _allowance(self, peer: str) -> Allowance:
        """The peer's, which is forgotten with the last of its connections."""
        allowance = self._of_peer.get(peer) or Allowance(self._rate)
        if peer:
            self._of_peer[peer] = allowance
        return allowance
