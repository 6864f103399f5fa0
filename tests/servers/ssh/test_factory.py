"""The factory: its limits, its key, its connections."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from twisted.conch.ssh.common import getNS
from twisted.conch.ssh.keys import Key
from twisted.cred.portal import Portal
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.protocols.ssh.peers import host_key
from tnet.events import silent_trace
from tnet.servers.ssh.factory import Factory
from tnet.servers.ssh.guests import Realm


class FactoryTests(TestCase):
    """Connections as the factory makes them."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.factory = self.made(host_key())

    def made(self, key: Key) -> Factory:
        factory = Factory(Portal(Realm(lambda name: lambda request: None)), key, self.clock, login_seconds=5)
        factory.doStart()
        return factory

    def connected(self) -> StringTransport:
        wire = StringTransport()
        self.factory.buildProtocol(None).makeConnection(wire)
        return wire

    def test_limits(self) -> None:
        """A connection has the factory's deadline and attempts, and a trace that a Tap may replace."""
        connection = self.factory.buildProtocol(None)
        self.assertEqual((connection.login_seconds, connection.attempts), (5, 6))
        self.assertIs(connection.clock, self.clock)
        self.assertIs(connection.trace, silent_trace())

    def test_deadline(self) -> None:
        """A connection that says nothing is hung up on."""
        wire = self.connected()
        self.clock.advance(5)
        self.assertTrue(wire.disconnecting)

    def test_rsa_host_key(self) -> None:
        """An RSA host key is offered with SHA-2 only."""
        self.factory = self.made(Key(generate_private_key(65537, 2048)))
        names = getNS(self.connected().value().partition(b"\r\n")[2][22:], 2)[1]
        self.assertEqual(names, b"rsa-sha2-512,rsa-sha2-256")

    def test_connections(self) -> None:
        """The factory knows its connections while they last."""
        connection = self.factory.buildProtocol(None)
        connection.makeConnection(StringTransport())
        self.assertEqual(self.factory.connections, {connection})
        connection.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.factory.connections, set())

    def test_goodbye(self) -> None:
        """Everybody who has not logged in is cut at once."""
        wires = [self.connected(), self.connected()]
        self.factory.goodbye()
        self.assertEqual([wire.disconnecting for wire in wires], [True, True])
