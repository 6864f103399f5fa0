"""A connection that becomes a WebSocket, with a server in memory."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from wsproto.events import BytesMessage, CloseConnection, Pong, TextMessage

from tests.clients.connect.ends import Wire
from tests.clients.connect.socket_peer import SocketPeer
from tests.protocols.websocket.test_frames import close, frame
from tests.support import World
from tnet.clients.connect.websocket_line import CLOSE_SECONDS, SURPLUS_BYTES, WebSocketLine
from tnet.errors import EmptyReply, HttpStatusRefused, MalformedReply, ReceiveFailed, TooLarge
from tnet.events import silent_trace
from tnet.events.kinds import HeadReceived, HeadSent, Logged
from tnet.plans import WebSocketAddress
from tnet.protocols.websocket.frames import BINARY, CLOSE, CONTINUATION, TEXT
from tnet.protocols.websocket.messages import Chunks

LIMIT = 100
OPEN = b"HTTP/1.1 101 Switching Protocols\r\n"


class Inside(Protocol):
    """Keeps what it is given, one message each."""

    transport: Any
    trace = silent_trace()

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.lost: BaseException | None = None

    def dataReceived(self, data: bytes) -> None:
        self.got.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost = reason.value


class LineCase(SynchronousTestCase):
    """A line, and the peer of it."""

    def setUp(self) -> None:
        self.world, self.inside = World(), Inside()
        self.line = self.make()
        self.peer = SocketPeer(self.line)
        self.wire: Wire = self.peer.wire
        self.line.makeConnection(self.wire)

    def make(self, address: WebSocketAddress | None = None, *, lines: bool = False) -> WebSocketLine[Inside]:
        """A line that is not connected."""
        address = address or WebSocketAddress("h", 8000, "/chat?room=1")
        cutter = Chunks(LIMIT)
        line = WebSocketLine(
            address, lambda: self.inside, self.world.context, cutter=cutter, lines=lines, limit_bytes=LIMIT
        )
        line.trace = self.world.publisher.trace()
        return line

    def open(self) -> Any:
        """The protocol inside, connected."""
        opening: Deferred[Inside] = self.line.whenOpen()
        self.assertNoResult(opening)
        self.peer.accept()
        self.assertIs(self.successResultOf(opening), self.inside)
        return self.inside

    def assertNothingPending(self) -> None:
        """No timer waits any more."""
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])


class OpeningTests(LineCase):
    """Until messages pass, or never will."""

    def test_request(self) -> None:
        """It asks for the path at the address, with its port."""
        head = self.wire.value().decode()
        self.assertTrue(head.startswith("GET /chat?room=1 HTTP/1.1\r\nHost: h:8000\r\nUpgrade: websocket\r\n"))
        self.assertIn("\r\nSec-WebSocket-Version: 13\r\n", head)
        self.assertTrue(head.endswith("\r\n\r\n"))

    def test_open(self) -> None:
        """The protocol inside is connected when the peer has agreed, and not before; it has the line's trace."""
        self.assertIsNone(self.inside.transport)
        inside = self.open()
        self.assertIs(inside.trace, self.line.trace)
        self.assertIs(self.successResultOf(self.line.whenOpen()), inside)
        self.assertEqual(inside.transport.getPeer(), self.wire.getPeer())
        self.assertEqual(inside.transport.getHost(), self.wire.getHost())

    def test_messages_in_one_piece_with_the_answer(self) -> None:
        """What comes right behind the answer is not lost."""
        self.line.dataReceived(self.peer.answer() + frame(TEXT, b"early") + close(1000, "bye"))
        self.assertEqual(self.inside.got, [b"early"])
        self.assertEqual(self.wire.calls, ["close"])

    def test_byte_by_byte(self) -> None:
        """However small the pieces are."""
        for byte in self.peer.answer() + frame(TEXT, b"early"):
            self.line.dataReceived(bytes([byte]))
        self.assertEqual(self.inside.got[-1], b"early")
        self.assertEqual(b"".join(self.inside.got), b"early")

    def test_heads_are_told(self) -> None:
        """Both heads are events, without secrets."""
        answer = self.peer.answer().removesuffix(b"\r\n") + b"Set-Cookie: s=secret\r\n\r\n"
        self.line.dataReceived(answer)
        (sent,), (came,) = self.world.recorder.of(HeadSent), self.world.recorder.of(HeadReceived)
        self.assertEqual((sent.method, sent.target, sent.fields[0]), ("GET", "/chat?room=1", "Host: h:8000"))
        self.assertEqual((came.status, came.fields[-1]), (101, "Set-Cookie: ***"))

    def refused(self, answer: bytes) -> Any:
        """Why there is no WebSocket."""
        self.setUp()
        opening = self.line.whenOpen()
        self.line.dataReceived(answer)
        self.assertIsNone(self.inside.transport)
        error = self.failureResultOf(opening).value
        self.assertIs(self.failureResultOf(self.line.whenOpen()).value, error)
        self.peer.lose(ConnectionAborted())
        self.assertNothingPending()
        return error

    def test_another_status(self) -> None:
        """A server that answers otherwise is quoted, with where it would rather have us."""
        for answer, words in (
            (b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nnay", "404 Not Found"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 OK"),
            (b"HTTP/1.1 301 Moved\r\nLocation: wss://h/\x1b[2J\r\n\r\n", "301 Moved, location: wss://h/\\x1b[2J"),
            (b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\n\r\n", "401 No, www-authenticate: Basic"),
            (b"HTTP/1.1 103 Early Hints\r\n\r\n", "103 Early Hints"),
        ):
            error = self.refused(answer)
            self.assertIsInstance(error, HttpStatusRefused)
            self.assertEqual(str(error), f"ws://h:8000/chat?room=1 answered {words}")

    def test_no_websocket(self) -> None:
        """What is no HTTP, or agrees to something else, is malformed."""
        for answer, words in (
            (b"SSH-2.0-OpenSSH_9.2\r\n", "it does not speak HTTP"),
            (
                OPEN + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
                "Bad accept token",
            ),
            (OPEN + b"Connection: close\r\n\r\n", "'Connection: Upgrade'"),
            (OPEN + b"\x00\r\n\r\n", "Bad HTTP message"),
            (OPEN + b"Upgrade: \xff\r\nConnection: \xff\r\n\r\n", "it is no WebSocket"),
        ):
            error = self.refused(answer)
            self.assertIsInstance(error, MalformedReply)
            self.assertIn(words, str(error))

    def test_extension_that_nobody_asked_for(self) -> None:
        """An answer with compression, which we did not offer, is refused."""
        answer = self.peer.answer().removesuffix(b"\r\n") + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        opening = self.line.whenOpen()
        self.line.dataReceived(answer)
        error = self.failureResultOf(opening, MalformedReply).value
        self.assertIn("unrecognized extension", str(error))

    def test_closed_instead(self) -> None:
        """A peer that closes or breaks off before it has answered is told apart."""
        for data, loss, kind, words in (
            (b"", ConnectionDone(), EmptyReply, "closed the connection without an answer"),
            (b"HTTP/1.1 1", ConnectionDone(), MalformedReply, "within its answer"),
            (b"", ConnectionLost(), ReceiveFailed, "lost"),
        ):
            self.setUp()
            opening = self.line.whenOpen()
            if data:
                self.line.dataReceived(data)
            self.peer.lose(loss)
            self.assertIn(words, str(self.failureResultOf(opening, kind).value))
            self.assertIn(words, str(self.failureResultOf(self.line.whenOpen(), kind).value))


class MessageTests(LineCase):
    """What passes."""

    def test_both_ways(self) -> None:
        """Each message that comes is one call, each write is one message."""
        inside = self.open()
        self.peer.say(TextMessage("für"), BytesMessage(b"\x00\xff"))
        self.assertEqual(inside.got, ["für".encode(), b"\x00\xff"])
        inside.transport.write(b"\x00\xff")
        inside.transport.writeSequence([b"a", b"b"])
        self.assertEqual([event.data for event in self.peer.events()], [b"\x00\xff", b"ab"])

    def test_parts(self) -> None:
        """Parts of a message are signs of life, and given when it is complete."""
        inside = self.open()
        self.peer.say(TextMessage("a", message_finished=False))
        self.peer.ping()
        self.peer.say(TextMessage("b"))
        self.assertEqual([data for data in inside.got if data], [b"ab"])
        self.assertEqual(inside.got[0], b"")

    def test_pings(self) -> None:
        """A ping is answered, and no sign of life."""
        inside = self.open()
        self.peer.ping(2)
        self.assertEqual(self.peer.events(), [Pong(b"0"), Pong(b"1")])
        self.assertEqual(inside.got, [])
        self.peer.say(Pong(b"unasked"))

    def test_pongs_are_bounded(self) -> None:
        """A peer that asks and does not read gets no pile of answers."""
        self.open()
        producer: Any = self.wire.producer
        producer.pauseProducing()
        self.peer.ping(1000)
        self.assertEqual(self.wire.value(), b"")
        producer.resumeProducing()
        self.peer.ping()
        self.assertEqual(self.peer.events(), [Pong(b"0")])

    def test_too_large(self) -> None:
        """A message above the limit is refused with 1009, before it has come, and is an error; those before it came."""
        inside = self.open()
        self.line.dataReceived(frame(TEXT, b"ok") + frame(BINARY, bytes(LIMIT + 1))[:20])
        self.assertEqual(inside.got, [b"ok"])
        (event,) = self.peer.events()
        self.assertEqual((type(event), event.code), (CloseConnection, 1009))  # type: ignore[attr-defined]  # the line above says so
        self.line.dataReceived(bytes(LIMIT - 15) + close(1009))
        self.assertEqual(self.wire.calls, ["close"])
        self.peer.lose()
        self.assertEqual(str(inside.lost), f"a message from the peer is larger than {LIMIT} bytes")
        self.assertIsInstance(inside.lost, TooLarge)
        self.assertNothingPending()

    def test_too_large_in_parts(self) -> None:
        """Parts count together; a peer that goes on all the same is dropped after a moment."""
        inside = self.open()
        self.line.dataReceived(frame(BINARY, bytes(LIMIT), final=False))
        for _ in range(3):
            self.line.dataReceived(frame(CONTINUATION, b"x", final=False))
        self.world.reactor.advance(CLOSE_SECONDS)
        self.assertEqual(self.wire.calls, ["abort"])
        self.peer.lose(ConnectionAborted())
        self.assertIsInstance(inside.lost, TooLarge)


class ClosingTests(LineCase):
    """How it ends."""

    def test_peer_closes(self) -> None:
        """A normal close is answered, told, and ends the connection in good order."""
        for said, code, told in (
            (close(1000), 1000, "1000 (normal closure)"),
            (close(1001, "bye"), 1001, "1001 (going away): bye"),
            (frame(CLOSE), 1005, "1005 (no code)"),
        ):
            self.setUp()
            inside = self.open()
            self.line.dataReceived(said)
            (answer,) = self.peer.events()
            self.assertEqual((answer.code, self.wire.calls), (code, ["close"]))  # type: ignore[attr-defined]  # a CloseConnection
            self.peer.lose()
            self.assertIsInstance(inside.lost, ConnectionDone)
            (logged,) = self.world.recorder.of(Logged)
            self.assertEqual(logged.text, f"the peer closed the WebSocket: {told}")
            self.assertNothingPending()

    def test_peer_closes_with_a_complaint(self) -> None:
        """A close with another code is an error that quotes it."""
        inside = self.open()
        self.peer.close(4001, "go\x1b[2J")
        self.peer.lose()
        self.assertIsInstance(inside.lost, ReceiveFailed)
        reason = "closed by peer: 4001 (a code of its own): go\\x1b[2J"
        self.assertEqual(str(inside.lost), f"receiving failed from ws://h:8000/chat?room=1: {reason}")
        self.assertEqual(self.wire.ended_because, reason)

    def test_peer_hangs_up(self) -> None:
        """An end without a close may have cut something short."""
        inside = self.open()
        self.peer.lose()
        self.assertIsInstance(inside.lost, ReceiveFailed)
        self.assertIn("without WebSocket's close", str(inside.lost))

    def test_peer_resets(self) -> None:
        """A loss stays what it is."""
        inside = self.open()
        self.peer.lose(ConnectionLost())
        self.assertIsInstance(inside.lost, ConnectionLost)

    def test_we_close(self) -> None:
        """Our close is said, once, and what the peer still says is taken until it has closed, too."""
        inside = self.open()
        inside.transport.loseWriteConnection()
        inside.transport.loseConnection()
        inside.transport.write(b"late")
        (said,) = self.peer.events()
        self.assertEqual((said.code, self.wire.calls), (1000, []))  # type: ignore[attr-defined]  # a CloseConnection
        self.line.dataReceived(frame(TEXT, b"still") + close(1000))
        self.assertEqual((inside.got, self.wire.calls), ([b"still"], ["close"]))
        self.peer.lose()
        self.assertIsInstance(inside.lost, ConnectionDone)

    def test_peer_hangs_up_after_our_close(self) -> None:
        """A peer that closes its way after ours has closed."""
        inside = self.open()
        inside.transport.loseConnection()
        self.peer.lose()
        self.assertIsInstance(inside.lost, ConnectionDone)

    def test_pings_after_our_close(self) -> None:
        """They are not owed an answer, and nothing behind them is lost."""
        inside = self.open()
        inside.transport.loseConnection()
        self.peer.events()
        self.line.dataReceived(b"".join(map(self.ping, range(3))) + frame(TEXT, b"last") + self.ping(4) + close(1000))
        self.assertEqual((inside.got, self.wire.calls), ([b"last"], ["close"]))

    def ping(self, number: int) -> bytes:
        """A ping on the wire."""
        return frame(0x9, b"%d" % number)

    def test_peer_breaks_the_protocol(self) -> None:
        """Frames that must not be are answered with the code for it, and are an error that says what was wrong."""
        for data, code, words in (
            (b"\x83\x00", 1002, "Invalid opcode"),
            (frame(TEXT, b"x", key=b"1234"), 1002, "masked"),
            (frame(TEXT, b"\xff"), 1007, "utf-8"),
            (frame(CONTINUATION, b"x"), 1002, "CONTINUATION"),
            (b"\xc1\x01x", 1002, "Reserved bit"),
            (b"\x88\x01x", 1002, "CLOSE with 1 byte payload"),
            (close(1005), 1002, "local-only"),
        ):
            self.setUp()
            inside = self.open()
            self.line.dataReceived(data)
            self.line.dataReceived(bytes(100))
            (said,) = self.peer.events()
            self.assertEqual(said.code, code)  # type: ignore[attr-defined]  # a CloseConnection
            self.world.reactor.advance(CLOSE_SECONDS)
            self.peer.lose(ConnectionAborted())
            self.assertIsInstance(inside.lost, MalformedReply)
            self.assertIn(words, str(inside.lost))
            self.assertNothingPending()

    def test_a_transport_that_does_not_close(self) -> None:
        """Who does not take our last bytes is dropped after a moment."""
        self.open()
        self.peer.close()
        self.world.reactor.advance(CLOSE_SECONDS)
        self.assertEqual(self.wire.calls, ["close", "abort"])

    def test_faults_after_our_close(self) -> None:
        """A peer that breaks the protocol when we have closed is not answered, and is dropped when it goes on."""
        inside = self.open()
        inside.transport.loseConnection()
        self.peer.events()
        self.line.dataReceived(b"\x83\x00" + bytes(10))
        self.line.dataReceived(bytes(1000))
        self.assertEqual((self.wire.value(), inside.got, self.wire.calls), (b"", [], []))
        self.line.dataReceived(bytes(LIMIT + SURPLUS_BYTES))
        self.assertEqual((self.wire.value(), inside.got, self.wire.calls), (b"", [], ["abort"]))
