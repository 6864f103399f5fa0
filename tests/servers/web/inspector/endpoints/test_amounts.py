"""Tests for so many bytes."""

from __future__ import annotations

from tests.servers.web.inspector.inspected import InspectedTestCase


class AmountTests(InspectedTestCase):
    """/bytes, /stream-bytes and /range."""

    def test_bytes(self) -> None:
        """As many as are asked for, the same ones for the same seed."""
        for count in (0, 1, 16_384, 100_000):
            reply = self.ask(f"/_tnet/bytes/{count}?seed=1")
            self.assertEqual((len(reply.body), reply.fields[b"content-length"]), (count, b"%d" % count))
        again = self.ask("/_tnet/bytes/100000?seed=1").body
        self.assertEqual(again, reply.body)
        self.assertNotEqual(self.ask("/_tnet/bytes/100000?seed=2").body, again)
        self.assertNotEqual(self.ask("/_tnet/bytes/1000").body, self.ask("/_tnet/bytes/1000").body)
        head = self.ask("/_tnet/bytes/100000000", method="HEAD")
        self.assertEqual(head.fields[b"content-length"], b"100000000")

    def test_memory(self) -> None:
        """Of very many no more are made than the client takes."""
        self.wire.ask("GET", "/_tnet/bytes/104857600")
        self.clock.pump([0.0] * 3)
        self.wire.channel._outlet.pauseProducing()
        sent = len(self.wire.sent)
        self.clock.pump([0.0] * 20)
        self.assertLess(len(self.wire.sent) - sent, 200_000)

    def test_in_pieces(self) -> None:
        """Without their number told, in chunks of a size."""
        self.wire.ask("GET", "/_tnet/stream-bytes/25?chunk_size=10&seed=1")
        self.clock.advance(0)
        self.assertIn(b"\r\n\r\na\r\n", self.wire.sent)
        reply = self.wire.reply()
        self.assertEqual((len(reply.body), b"content-length" in reply.fields), (25, False))
        self.assertEqual(self.ask("/_tnet/stream-bytes/100000?chunk_size=1").status, 400)

    def test_ranges(self) -> None:
        """A part of it, none of it, and what changes that."""
        whole = self.ask("/_tnet/range/30")
        self.assertEqual((whole.body, whole.fields[b"etag"]), (b"abcdefghijklmnopqrstuvwxyzabcd", b'"range30"'))
        part = self.ask("/_tnet/range/30", "Range: bytes=1-3")
        self.assertEqual((part.status, part.body, part.fields[b"content-range"]), (206, b"bcd", b"bytes 1-3/30"))
        self.assertEqual(self.ask("/_tnet/range/30", "Range: bytes=-2").body, b"cd")
        self.assertEqual(self.ask("/_tnet/range/30", "Range: bytes=1-3", 'If-Range: "other"').status, 200)
        none = self.ask("/_tnet/range/30", "Range: bytes=30-")
        self.assertEqual((none.status, none.fields[b"content-range"]), (416, b"bytes */30"))
        self.assertEqual(self.ask("/_tnet/range/30", 'If-None-Match: "range30"').status, 304)

    def test_slowly(self) -> None:
        """It may take its time, in pieces."""
        self.wire.ask("GET", "/_tnet/range/26?duration=2&chunk_size=13")
        self.clock.advance(1)
        self.assertTrue(self.wire.sent.endswith(b"abcdefghijklm"))
        self.clock.advance(1)
        self.assertEqual(len(self.wire.reply().body), 26)
