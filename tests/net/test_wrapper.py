"""The wrapper that is not in the way."""

from __future__ import annotations

from twisted.internet.interfaces import IHalfCloseableProtocol, IHandshakeListener
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.testing import StringTransport
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.net.streams import HalfCloseableKeeper, Keeper
from tnet.net.wrapper import HalfCloseableWrapper, Wrapper, innermost, is_half_closeable


@implementer(IHandshakeListener)
class Listener(Keeper):
    """Counts the handshakes that it hears of."""

    heard = 0

    def handshakeCompleted(self) -> None:
        self.heard += 1


class WrapperTests(SynchronousTestCase):
    """What passes, and how directly."""

    def test_inner_has_the_transport(self) -> None:
        """The inner protocol is connected to the transport itself."""
        inner, transport = Keeper(), StringTransport()
        Wrapper(inner).makeConnection(transport)
        self.assertIs(inner.transport, transport)

    def test_data_goes_straight_to_the_innermost(self) -> None:
        """However many wrappers there are, the transport calls the innermost protocol's own method."""
        inner = Keeper()
        outer = Wrapper(Wrapper(inner))
        outer.dataReceived(b"early")
        outer.makeConnection(StringTransport())
        self.assertEqual(outer.dataReceived, inner.dataReceived)
        outer.dataReceived(b"late")
        self.assertEqual(inner.chunks, [b"early", b"late"])

    def test_end_is_forwarded(self) -> None:
        """The inner protocol hears why the connection was lost."""
        inner = Keeper()
        wrapper = Wrapper(inner)
        wrapper.makeConnection(StringTransport())
        wrapper.connectionLost(connectionDone)
        self.assertIs(inner.lost, connectionDone)

    def test_handshake_reaches_who_listens(self) -> None:
        """A handshake is told to an inner protocol that listens for it, and to no other."""
        listener = Listener()
        Wrapper(listener).handshakeCompleted()
        Wrapper(Keeper()).handshakeCompleted()
        self.assertEqual(listener.heard, 1)

    def test_half_closing_only_where_it_is_wanted(self) -> None:
        """A plain wrapper does not claim to survive a half-close; the other kind forwards it."""
        inner = HalfCloseableKeeper()
        wrapper = HalfCloseableWrapper(inner)
        self.assertFalse(IHalfCloseableProtocol.providedBy(Wrapper(Keeper())))
        self.assertTrue(IHalfCloseableProtocol.providedBy(wrapper))
        self.assertEqual((is_half_closeable(inner), is_half_closeable(Keeper())), (True, False))
        wrapper.readConnectionLost()
        wrapper.writeConnectionLost()
        self.assertEqual(inner.halves, ["read", "write"])

    def test_innermost(self) -> None:
        """Below all wrappers, ours and Twisted's, is the protocol that speaks."""
        keeper = Keeper()
        layers = Wrapper(ProtocolWrapper(WrappingFactory(Factory()), Wrapper(keeper)))
        self.assertEqual((innermost(layers), innermost(keeper)), (keeper, keeper))

    def test_log_prefix_is_the_inner_one(self) -> None:
        """A log names the protocol that speaks, not its wrapper."""
        self.assertEqual(Wrapper(Keeper()).logPrefix(), "Keeper")
