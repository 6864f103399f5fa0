"""Tests for tnet.servers.web.listing.answer."""

from __future__ import annotations

import gzip
from typing import Any

from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from tests.servers.web.wire import Wire
from tnet.servers.web.listing.answer import Answer, Wanted
from tnet.servers.web.pages import NOSNIFF

BODY = b"some text\n" * 500


class Answering(Resource):
    """Answers with the same text in whatever form."""

    isLeaf = True

    def render_GET(self, request: Any) -> int:
        Answer.made(Wanted.of(request), BODY, NOSNIFF).give(request)
        return NOT_DONE_YET


class AnswerTests(TestCase):
    """Negotiation, coding and validation."""

    def setUp(self) -> None:
        self.wire = Wire(Answering())

    def media(self, path: str, *fields: str) -> bytes:
        """The media type of an answer."""
        return self.wire.get(path, *fields).fields[b"content-type"].partition(b";")[0]

    def test_forms(self) -> None:
        """By format before Accept, by quality; a page for who takes anything unless it is a terminal."""
        for path, fields, media in (
            ("/", (), b"text/html"),
            ("/", ("Accept: */*",), b"text/html"),
            ("/", ("User-Agent: curl/8.0", "Accept: */*"), b"text/plain"),
            ("/", ("User-Agent: curl/8.0", "Accept: text/html"), b"text/html"),
            ("/", ("Accept: application/json",), b"application/json"),
            ("/", ("Accept: text/html;q=0.4, application/json;q=0.5",), b"application/json"),
            ("/", ("Accept: image/png",), b"text/plain"),
            ("/?format=json", ("Accept: text/html",), b"application/json"),
            ("/?format=text", (), b"text/plain"),
            ("/?format=html", ("User-Agent: curl/8.0",), b"text/html"),
        ):
            with self.subTest(path=path, fields=fields):
                self.assertEqual(self.media(path, *fields), media)
        self.assertEqual(self.wire.get("/?format=xml").status, 400)

    def test_vary(self) -> None:
        """Vary names what was looked at: all of it, or with a format only the coding."""
        self.assertEqual(self.wire.get("/").fields[b"vary"], b"Accept, Accept-Encoding, User-Agent")
        self.assertEqual(self.wire.get("/?format=json").fields[b"vary"], b"Accept-Encoding")

    def test_coding(self) -> None:
        """Compressed for who accepts it, and with the right length."""
        reply = self.wire.get("/", "Accept-Encoding: br;q=0.1, gzip")
        self.assertEqual((reply.fields[b"content-encoding"], gzip.decompress(reply.body)), (b"gzip", BODY))
        for accept in ("identity", "gzip;q=0"):
            reply = self.wire.get("/", f"Accept-Encoding: {accept}")
            self.assertEqual((reply.fields.get(b"content-encoding"), reply.body), (None, BODY))

    def test_reload(self) -> None:
        """Who has it already is told so, whatever the coding; a condition that fails is a 412."""
        reply = self.wire.get("/")
        self.assertEqual(reply.fields[b"cache-control"], b"no-cache")
        again = self.wire.get("/", "Accept-Encoding: gzip", "If-None-Match: " + reply.fields[b"etag"].decode())
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(again.fields[b"etag"], reply.fields[b"etag"])
        self.assertIn(b"vary", again.fields)
        self.assertEqual(self.wire.get("/", 'If-None-Match: "other"').status, 200)
        self.assertEqual(self.wire.get("/", 'If-Match: "other"').status, 412)
        date = "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"
        self.assertEqual(self.wire.get("/", date).status, 200)

    def test_head(self) -> None:
        """HEAD has the fields of GET, and no body."""
        whole, head = self.wire.get("/").fields, self.wire.get("/", method="HEAD").fields
        self.assertEqual({**whole, b"date": b""}, {**head, b"date": b""})
