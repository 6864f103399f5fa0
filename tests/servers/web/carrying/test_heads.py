"""Tests for tnet.servers.web.carrying.heads."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.servers.web.carrying.heads import interim_head, response_head


class ResponseHeadTests(TestCase):
    """What goes on the wire."""

    def test_lines(self) -> None:
        """A status line, every value of every field, an empty line."""
        fields = {b"X-Y": [b"z"], b"ETag": [b"1", b"2"]}
        self.assertEqual(
            response_head(404, b"Why", fields), b"HTTP/1.1 404 Why\r\nX-Y: z\r\nETag: 1\r\nETag: 2\r\n\r\n"
        )

    def test_a_reason_with_line_ends(self) -> None:
        """No reason begins a line of its own."""
        for reason in (b"a\r\nSet-Cookie: b", b"a\nb" * 30):
            self.assertEqual(response_head(200, reason, {}).count(b"\n"), 2)

    def test_interim(self) -> None:
        """A head before the response has no other fields than it was given, and each of those on one line."""
        fields = [(b"Link", b"</a>"), (b"Link", b"</b>"), (b"X", b"a\r\nb")]
        self.assertEqual(
            interim_head(103, b"Early Hints", fields),
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\nX: a b\r\n\r\n",
        )
