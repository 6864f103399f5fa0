"""Tests for one connection to an upstream."""

from __future__ import annotations

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.servers.web.wire import Socket
from tnet.errors import BodyCutShort, EmptyReply, MalformedReply, ReceiveFailed, TnetError
from tnet.protocols.http1.responses import ResponseHead
from tnet.servers.web.proxying.connection import UpstreamConnection

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Notes:
    """A receiver that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.untouched: bool | None = None

    def writable(self) -> None:
        self.told.append("writable")

    def reply_head(self, head: ResponseHead) -> None:
        self.told.append(head.status)

    def reply_data(self, data: bytes) -> None:
        self.told.append(data)

    def reply_ended(self) -> None:
        self.told.append("ended")

    def reply_failed(self, error: TnetError, untouched: bool) -> None:
        self.told.append(type(error))
        self.untouched = untouched


class ConnectionTests(SynchronousTestCase):
    """`UpstreamConnection`."""

    def setUp(self) -> None:
        self.lost: list[UpstreamConnection] = []
        self.socket = Socket()
        self.connection = UpstreamConnection("up", self.lost.append)
        self.connection.makeConnection(self.socket)
        self.notes = Notes()
        self.connection.ask(b"GET / HTTP/1.1\r\n\r\n", b"GET", self.notes)

    def test_reply(self) -> None:
        """Head, body and end are told in their order."""
        self.connection.dataReceived(OK)
        self.assertEqual(self.notes.told, [200, b"ok", "ended"])
        self.assertTrue(self.connection.release())

    def test_ends(self) -> None:
        """An end in good order completes a reply that has no other end, and is none of any other."""
        for said, told in (
            (b"HTTP/1.1 200 OK\r\n\r\nhi", [200, b"hi", "ended"]),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", [200, b"hi", BodyCutShort]),
            (b"HTTP/1.1 200 OK\r\n", [MalformedReply]),
            (b"", [EmptyReply]),
        ):
            for half in (True, False):
                self.setUp()
                if said:
                    self.connection.dataReceived(said)
                if half:
                    self.connection.readConnectionLost()
                    self.assertTrue(self.socket.aborted or self.socket.disconnecting)
                self.connection.connectionLost(Failure(ConnectionDone()))
                self.assertEqual(self.notes.told, told)
                self.assertEqual(self.lost, [self.connection])

    def test_broken(self) -> None:
        """A connection that breaks completes nothing; whether anything had come is told."""
        self.connection.connectionLost(Failure(ConnectionLost()))
        self.assertEqual((self.notes.told, self.notes.untouched), ([ReceiveFailed], True))
        self.setUp()
        self.connection.dataReceived(b"HTTP/1.1 200 OK\r\n\r\n")
        self.connection.connectionLost(Failure(ConnectionLost()))
        self.assertEqual((self.notes.told, self.notes.untouched), ([200, ReceiveFailed], False))

    def test_cut(self) -> None:
        """Nothing is told after a cut, and it counts as gone at once."""
        self.connection.cut()
        self.assertTrue(self.connection.gone)
        self.connection.dataReceived(OK)
        self.connection.connectionLost(Failure(ConnectionLost()))
        self.assertEqual((self.notes.told, self.lost), ([], [self.connection]))

    def test_pace(self) -> None:
        """It tells when it is choked, and reading can be stopped for a while."""
        self.socket.producer.pauseProducing()
        self.assertTrue(self.connection.choked)
        self.socket.producer.resumeProducing()
        self.assertEqual((self.connection.choked, self.notes.told), (False, ["writable"]))
        self.connection.hold()
        self.assertEqual(self.socket.producerState, "paused")
        self.connection.dataReceived(OK)
        self.assertTrue(self.connection.release())
        self.assertEqual(self.socket.producerState, "producing")

    def test_unasked(self) -> None:
        """Whoever speaks unasked is not listened to."""
        self.connection.dataReceived(OK)
        self.connection.release()
        self.connection.dataReceived(OK)
        self.assertTrue(self.socket.aborted)
