"""Tests for tnet.servers.web.carrying.witness: what a witness hears, from the wire."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.trial.unittest import TestCase

from tests.servers.web.carrying.test_channel import Echo
from tests.servers.web.wire import Wire
from tnet.servers.web.carrying.exchange import NOTHING, Exchange
from tnet.servers.web.carrying.witness import Phases


class Told:
    """A witness that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Exchange]] = []

    def begun(self, exchange: Exchange) -> None:
        self.told.append(("begun", exchange))

    def ended(self, exchange: Exchange) -> None:
        self.told.append(("ended", exchange))


class WitnessTests(TestCase):
    """Every exchange, whatever becomes of it."""

    def setUp(self) -> None:
        self.witness: Any = Told()
        self.wire = Wire(Echo(), witness=self.witness)

    def ended(self) -> list[tuple[int, int, str, bool]]:
        """Number, status, reason and whether there was a head, of what has ended."""
        over = [exchange for what, exchange in self.witness.told if what == "ended"]
        return [(each.number, each.status, each.reason, each.head.method != NOTHING.method) for each in over]

    def test_a_good_one(self) -> None:
        """It is begun and ended, with all there is to know of it."""
        self.wire.get("/", "X-Y: z")
        (begun, one), (ended, same) = self.witness.told
        self.assertEqual((begun, ended, one is same), ("begun", "ended", True))
        self.assertTrue(one.head.raw.startswith(b"GET / HTTP/1.1\r\nHost: h\r\nX-Y: z\r\n"))
        self.assertEqual((one.response_excerpt, one.peer.host, one.secure, one.tls), (b"/", "127.0.0.1", False, None))
        self.assertEqual(one.phases, Phases(*[0.0] * 6))

    def test_bad_ones(self) -> None:
        """What was refused, dropped or late is told of, too."""
        self.wire.get("/")
        self.wire.send(b"GET /2 HT")
        self.wire.hang_up(ConnectionDone())
        self.assertEqual(self.ended()[1:], [(2, 0, "closed by peer in the middle of a request", False)])
        self.setUp()
        self.wire.send(b"garbage\r\n\r\n")
        self.assertEqual(self.ended(), [(1, 400, "malformed request line", False)])
        self.setUp()
        self.wire.send(b"GET / HTTP/1.1\r\n")
        self.wire.clock.advance(15)
        self.assertEqual(self.ended(), [(1, 408, "the request took too long", False)])
        self.assertEqual(self.witness.told[0][1].phases, Phases(0.0, *[None] * 5))
