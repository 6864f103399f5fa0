"""Tests for what an endpoint is asked and answers."""

from __future__ import annotations

from tests.servers.web.inspector.inspected import InspectedTestCase


class CallTests(InspectedTestCase):
    """`Call` and `send`, as endpoints use them."""

    def test_numbers(self) -> None:
        """What is no number within the bounds is refused, and they are told."""
        for text in ("-1", "x", "1e3", "", "1.5", "104857601", "9" * 99, "\u0661", "%D9%A1", "nan"):
            path = f"/_tnet/bytes/{text.encode('ascii', 'ignore').decode()}"
            reply = self.ask(path)
            self.assertIn(reply.status, (400, 404), text)
        self.assertIn(b"n is a number from 0 to 104857600", self.ask("/_tnet/bytes/-1").body)
        for text in ("inf", "nan", "-1", "61", "0x1"):
            self.assertEqual(self.ask(f"/_tnet/delay/{text}").status, 400, text)
        self.assertEqual(self.ask("/_tnet/drip?numbytes=5&numbytes=3&duration=0").body, b"***")

    def test_statuses_without_a_body(self) -> None:
        """204 and 304 say nothing of a body, and 205 that it is empty."""
        for status, length in ((204, None), (304, None), (205, b"0")):
            reply = self.ask(f"/_tnet/status/{status}")
            self.assertEqual((reply.status, reply.body, reply.fields.get(b"content-length")), (status, b"", length))
            self.assertNotIn(b"content-type", reply.fields)
