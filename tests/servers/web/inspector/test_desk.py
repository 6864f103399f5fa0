"""Tests for what is shown to whoever may see everything."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from tests.clients.fetch.report.har_schema import HAR
from tests.servers.web.inspector.inspected import InspectedTestCase


class DeskTests(InspectedTestCase):
    """The private paths."""

    def setUp(self) -> None:
        super().setUp()
        self.ask("/first?token=SECRET", "Cookie: SECRET")
        self.ask("/second", "Content-Type: text/html", method="POST", body=b"<script>alert(1)</script>")
        self.connect().send(b"garbage\r\n\r\n")

    def test_rows(self) -> None:
        """The newest first; and those alone that are like what is asked for."""
        self.assertEqual([row["number"] for row in self.rows()], [3, 2, 1])
        self.assertEqual([row["number"] for row in self.rows("?q=post+second")], [2])
        self.assertEqual([row["number"] for row in self.rows("?show=wrong")], [3])
        self.assertEqual([row["number"] for row in self.rows("?q=2xx")], [2, 1])

    def test_one(self) -> None:
        """Everything about one, with the commands that ask again."""
        found = self.json("/_tnet/exchanges/2")
        self.assertEqual(found["request"]["body"]["text"], "<script>alert(1)</script>")
        self.assertIn("curl ", found["curl"])
        self.assertIn("tnet fetch POST", found["fetch"])
        self.assertNotIn("curl", self.json("/_tnet/exchanges/3"))
        self.assertNotIn("SECRET", json.dumps(self.json("/_tnet/exchanges/1")))
        for number in ("4", "0", "x", "99999999999999999999"):
            self.assertIn(self.ask(f"/_tnet/exchanges/{number}").status, (400, 404))

    def test_pages(self) -> None:
        """A browser gets pages, in which nothing that came is HTML, and a terminal gets lines."""
        page = self.ask("/_tnet/", "Accept: text/html")
        self.assertEqual(page.fields[b"content-type"], b"text/html; charset=utf-8")
        self.assertIn(b"script-src 'sha256-", page.fields[b"content-security-policy"])
        self.assertIn(b'<a href="exchanges/2">2</a>', page.body)
        one = self.ask("/_tnet/exchanges/2", "Accept: text/html")
        self.assertIn(b"&lt;script&gt;alert(1)", one.body)
        self.assertNotIn(b"<script", one.body)
        self.assertNotIn(b"script-src", one.fields[b"content-security-policy"])
        lines = self.ask("/_tnet/").body.decode().splitlines()
        self.assertEqual((len(lines), "POST    /second" in lines[1]), (3, True))
        self.assertNotIn(b"SECRET", page.body + one.body + "".join(lines).encode())

    def test_downloads(self) -> None:
        """A body is a file of bytes to whatever opens it."""
        reply = self.ask("/_tnet/exchanges/2/request-body")
        self.assertEqual(reply.body, b"<script>alert(1)</script>")
        self.assertEqual(reply.fields[b"content-type"], b"application/octet-stream")
        self.assertEqual(reply.fields[b"content-disposition"], b'attachment; filename="2-request-body"')
        self.assertEqual(reply.fields[b"content-security-policy"], b"sandbox; default-src 'none'")
        self.assertEqual(self.ask("/_tnet/exchanges/1/response-body").body, b"hello")

    def test_har(self) -> None:
        """All of them, those that are wanted, or one."""
        for query, count in (("", 2), ("?q=second", 1), ("?number=1", 1)):
            found = self.json(f"/_tnet/har{query}")
            Draft202012Validator(HAR).validate(found)
            self.assertEqual((len(found["log"]["entries"]), "SECRET" in json.dumps(found)), (count, False))

    def test_clearing(self) -> None:
        """By form, which leads back, and by program."""
        reply = self.ask("/_tnet/clear", "Accept: text/html", method="POST")
        self.assertEqual((reply.status, reply.fields[b"location"]), (303, b"./"))
        self.assertEqual(self.rows(), [])
        self.ask("/again")
        self.assertEqual(self.ask("/_tnet/exchanges", method="DELETE").status, 204)
        self.assertEqual(self.rows(), [])
        self.assertEqual(self.ask("/_tnet/").body, b"nothing yet\n")
