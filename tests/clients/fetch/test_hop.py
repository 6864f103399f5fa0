"""One request on one connection."""

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.wire import Wire
from tnet.clients.fetch.deadline import Deadline
from tnet.clients.fetch.hop import CLOSE_SECONDS, hop
from tnet.clients.fetch.request import first_request
from tnet.errors import BadUsage, CannotRead, EmptyReply
from tnet.events.kinds import ConnectionClosed, DialAttempted, HttpExchanged, SpanEnded
from tnet.plans.fetch import Body, FetchPlan


class Hopping(SynchronousTestCase):
    def setUp(self):
        self.wire = Wire()
        self.bodies = []

    def start(self, **plan):
        plan = FetchPlan(**{"method": "GET", "url": "http://127.0.0.1:81/x?q"} | plan)

        async def run():
            async with hop(first_request(plan), plan, self.wire.context, Deadline(0, self.wire.context)) as exchange:
                while data := await exchange.read():
                    self.bodies.append(data)

        self.running = Deferred.fromCoroutine(run())

    def test_a_whole_hop(self):
        """Each phase is reported, then the exchange, then the end of the connection."""
        self.start()
        self.assertEqual(self.wire.dialled, [("127.0.0.1", 81)])
        peer = self.wire.accept()
        self.assertTrue(peer.heard.startswith(b"GET /x?q HTTP/1.1\r\nHost: 127.0.0.1:81\r\n"))
        peer.says(b"HTTP/1.1 200 Fine\x85\r\nContent-Length: 2\r\n\r\nok")
        self.successResultOf(self.running)
        self.assertEqual((self.bodies, peer.ended), ([b"ok"], "in good order"))
        recorder = self.wire.world.recorder
        self.assertEqual([event.span for event in recorder.of(SpanEnded)], ["send", "wait"])
        self.assertEqual(len(recorder.of(DialAttempted)), 1)
        (exchanged,) = recorder.of(HttpExchanged)
        self.assertEqual(
            exchanged,
            HttpExchanged(
                method="GET",
                url="http://127.0.0.1:81/x?q",
                status=200,
                bytes_in=43,
                bytes_out=len(peer.heard),
                seconds=0.0,
                peer_address="127.0.0.1",
                reason="Fine\\x85",
            ),
        )
        self.assertEqual(recorder.names[-2:], ["http.request", "connection.close"])
        self.assertEqual({record.conn for record in recorder.records}, {1})

    def test_nothing_is_connected_for_a_request_that_cannot_be_sent(self):
        """Neither for a body that is not there."""
        self.start(headers=(("A", "b\r\nC: d"),))
        self.failureResultOf(self.running, BadUsage)
        self.start(method="POST", body=Body(path="/nowhere"))
        self.failureResultOf(self.running, CannotRead)
        self.assertEqual(self.wire.dialled, [])

    def test_no_answer(self):
        """There was no exchange to report, only a connection."""
        self.start()
        self.wire.accept().hangs_up()
        self.failureResultOf(self.running, EmptyReply)
        self.assertEqual(self.wire.world.recorder.of(HttpExchanged), [])
        self.assertEqual(len(self.wire.world.recorder.of(ConnectionClosed)), 1)

    def test_cancelling_cuts_the_connection(self):
        """In whatever phase."""
        for said in (b"", b"HTTP/1.1 200 OK\r\n\r\nbody"):
            self.start()
            peer = self.wire.accept()
            peer.says(said)
            self.running.cancel()
            self.wire.world.reactor.advance(0)
            self.failureResultOf(self.running, CancelledError)
            self.assertEqual(peer.ended, "by an abort")

    def test_a_body_file_that_breaks_is_the_reason_that_is_told(self):
        """And not that the connection was cut for it."""
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(b"x" * 100)
        self.start(method="PUT", body=Body(path=path))
        with open(path, "wb"):
            peer = self.wire.accept()
        self.failureResultOf(self.running, CannotRead)
        self.assertEqual(peer.ended, "by an abort")

    def test_a_peer_that_does_not_close(self):
        """It is waited for only a moment."""
        self.start()
        peer = self.wire.accept()
        peer.loseConnection = lambda: None
        peer.says(b"HTTP/1.1 204 x\r\n\r\n")
        self.assertNoResult(self.running)
        self.wire.world.reactor.advance(CLOSE_SECONDS)
        self.assertEqual(peer.ended, "by an abort")
        self.successResultOf(self.running)
