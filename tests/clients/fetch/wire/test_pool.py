"""Which connections carry which exchanges: what is shared, kept, waited for and ended."""

from dataclasses import replace

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionRefusedError
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.in_memory import Wire, request
from tests.protocols.http2.server import Server, goaway
from tnet.clients.fetch.wire.connection import HTTP_2
from tnet.clients.fetch.wire.http1 import Http1
from tnet.clients.fetch.wire.pool import CLOSE_SECONDS, MOST_IDLE, MOST_ROUTES, Pool
from tnet.clients.fetch.wire.route import Route
from tnet.errors import ConnectFailed, EmptyReply, MalformedReply, TimedOut
from tnet.events.kinds import DialAttempted, Logged, SpanEnded, SpanStarted
from tnet.plans import TcpAddress
from tnet.plans.fetch import Patience
from tnet.plans.proxies import parse_proxy
from tnet.plans.tls import TlsDialing

A = Route(TcpAddress("127.0.0.1", 81), "a.example")
B = Route(TcpAddress("127.0.0.1", 82), "b.example")
SHARED = replace(A, plain=HTTP_2)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
CLOSE = OK.replace(b"OK", b"OK\r\nConnection: close", 1)


class Case(SynchronousTestCase):
    def setUp(self):
        self.wire = Wire()
        self.numbers = 0
        self.pool = self.new_pool()

    def new_pool(self, *, patience=None, **options):
        return Pool(self.wire.context, patience or Patience(), **options)

    def begin(self, route=A, **options):
        """Begin an exchange, and send its request as soon as it can be sent."""
        self.numbers += 1
        begun = self.pool.begin(request(), route, self.numbers, **options)
        return Deferred.fromCoroutine(begun).addCallback(self._send)

    def _send(self, begun):
        Deferred.fromCoroutine(begun[0].send(None))
        return begun

    def begun(self, route=A, answer=OK, **options):
        """One exchange over a new connection, from its beginning to its end: that connection's other end."""
        beginning = self.begin(route, **options)
        peer = self.wire.accept()
        exchange, reused = self.successResultOf(beginning)
        self.assertFalse(reused)
        peer.says(answer)
        self.assertTrue(exchange.over)
        return peer

    def reuses(self, route=A):
        """Whether the next exchange, from its beginning to its end, uses a connection that was there."""
        before = len(self.wire.dialled)
        beginning = self.begin(route)
        if len(self.wire.dialled) > before:
            self.wire.accepted = len(self.wire.dialled)
            beginning.cancel()
            self.advance(0)
            self.failureResultOf(beginning, CancelledError)
            return False
        exchange, reused = self.successResultOf(beginning)
        exchange.leave()
        return reused

    def close(self):
        return Deferred.fromCoroutine(self.pool.close())

    def advance(self, seconds):
        self.wire.world.reactor.advance(seconds)
        self.wire.world.reactor.advance(0)

    def spans(self, kind=SpanEnded):
        return [event.span for event in self.wire.world.recorder.of(kind)]


class Keeping(Case):
    def test_a_connection_is_used_again(self):
        """After a complete exchange, by the next one of the same route, whose events name both."""
        peer = self.begun()
        exchange, reused = self.successResultOf(self.begin())
        self.assertEqual((reused, len(self.wire.dialled)), (True, 1))
        self.assertEqual(peer.heard.count(b"GET / HTTP/1.1\r\n"), 2)
        self.assertEqual((exchange.trace.conn, exchange.trace.request), (1, 2))

    def test_another_route_is_another_connection(self):
        """Case 43: nothing is shared between routes that differ, even when they lead to the same place."""
        self.begun()
        for other in (B, replace(A, host="b.example"), replace(A, source="127.0.0.1"), replace(A, family=4)):
            self.assertFalse(self.reuses(other))
        self.assertTrue(self.reuses(A))

    def test_a_connection_that_is_not_kept(self):
        """The server closes it, then or later, or says that it will: the next exchange dials."""
        self.begun(answer=CLOSE)
        self.assertFalse(self.reuses())
        self.begun().hangs_up()
        self.assertFalse(self.reuses())

    def test_a_connection_that_is_slow_to_close(self):
        """Nobody waits for its end to begin anew."""
        beginning = self.begin()
        peer = self.wire.accept()
        peer.loseConnection = lambda: None
        peer.says(CLOSE)
        self.successResultOf(beginning)
        self.assertEqual(peer.ended, "")
        self.begun()

    def test_a_fresh_one_is_dialled_although_another_is_kept(self):
        """Whoever mistrusts what was kept says so."""
        self.begun()
        self.begun(fresh=True)
        self.assertEqual(len(self.wire.dialled), 2)

    def test_what_is_kept_is_bounded(self):
        """Of connections that nobody uses, the oldest are closed in good order."""
        routes = [replace(A, host=f"{number}.example") for number in range(MOST_IDLE + 2)]
        peers = [self.begun(route) for route in routes]
        self.assertEqual([peer.ended for peer in peers[:3]], ["in good order", "in good order", ""])
        self.assertTrue(self.reuses(routes[-1]))

    def test_what_is_known_of_routes_is_bounded(self):
        """Those that lead nowhere any more are forgotten, those with a connection are not."""
        self.begun()
        for number in range(MOST_ROUTES + 1):
            self.begun(replace(A, host=f"{number}.example"), CLOSE)
        self.assertLess(len(self.pool._shelves), MOST_ROUTES)
        self.assertTrue(self.reuses())


class Dialling(Case):
    def test_its_events_are_the_request_s(self):
        """Attempt and exchange are told of the connection and of the request that it is dialled for."""
        self.begun()
        told = [record for record in self.wire.world.recorder.records if isinstance(record.event, DialAttempted)]
        self.assertEqual([(record.conn, record.request) for record in told], [(1, 1)])

    def test_it_fails(self):
        """Whoever wanted the connection hears why; the next one may try again."""
        beginning = self.begin()
        refused = Failure(ConnectionRefusedError(111, ""))
        self.wire.world.reactor.tcpClients[0][2].clientConnectionFailed(None, refused)
        self.failureResultOf(beginning, ConnectFailed)
        self.wire.accepted += 1
        self.begun()

    def test_it_takes_too_long(self):
        """What the plan allows for connecting is what `dial` is given."""
        self.pool = self.new_pool(patience=Patience(connect_seconds=3))
        beginning = self.begin()
        self.advance(3)
        self.assertEqual(self.failureResultOf(beginning, TimedOut).value.seconds, 3)

    def test_gone_at_once(self):
        """A server that closes before it was asked gives an empty reply, and not a broken pool."""
        beginning = self.begin()
        self.wire.accept(settle=False).hangs_up()
        self.assertEqual(self.failureResultOf(beginning, EmptyReply).value.peer, "127.0.0.1:81")
        self.begun()

    def test_a_server_that_speaks_first(self):
        """It speaks something else: what it says is no answer."""
        beginning = self.begin()
        peer = self.wire.accept(settle=False)
        peer.loseConnection = peer.abortConnection = lambda: None
        peer.says(b"SSH-2.0-OpenSSH\r\n")
        error = self.failureResultOf(beginning, MalformedReply).value
        self.assertIn("it spoke before it was asked", str(error))

    def test_what_was_prepared_is_there(self):
        """The files of TLS are read, with the origin and with a proxy, before there is anything to dial."""
        tunnel = parse_proxy("https://127.0.0.1:443")
        route = replace(A, tls=TlsDialing(verify=False, server_name="a.example"), tunnel=tunnel)
        self.successResultOf(Deferred.fromCoroutine(self.pool.prepare(route)))
        self.assertEqual((len(self.wire.world.recorder.of(Logged)), self.wire.dialled), (1, []))
        self.begin(route)
        self.assertEqual(len(self.wire.world.recorder.of(Logged)), 1)

    def test_the_files_are_read_once(self):
        """And who is not checked is warned of once, however many servers there are."""
        for host in ("a.example", "b.example"):
            self.begin(replace(A, host=host, tls=TlsDialing(verify=False, server_name=host)))
        self.assertEqual(len(self.wire.dialled), 2)
        self.assertEqual([event.level for event in self.wire.world.recorder.of(Logged)], ["warning"])


class Queueing(Case):
    def test_no_more_than_allowed(self):
        """The next one waits, a span of its own request, until an exchange is complete."""
        first, second = self.begin(), self.begin()
        self.assertEqual(self.wire.dialled, [("127.0.0.1", 81)])
        peer = self.wire.accept()
        self.successResultOf(first)
        self.assertNoResult(second)
        self.assertEqual(self.spans(SpanStarted), ["queue"])
        self.advance(2)
        peer.says(OK)
        self.assertTrue(self.successResultOf(second)[1])
        (queued,) = [each for each in self.wire.world.recorder.records if isinstance(each.event, SpanEnded)]
        self.assertEqual((queued.request, queued.event.span, queued.event.seconds), (2, "queue", 2))

    def test_as_many_as_allowed(self):
        """For each route; who waits takes whatever is free first, in the order of asking."""
        self.pool = self.new_pool(most=2)
        waiting = [self.begin() for _ in range(4)]
        self.begin(B)
        self.assertEqual([port for _, port in self.wire.dialled], [81, 81, 82])
        first, second = self.wire.accept(), self.wire.accept()
        second.says(OK)
        self.assertTrue(self.successResultOf(waiting[2])[1])
        self.assertNoResult(waiting[3])
        first.says(OK)
        self.successResultOf(waiting[3])

    def test_one_that_broke_off_makes_room(self):
        """Cut or lost: who waits dials."""
        first, second = self.begin(), self.begin()
        peer = self.wire.accept()
        self.successResultOf(first)[0].leave()
        self.assertEqual((peer.ended, len(self.wire.dialled)), ("by an abort", 2))
        third = self.begin()
        self.wire.accept().breaks()
        self.successResultOf(second)
        self.wire.accept()
        self.successResultOf(third)

    def test_a_dial_that_fails_makes_room(self):
        """The next one tries itself, and does not inherit the failure."""
        first, second = self.begin(), self.begin()
        refused = Failure(ConnectionRefusedError(111, ""))
        self.wire.world.reactor.tcpClients[0][2].clientConnectionFailed(None, refused)
        self.failureResultOf(first, ConnectFailed)
        self.wire.accepted += 1
        self.wire.accept()
        self.successResultOf(second)

    def test_who_gives_up_waiting(self):
        """Is not given a connection; the one behind is."""
        self.begin()
        second, third = self.begin(), self.begin()
        second.cancel()
        self.failureResultOf(second, CancelledError)
        self.wire.accept().says(OK)
        self.successResultOf(third)

    def test_who_gives_up_dialling(self):
        """Leaves the place to the one behind."""
        first, second = self.begin(), self.begin()
        first.cancel()
        self.advance(0)
        self.failureResultOf(first, CancelledError)
        self.wire.accepted += 1
        self.wire.accept()
        self.successResultOf(second)


class Sharing(Case):
    """HTTP/2, as prior knowledge."""

    def accept(self, **settings):
        """Take the next connection, with a server that understands it."""
        self.server = Server(**settings)
        self.peer = self.wire.accept()
        self.exchange_all()

    def exchange_all(self):
        """Let both sides hear what the other one has to say."""
        while (said := self.peer.heard) + (heard := self.server.hears(said).says()):
            self.peer.clear()
            if heard:
                self.peer.says(heard)

    def answer(self, exchange):
        self.peer.says(self.server.answers(exchange.stream))
        self.exchange_all()

    def test_one_connection_for_all(self):
        """The others wait for the first one to be dialled, and then all are under way at once."""
        self.pool = self.new_pool(most=4)
        waiting = [self.begin(SHARED) for _ in range(3)]
        self.assertEqual(len(self.wire.dialled), 1)
        self.accept()
        begun = [self.successResultOf(each) for each in waiting]
        self.assertEqual([reused for _, reused in begun], [False, True, True])
        self.exchange_all()
        self.assertEqual((len(self.server.requests), len(self.wire.dialled)), (3, 1))

    def test_as_many_as_the_server_takes(self):
        """One more waits until a stream is free, although more connections would be allowed."""
        self.pool = self.new_pool(most=4)
        first = self.begin(SHARED)
        self.accept(MAX_CONCURRENT_STREAMS=1)
        exchange, _ = self.successResultOf(first)
        second = self.begin(SHARED)
        self.assertNoResult(second)
        self.answer(exchange)
        self.assertTrue(self.successResultOf(second)[1])
        self.assertEqual(len(self.wire.dialled), 1)

    def test_a_server_that_goes_away(self):
        """What is under way there is left to end; the next one does not wait for it, but dials."""
        first = self.begin(SHARED)
        self.accept()
        exchange, _ = self.successResultOf(first)
        self.exchange_all()
        self.peer.says(goaway(exchange.stream))
        self.begin(SHARED)
        self.assertEqual(len(self.wire.dialled), 2)
        self.answer(exchange)
        self.assertEqual((exchange.complete, self.peer.ended), (True, "in good order"))

    def test_a_server_that_takes_nothing(self):
        """It is told as such, and not waited for."""
        beginning = self.begin(SHARED)
        peer = self.wire.accept(settle=False)
        peer.says(Server(MAX_CONCURRENT_STREAMS=0).says())
        error = self.failureResultOf(beginning, MalformedReply).value
        self.assertIn("it takes on no requests", str(error))

    def test_a_server_that_turns_out_not_to_share(self):
        """Once that is known, as many are dialled as are allowed, the next time at once."""
        self.pool = self.new_pool(most=2, engines=lambda route: lambda name: Http1("peer"))
        waiting = [self.begin(SHARED) for _ in range(3)]
        self.assertEqual(len(self.wire.dialled), 1)
        peer = self.wire.accept()
        self.assertEqual(len(self.wire.dialled), 2)
        self.wire.accept()
        self.successResultOf(waiting[1])
        self.assertNoResult(waiting[2])
        peer.says(OK)
        self.assertTrue(self.successResultOf(waiting[2])[1])


class Closing(Case):
    def test_in_good_order(self):
        """What is idle is closed; nobody waits once everything is gone."""
        peer = self.begun()
        closing = self.close()
        self.advance(0)
        self.successResultOf(closing)
        self.assertEqual(peer.ended, "in good order")
        self.assertEqual(self.wire.world.reactor.getDelayedCalls(), [])

    def test_what_is_under_way_is_cut(self):
        """Nobody reads its end any more."""
        self.begin()
        peer = self.wire.accept()
        closing = self.close()
        self.advance(0)
        self.successResultOf(closing)
        self.assertEqual(peer.ended, "by an abort")

    def test_a_peer_that_does_not_close(self):
        """It is waited for only a moment, and then cut."""
        peer = self.begun()
        peer.loseConnection = lambda: None
        closing = self.close()
        self.advance(CLOSE_SECONDS - 0.1)
        self.assertNoResult(closing)
        self.advance(0.1)
        self.successResultOf(closing)
        self.assertEqual(peer.ended, "by an abort")
        self.assertEqual(self.wire.world.reactor.getDelayedCalls(), [])

    def test_who_is_in_a_hurry(self):
        """Cancelling ends the wait, and still every connection."""
        peer = self.begun()
        peer.loseConnection = lambda: None
        closing = self.close()
        closing.cancel()
        self.advance(0)
        self.successResultOf(closing)
        self.assertEqual(peer.ended, "by an abort")

    def test_nothing_to_close(self):
        """A command that never connected does not wait."""
        closing = self.close()
        self.advance(0)
        self.successResultOf(closing)
