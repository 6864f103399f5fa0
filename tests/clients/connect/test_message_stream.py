"""The transport that a protocol has on a WebSocket."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from wsproto.events import BytesMessage, CloseConnection, TextMessage

from tests.clients.connect.ends import Typed, Wire
from tests.clients.connect.socket_peer import SocketPeer
from tests.clients.connect.test_websocket_line import Inside
from tests.support import World
from tnet.clients.connect.message_stream import MessageStream
from tnet.clients.connect.websocket_line import WebSocketLine
from tnet.errors import CannotRead, TooLarge
from tnet.plans import WebSocketAddress
from tnet.protocols.websocket.messages import Chunks, Lines


class StreamTests(SynchronousTestCase):
    """`MessageStream`."""

    def setUp(self) -> None:
        self.world, self.inside = World(), Inside()

    def open(self, *, lines: bool = False, limit: int = 100) -> Any:
        """The stream that the protocol inside has."""
        self.line = WebSocketLine(
            WebSocketAddress("h", 80),
            lambda: self.inside,
            self.world.context,
            cutter=(Lines if lines else Chunks)(limit),
            lines=lines,
            limit_bytes=limit,
        )
        self.peer = SocketPeer(self.line)
        self.wire: Wire = self.peer.wire
        self.line.makeConnection(self.wire)
        self.peer.accept()
        self.assertIsInstance(self.inside.transport, MessageStream)
        return self.inside.transport

    def said(self) -> list[Any]:
        """What the peer got: the data of messages, the code of a close."""
        return [event.code if isinstance(event, CloseConnection) else event.data for event in self.peer.events()]  # type: ignore[attr-defined]  # these are the kinds there are

    def test_bytes(self) -> None:
        """What is written at once is a message of bytes; what is too large for one is several."""
        stream = self.open(limit=4)
        stream.write(b"012345")
        self.assertEqual(self.said(), [b"0123", b"45"])

    def test_lines(self) -> None:
        """As lines, each is a message of text, the last one when our side ends; and each that comes is a line."""
        stream = self.open(lines=True)
        stream.write(b"one\ntw")
        stream.write(b"o\nthree")
        self.peer.say(TextMessage("four"), BytesMessage(b"five\n"))
        stream.loseWriteConnection()
        self.assertEqual(self.said(), ["one", "two", "three", 1000])
        self.assertEqual(self.inside.got, [b"four\n", b"five\n"])

    def test_what_cannot_be_sent(self) -> None:
        """A line that is too long or no text ends it, said to the peer as a close and inside as the error."""
        for data, kind in ((b"ok\n" + bytes(101), TooLarge), (b"ok\n\xff\n", CannotRead)):
            self.setUp()
            stream = self.open(lines=True)
            stream.write(data)
            stream.write(b"more\n")
            self.assertEqual(self.said(), ["ok", 1001])
            self.peer.close(1001)
            self.assertEqual(self.wire.calls, ["close"])
            self.peer.lose()
            self.assertIsInstance(self.inside.lost, kind)

    def test_slow_peer(self) -> None:
        """A peer that takes nothing pauses who produces for it, also who comes later."""
        stream, source = self.open(), Typed()
        producer: Any = self.wire.producer
        stream.registerProducer(source, True)
        producer.pauseProducing()
        self.assertTrue(source.paused)
        producer.resumeProducing()
        self.assertFalse(source.paused)
        stream.unregisterProducer()
        producer.pauseProducing()
        self.assertFalse(source.paused)
        stream.registerProducer(source, True)
        self.assertTrue(source.paused)

    def test_slow_reader(self) -> None:
        """Who reads slowly stops the connection."""
        stream = self.open()
        stream.pauseProducing()
        self.assertFalse(self.wire.reads)
        stream.resumeProducing()
        self.assertTrue(self.wire.reads)

    def test_abort(self) -> None:
        """To abort drops the connection, and the reason is the connection's."""
        stream = self.open()
        stream.ended_because = "enough"
        stream.abortConnection()
        stream.write(b"late")
        self.assertEqual((self.wire.calls, self.wire.ended_because, self.said()), (["abort"], "enough", []))
        self.assertEqual(stream.ended_because, "enough")

    def test_counts(self) -> None:
        """It tells of the connection what a stream tells."""
        stream = self.open()
        self.wire.bytes_out, self.wire.os_error = 7, OSError(5, "x")
        self.assertEqual((stream.bytes_out, stream.os_error, stream.socket), (7, self.wire.os_error, None))
