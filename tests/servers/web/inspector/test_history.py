"""Tests for what a site's witness remembers."""

from __future__ import annotations

from twisted.internet.error import ConnectionLost

from tests.servers.web.inspector.inspected import NOON, InspectedTestCase
from tnet.servers.web.inspector.history import MOST_BYTES, MOST_EXCHANGES
from tnet.servers.web.inspector.seen import Seen


class HistoryTests(InspectedTestCase):
    """`History` as the witness of a site."""

    @property
    def seen(self) -> list[Seen]:
        """What it remembers."""
        return self.inspector.witness.all()

    def test_an_exchange(self) -> None:
        """Everything about one that went well."""
        self.clock.advance(5)
        self.ask("/a?b=c", "X-Thing: 1", method="POST", body=b"abc")
        (seen,) = self.seen
        self.assertEqual((seen.method, seen.head.target, seen.status, seen.over), ("POST", b"/a?b=c", 200, True))
        self.assertEqual((seen.request_body, seen.response_body), (b"abc", b"cba"))
        self.assertEqual((seen.bytes_in, seen.bytes_out, seen.nth, seen.peer), (3, 3, 1, "127.0.0.1:50000"))
        self.assertEqual(list(seen.head.fields[:2]), [(b"Host", b"h"), (b"X-Thing", b"1")])
        self.assertIn((b"Server", b"tnet"), seen.fields)
        self.assertEqual((seen.wall, seen.tls, seen.outcome), (NOON + 5, None, ""))

    def test_in_progress(self) -> None:
        """One that has begun is there at once, and changes when it ends."""
        told: list[Seen | None] = []
        self.inspector.witness.listen(told.append)
        self.wire.ask("GET", "/_tnet/delay/2")
        self.assertEqual([(seen.number, seen.over) for seen in self.seen], [(1, False)])
        self.clock.advance(2)
        self.assertEqual([(seen.number, seen.over, seen.status) for seen in self.seen], [(1, True, 200)])
        self.assertEqual([seen and seen.over for seen in told], [False, True])
        self.inspector.witness.clear()
        self.assertEqual((told[-1], self.seen), (None, []))

    def test_refused(self) -> None:
        """What is no request is there, too."""
        self.wire.send(b"garbage\r\n\r\n")
        (seen,) = self.seen
        self.assertEqual((seen.status, seen.is_request), (400, False))
        self.assertIn("malformed request line", seen.outcome)
        self.assertEqual(seen.head.raw, b"garbage\r\n\r\n")

    def test_dropped(self) -> None:
        """So are clients that leave in the middle: of a request, of an answer, before one."""
        self.wire.send(b"GET / HT")
        self.wire.hang_up(ConnectionLost())
        for path in ("/_tnet/delay/9", "/_tnet/drip?duration=10&numbytes=10"):
            wire = self.connect()
            wire.ask("GET", path)
            self.clock.pump([1.0] * 5)
            wire.hang_up(ConnectionLost())
        early, unanswered, half = self.seen
        self.assertIn("in the middle of a request", early.outcome)
        self.assertEqual(early.head.raw, b"GET / HT")
        self.assertIn("left without an answer", unanswered.outcome)
        self.assertRegex(half.outcome, r"left at [1-9]0 % \(lost\)")

    def test_looking_leaves_no_trace(self) -> None:
        """What looks at the history is not in it, however it is spelled; what was refused, and endpoints, are."""
        for path in ("/_tnet", "/_tnet/", "/_tnet/exchanges", "/%5Ftnet/h%61r", "/_tnet/bins"):
            self.ask(path)
        self.assertEqual(self.seen, [])
        self.ask("/_tnet/exchanges", "Origin: http://evil.example")
        self.ask("/_tnet/get")
        self.assertEqual(
            [(seen.head.target, seen.status) for seen in self.seen], [(b"/_tnet/exchanges", 403), (b"/_tnet/get", 200)]
        )

    def test_many(self) -> None:
        """After 5 000 requests the last 500 are remembered, within the bytes."""
        for number in range(5_000):
            self.wire.ask("GET", f"/{number}")
            self.wire.socket.clear()
        self.assertEqual(len(self.seen), MOST_EXCHANGES)
        self.assertEqual([seen.number for seen in self.seen], list(range(4_501, 5_001)))
        self.assertLess(self.inspector.witness.bytes, MOST_BYTES)

    def test_much(self) -> None:
        """Bodies are kept in part, and all of them together are bounded."""
        for _ in range(400):
            self.ask("/", method="POST", body=bytes(100_000))
        self.assertLessEqual(self.inspector.witness.bytes, MOST_BYTES)
        self.assertEqual({(len(seen.request_body), seen.bytes_in) for seen in self.seen}, {(65_536, 100_000)})
        self.assertLess(len(self.seen), 130)
