"""Standard input and output on a WebSocket, with a server in memory; real ones are in tests/end_to_end."""

from __future__ import annotations

import errno
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionAborted, ConnectionRefusedError
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from wsproto.events import BytesMessage, CloseConnection, TextMessage

from tests.clients.connect.ends import Paper, Typed, Wire
from tests.clients.connect.socket_peer import SocketPeer
from tests.protocols.websocket.test_frames import frame
from tests.support import World
from tnet.clients.connect.cast import cast
from tnet.clients.connect.patience import CLOSE_SECONDS, HURRY_SECONDS, LULL
from tnet.clients.connect.websocket import converse, exchange, talk_websocket
from tnet.errors import (
    BadUsage,
    CannotRead,
    ConnectFailed,
    ExitStatus,
    ExpectationFailed,
    HttpStatusRefused,
    OutputClosed,
    ReceiveFailed,
    TimedOut,
    TooLarge,
)
from tnet.events.kinds import ConnectionClosed, DataMoved, SpanEnded
from tnet.net.recordings import read_recording
from tnet.net.stdio.sink import HIGH_WATER_BYTES
from tnet.plans import WebSocketAddress
from tnet.plans.connect import ConnectPlan, Step, Talk
from tnet.protocols.websocket.frames import BINARY, TEXT

TARGET = WebSocketAddress("192.0.2.1", 8000, "/")


class ExchangeCase(SynchronousTestCase):
    """A `tnet connect` whose peer is the test."""

    def begin(self, *, terminal: bool = False, **plan: Any) -> None:
        """Connect, without an answer yet."""
        self.world, self.input, self.output = World(), Typed(), Paper(is_terminal=terminal)
        asked = ConnectPlan(**{"target": TARGET, **plan})
        job = exchange(asked, self.world.context, self.input, self.output)
        self.job: Deferred[ExitStatus] = Deferred.fromCoroutine(job)
        self.connect()

    def connect(self) -> None:
        """The system connects."""
        factory = self.world.reactor.tcpClients[-1][2]
        protocol = factory.buildProtocol(IPv4Address("TCP", "192.0.2.1", 8000))
        self.peer = SocketPeer(protocol)
        self.wire: Wire = self.peer.wire
        protocol.makeConnection(self.wire)
        self.world.reactor.advance(0)

    def talk(self, *, terminal: bool = False, **plan: Any) -> None:
        """Connect, and be let in."""
        self.begin(terminal=terminal, **plan)
        self.peer.accept()
        self.assertNoResult(self.job)

    def said(self) -> list[Any]:
        """What the peer got: the data of messages, the code of a close."""
        return [event.code if isinstance(event, CloseConnection) else event.data for event in self.peer.events()]  # type: ignore[attr-defined]  # these are the kinds there are

    def pass_time(self, seconds: float) -> None:
        """Let time pass, a little at a time."""
        self.world.reactor.pump([0.125] * int(seconds / 0.125))

    def ended(self, kind: type[Exception] | None = None) -> Any:
        """How it ended: the status, or the error; and nothing goes on."""
        self.world.reactor.advance(0)
        result = self.failureResultOf(self.job, kind).value if kind else self.successResultOf(self.job)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])
        return result


class TalkTests(ExchangeCase):
    """What goes where."""

    def test_bytes(self) -> None:
        """What is read at once is a message of bytes, and what comes is written exactly."""
        self.talk()
        self.input.give(b"\x00one\ntwo\n")
        self.peer.say(BytesMessage(b"\xff\x1b[2J"), TextMessage("für"))
        self.assertEqual(self.said(), [b"\x00one\ntwo\n"])
        self.assertEqual(self.output.written, b"\xff\x1b[2J" + "für".encode())

    def test_text(self) -> None:
        """With text each line is a message of text, and each message is a line."""
        self.talk(text=True)
        self.input.give(b"one\ntw")
        self.input.give(b"o\n")
        self.peer.say(TextMessage("a"), TextMessage("b"))
        self.assertEqual((self.said(), self.output.written), (["one", "two"], b"a\nb\n"))

    def test_terminal(self) -> None:
        """On a terminal nothing is obeyed, and each message has its line."""
        self.talk(terminal=True)
        self.peer.say(TextMessage("\x1b[2J"), TextMessage("b\n"), BytesMessage(b"\x9b"))
        self.assertEqual(self.output.written, b"\\x1b[2J\nb\n\\x9b\n")

    def test_line_ends(self) -> None:
        """CR LF is what goes into a message of bytes where it was asked for."""
        self.talk(crlf=True)
        self.input.give(b"a\nb\n")
        self.assertEqual(self.said(), [b"a\r\nb\r\n"])

    def test_slow_output(self) -> None:
        """A reader of ours that is slow stops the peer."""
        self.talk()
        self.output.slow = True
        self.peer.say(BytesMessage(bytes(HIGH_WATER_BYTES)))
        self.assertFalse(self.wire.reads)
        self.output.catch_up()
        self.assertTrue(self.wire.reads)

    def test_slow_peer(self) -> None:
        """A peer that takes nothing stops our input."""
        self.talk()
        producer: Any = self.wire.producer
        producer.pauseProducing()
        self.assertTrue(self.input.paused)

    def test_events(self) -> None:
        """Each message is told, and how long the opening took."""
        self.talk()
        self.input.give(b"ask")
        self.peer.say(TextMessage("answer"))
        told = [(event.by, event.bytes, event.text) for event in self.world.recorder.of(DataMoved)]
        self.assertEqual(told, [("us", 3, "ask"), ("peer", 6, "answer")])
        self.assertIn("upgrade", [event.span for event in self.world.recorder.of(SpanEnded)])


class EndTests(ExchangeCase):
    """How it ends."""

    def test_answers_after_the_end_of_input(self) -> None:
        """C1: an answer that comes within the linger is written; then we close, and the peer, too."""
        self.talk(linger_seconds=5)
        self.input.give(b"question")
        self.input.give(b"")
        self.pass_time(4)
        self.assertEqual(self.said(), [b"question"])
        self.peer.say(TextMessage("answer"))
        self.pass_time(5 * LULL)
        self.assertEqual(self.said(), [1000])
        self.peer.close()
        self.peer.lose()
        self.assertIs(self.ended(), ExitStatus.OK)
        self.assertEqual(self.output.written, b"answer")

    def test_linger_starts_again(self) -> None:
        """C2: while the peer does not pause for longer than the linger, nothing is cut off; parts count."""
        self.talk(linger_seconds=1)
        self.input.give(b"")
        data = frame(TEXT, b"x" * 20)
        for byte in data:
            self.pass_time(0.125)
            self.peer.client.dataReceived(bytes([byte]))
        self.assertEqual((self.output.written, self.wire.calls), (b"x" * 20, []))

    def test_silence(self) -> None:
        """C34: a peer that says nothing and does not close is left within a bound."""
        self.talk(linger_seconds=2)
        self.input.give(b"question")
        self.input.give(b"")
        self.pass_time(2)
        self.assertEqual(self.said(), [b"question", 1000])
        self.pass_time(CLOSE_SECONDS)
        self.assertEqual(self.wire.calls, ["abort"])
        self.peer.lose(ConnectionAborted())
        self.assertIs(self.ended(), ExitStatus.OK)

    def test_no_shutdown(self) -> None:
        """Without a shutdown the peer decides when it is over."""
        self.talk(shutdown=False)
        self.input.give(b"")
        self.pass_time(60)
        self.assertEqual(self.said(), [])
        self.peer.close()
        self.peer.lose()
        self.assertIs(self.ended(), ExitStatus.OK)

    def test_peer_closes_first(self) -> None:
        """C3: when the peer closes it is over, though our input is open; it is not read further."""
        self.talk()
        self.peer.close(1001)
        self.input.give(b"late")
        self.peer.lose()
        self.assertIs(self.ended(), ExitStatus.OK)
        self.assertEqual((self.said(), self.input.over), ([1001], True))

    def test_peer_complains(self) -> None:
        """A close with a code that is no normal one is an error, and what came is kept."""
        self.talk()
        self.peer.say(TextMessage("partly"))
        self.peer.close(1011, "oops")
        self.peer.lose()
        error = self.ended(ReceiveFailed)
        self.assertIn("closed by peer: 1011 (unexpected condition): oops", str(error))
        self.assertEqual((error.exit_status, self.output.written), (56, b"partly"))
        (closed,) = self.world.recorder.of(ConnectionClosed)
        self.assertEqual((closed.reason, closed.clean), ("closed by peer: 1011 (unexpected condition): oops", False))

    def test_peer_hangs_up(self) -> None:
        """C23: an end without a close is an error."""
        self.talk()
        self.peer.lose()
        self.assertIn("without WebSocket's close", str(self.ended(ReceiveFailed)))

    def test_too_large(self) -> None:
        """A message above the limit is 63, in either direction."""
        self.talk(message_bytes=10)
        self.peer.client.dataReceived(frame(BINARY, bytes(11)))
        self.assertEqual(self.said(), [1009])
        self.peer.close(1009)
        self.peer.lose()
        self.assertEqual(self.ended(TooLarge).exit_status, 63)
        self.talk(message_bytes=10, text=True)
        self.input.give(b"x" * 12)
        self.assertEqual(self.said(), [1001])
        self.peer.close(1001)
        self.peer.lose()
        self.assertIn("a line of standard input", str(self.ended(TooLarge)))

    def test_no_text(self) -> None:
        """Input that is no text cannot be sent as such."""
        self.talk(text=True)
        self.input.give(b"\xff\n")
        self.peer.close(1001)
        self.peer.lose()
        self.assertEqual(self.ended(CannotRead).exit_status, 26)

    def test_closed_output(self) -> None:
        """C11: when nobody reads what comes, it is over."""
        self.talk()
        self.output.fail(OSError(errno.EPIPE, ""))
        self.assertEqual(self.wire.calls, ["abort"])
        self.peer.lose(ConnectionAborted())
        self.ended(OutputClosed)

    def test_idle(self) -> None:
        """Nothing either way for as long as allowed is the end; a ping is nothing."""
        self.talk(idle_seconds=4)
        self.pass_time(3)
        self.peer.ping()
        self.pass_time(1)
        self.assertEqual(self.wire.calls, ["abort"])
        self.peer.lose(ConnectionAborted())
        self.assertEqual(self.ended(TimedOut).phase, "waiting for data")

    def test_interrupted(self) -> None:
        """To be cancelled is to close, and to wait a moment for the peer's close."""
        self.talk()
        self.job.cancel()
        self.assertEqual(self.said(), [1000])
        self.pass_time(HURRY_SECONDS)
        self.assertEqual(self.wire.calls, ["abort"])
        self.peer.lose(ConnectionAborted())
        self.ended(CancelledError)


class TakingPartTests(ExchangeCase):
    """Who else takes part, as with a stream."""

    def start(self, **talk: Any) -> None:
        """Connect with a plan that has this talk, and be let in."""
        self.world, self.input, self.output = World(), Typed(), Paper()
        plan = ConnectPlan(target=TARGET, text=True, talk=Talk(**talk))

        async def job() -> ExitStatus:
            return await converse(
                plan, self.world.context, await cast(plan, self.world.context, self.output, lambda: self.input)
            )

        self.job = Deferred.fromCoroutine(job())
        self.connect()
        self.peer.accept()

    def test_script(self) -> None:
        """A script talks in messages, and is disappointed as elsewhere."""
        steps = (Step("send", b"hello\n"), Step("expect", b"hel+o"), Step("send", b"bye\n"), Step("expect", b"bye"))
        self.start(steps=steps)
        self.assertEqual(self.said(), ["hello"])
        self.peer.say(TextMessage("hello"))
        self.assertEqual(self.said(), ["bye"])
        self.peer.close()
        self.peer.lose()
        self.assertEqual(self.ended(ExpectationFailed).exit_status, 111)
        self.assertEqual(self.output.written, b"hello\n")

    def test_dump(self) -> None:
        """A dump has both directions; parts of a message have no rows."""
        self.start(hex=True)
        self.input.give(b"ask\n")
        self.peer.say(TextMessage("ans", message_finished=False))
        self.peer.say(TextMessage("wer"))
        rows = self.output.written.decode().splitlines()
        self.assertEqual(len(rows), 2, rows)
        self.assertIn("|ask.|", rows[0])
        self.assertIn("|answer.|", rows[1])
        self.peer.close()
        self.peer.lose()
        self.assertIs(self.ended(), ExitStatus.OK)

    def test_recording(self) -> None:
        """A recording has our end and then the peer's, and a replay of it goes as it went."""
        path = self.mktemp()
        self.start(record=path)
        self.input.give(b"ask\n")
        self.peer.say(TextMessage("answer"))
        self.input.give(b"")
        self.pass_time(1)
        self.peer.events()
        self.peer.close()
        self.peer.lose()
        self.assertIs(self.ended(), ExitStatus.OK)
        chunks = read_recording(path).chunks
        self.assertEqual(
            [(chunk.by, chunk.data, chunk.eof) for chunk in chunks],
            [("us", b"ask\n", False), ("peer", b"answer\n", False), ("us", b"", True), ("peer", b"", True)],
        )
        self.start(replay=path)
        self.assertEqual(self.said(), ["ask"])
        self.peer.say(TextMessage("answer"))
        self.pass_time(1)
        self.assertEqual(self.said(), [1000])
        self.peer.close()
        self.peer.lose()
        self.assertIs(self.ended(), ExitStatus.OK)

    def test_size(self) -> None:
        """Messages that may hold nothing are bad usage, before anything is opened."""
        world = World()
        job = Deferred.fromCoroutine(talk_websocket(ConnectPlan(target=TARGET, message_bytes=0), world.context))
        self.assertEqual(self.failureResultOf(job, BadUsage).value.field, "--message-size")
        self.assertEqual(world.reactor.tcpClients, [])


class OpeningTests(ExchangeCase):
    """What is in the way of a conversation."""

    def test_refused(self) -> None:
        """C18: a connection that is refused is 7."""
        self.world, self.input, self.output = World(), Typed(), Paper()
        job = exchange(ConnectPlan(target=TARGET), self.world.context, self.input, self.output)
        self.job = Deferred.fromCoroutine(job)
        refusal = Failure(ConnectionRefusedError(errno.ECONNREFUSED, ""))
        self.world.reactor.tcpClients[0][2].clientConnectionFailed(None, refusal)
        self.assertEqual(self.ended(ConnectFailed).exit_status, 7)

    def test_retried(self) -> None:
        """Where retries are allowed another attempt follows."""
        self.world, self.input, self.output = World(), Typed(), Paper()
        job = exchange(ConnectPlan(target=TARGET, retries=1), self.world.context, self.input, self.output)
        self.job = Deferred.fromCoroutine(job)
        refusal = Failure(ConnectionRefusedError(errno.ECONNREFUSED, ""))
        self.world.reactor.tcpClients[0][2].clientConnectionFailed(None, refusal)
        self.assertNoResult(self.job)
        self.pass_time(10)
        self.connect()
        self.peer.accept()
        self.peer.close()
        self.peer.lose()
        self.assertIs(self.ended(), ExitStatus.OK)

    def test_another_answer(self) -> None:
        """A server that does not let us in is quoted, and the connection dropped."""
        self.begin()
        self.peer.client.dataReceived(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        self.assertEqual(self.wire.calls, ["abort"])
        self.peer.lose(ConnectionAborted())
        error = self.ended(HttpStatusRefused)
        self.assertEqual((str(error), error.exit_status), ("ws://192.0.2.1:8000/ answered 403 Forbidden", 22))

    def test_no_answer(self) -> None:
        """C31: the deadline holds for the WebSocket's handshake, too, and it is named."""
        self.begin(connect_seconds=10)
        self.pass_time(10)
        self.assertEqual(self.wire.calls, ["abort"])
        self.peer.lose(ConnectionAborted())
        error = self.ended(TimedOut)
        self.assertEqual(str(error), "timed out: WebSocket handshake took longer than 10 s")
        self.assertEqual(self.wire.ended_because, str(error))

    def test_interrupted(self) -> None:
        """To be cancelled before it is open drops the connection."""
        self.begin()
        self.job.cancel()
        self.assertEqual(self.wire.calls, ["abort"])
        self.peer.lose(ConnectionAborted())
        self.ended(CancelledError)

    def test_names(self) -> None:
        """A name goes into the request as DNS knows it."""
        self.world, self.input, self.output = World(), Typed(), Paper()
        plan = ConnectPlan(target=WebSocketAddress("::1", 8000, "/"))
        self.job = Deferred.fromCoroutine(exchange(plan, self.world.context, self.input, self.output))
        self.connect()
        self.assertIn(b"\r\nHost: [::1]:8000\r\n", self.wire.value())
        self.job.cancel()
        self.peer.lose(ConnectionAborted())
        self.ended(CancelledError)
