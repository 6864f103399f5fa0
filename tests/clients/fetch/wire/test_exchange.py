"""The half of an exchange that both engines share, on an engine that only takes notes."""

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.in_memory import request
from tnet.clients.fetch.outgoing import FromMemory
from tnet.clients.fetch.wire.exchange import HIGH_WATER_BYTES, Exchange
from tnet.errors import ReceiveFailed
from tnet.events import silent_trace
from tnet.protocols.http1.responses import ResponseEnd, ResponseHead

OK = ResponseHead("1.1", 200, b"OK", ())
EARLY = ResponseHead("1.1", 103, b"", ())
REFUSED = ResponseHead("1.1", 413, b"", ())


class Noted(Exchange):
    """Writes down what an engine is asked to do."""

    version = "0"

    def __init__(self):
        super().__init__(request(), silent_trace(), "peer")
        self.did = []

    def _send_head(self, body):
        self.did.append("head")

    async def _send_piece(self, piece):
        self.did.append(piece)

    def _send_end(self):
        self.did.append("end")

    def _hold_back(self):
        self.did.append("hold back")

    def _consumed(self, count):
        self.did.append(count)

    def _released(self, *, complete):
        self.did.append("free" if complete else "cut")


def start(work):
    return Deferred.fromCoroutine(work)


class ExchangeTests(SynchronousTestCase):
    def setUp(self):
        self.exchange = Noted()

    def send(self, body=None):
        self.successResultOf(start(self.exchange.send(body)))

    def test_the_order_of_sending(self):
        """The head, the pieces, what ends them; without a body the head is all."""
        self.send(FromMemory(b"body"))
        self.assertEqual(self.exchange.did, ["head", b"body", "end"])
        self.setUp()
        self.send()
        self.assertEqual(self.exchange.did, ["head"])

    def test_the_connection_is_free_once_both_have_said_everything(self):
        """And it is told so only once."""
        self.send()
        self.exchange.take([OK])
        self.exchange.take([b"x"])
        self.exchange.take([ResponseEnd(((b"A", b"b"),))])
        self.exchange.leave()
        self.assertEqual((self.exchange.did, self.exchange.complete), (["head", "free"], True))
        self.assertEqual(self.successResultOf(start(self.exchange.read())), b"x")
        self.assertEqual(self.exchange.trailers, ((b"A", b"b"),))

    def test_heads_are_told_as_they_come(self):
        """Interim ones too, which are no answer."""
        heads = []
        self.exchange.on_head = heads.append
        answer = start(self.exchange.answer())
        self.exchange.take([EARLY])
        self.assertNoResult(answer)
        self.exchange.take([OK])
        self.assertEqual((self.successResultOf(answer), heads), (OK, [EARLY, OK]))
        self.assertEqual(self.exchange.interims, [EARLY])

    def test_it_begins_with_the_first_byte(self):
        """Be it one of an interim head, or of a head that is not whole; who waits for none is told why."""
        for parts, count in (([EARLY], 9), ([], 1)):
            self.setUp()
            begun = start(self.exchange.begun())
            self.assertNoResult(begun)
            self.exchange.bytes_in = count
            self.exchange.take(parts)
            self.successResultOf(begun)
        self.setUp()
        begun = start(self.exchange.begun())
        self.exchange.fail(ReceiveFailed("peer", "why"))
        self.failureResultOf(begun, ReceiveFailed)

    def test_it_is_received_once(self):
        """The first outcome counts."""
        self.exchange.conclude()
        self.exchange.conclude(Failure(ReceiveFailed("peer", "why")))
        self.assertIsNone(self.successResultOf(self.exchange.receiving))

    def test_one_waking_for_all_that_came(self):
        """A reader gets the pieces that came together as one, and what was wrong behind them the next time."""
        self.exchange.take([OK])
        reading = start(self.exchange.read())

        def parts():
            yield b"x"
            yield b"y"
            raise ReceiveFailed("peer", "why")

        self.exchange.take(parts())
        self.assertEqual(self.successResultOf(reading), b"xy")
        self.failureResultOf(start(self.exchange.read()), ReceiveFailed)

    def test_untouched_until_the_peer_speaks(self):
        """Only then may a request be made again that must not be carried out twice."""
        self.assertTrue(self.exchange.untouched)
        self.exchange.take([EARLY])
        self.assertFalse(self.exchange.untouched)

    def test_a_refusal_ends_the_sending(self):
        """The rest of the body stays here, and the connection with half a request on it is cut."""
        self.exchange.take([REFUSED])
        self.send(FromMemory(b"body"))
        self.assertEqual(self.exchange.did, ["head"])
        self.exchange.take([ResponseEnd()])
        self.exchange.leave()
        self.assertEqual(self.exchange.did, ["head", "cut"])

    def test_what_is_held_is_bounded(self):
        """Above the mark the engine is told, and again when it was read."""
        self.exchange.take([OK])
        self.exchange.take([b"x" * HIGH_WATER_BYTES])
        self.assertFalse(self.exchange.held)
        self.exchange.take([b"x"])
        self.assertTrue(self.exchange.held)
        self.successResultOf(start(self.exchange.read()))
        self.assertEqual((self.exchange.did, self.exchange.held), (["hold back", HIGH_WATER_BYTES + 1], False))

    def test_failing(self):
        """What came before can be read, the reason comes after it, and the connection is cut once."""
        self.exchange.take([OK])
        self.exchange.take([b"x"])
        self.exchange.fail(ReceiveFailed("peer", "why"))
        self.exchange.fail(ReceiveFailed("peer", "another"))
        self.assertEqual(self.successResultOf(start(self.exchange.read())), b"x")
        self.assertEqual(self.failureResultOf(start(self.exchange.read()), ReceiveFailed).value.reason, "why")
        self.assertEqual(self.exchange.did, ["cut", 1])

    def test_losing(self):
        """A complete answer is not spoilt by the end of the connection; an incomplete one is."""
        self.exchange.take([OK])
        self.exchange.take([ResponseEnd()])
        self.exchange.lost(ReceiveFailed("peer", "why"))
        self.assertEqual(self.successResultOf(start(self.exchange.read())), b"")
        self.setUp()
        answer = start(self.exchange.answer())
        self.exchange.lost(ReceiveFailed("peer", "why"))
        self.failureResultOf(answer, ReceiveFailed)
        self.exchange.leave()
        self.assertEqual(self.exchange.did, [])
