"""Tests for small documents."""

from __future__ import annotations

import base64
from uuid import UUID
from xml.etree import ElementTree

from tests.servers.web.inspector.inspected import InspectedTestCase


class SampleTests(InspectedTestCase):
    """Documents of the usual kinds."""

    def test_documents(self) -> None:
        """Each is what its media type says."""
        self.assertEqual(len(self.json("/_tnet/json")["stations"]), 3)
        xml = self.ask("/_tnet/xml")
        self.assertEqual(len(ElementTree.fromstring(xml.body)), 3)
        self.assertIn(b"<h1>", self.ask("/_tnet/html").body)
        self.assertIn("Съешь", self.ask("/_tnet/encoding/utf8").body.decode())
        UUID(self.json("/_tnet/uuid")["uuid"])

    def test_base64(self) -> None:
        """Either alphabet, padded or not; always as text that is shown and nothing else."""
        for data in (b"hello", b"\xfb\xff\xfe", b"<script>"):
            for text in (base64.urlsafe_b64encode(data).decode(), base64.b64encode(data).decode().replace("/", "%2F")):
                for written in (text, text.rstrip("=")):
                    reply = self.ask(f"/_tnet/base64/{written}")
                    self.assertEqual((reply.status, reply.body), (200, data), written)
                    self.assertEqual(reply.fields[b"content-type"], b"text/plain; charset=utf-8")
        for text in ("a", "!!!!", "%C3%A9", "a=b="):
            self.assertEqual(self.ask(f"/_tnet/base64/{text}").status, 400, text)

    def test_links(self) -> None:
        """Links to each other, and none to itself."""
        self.assertEqual(self.ask("/_tnet/links/3").fields[b"location"], b"3/0")
        body = self.ask("/_tnet/links/3/1").body
        self.assertEqual((body.count(b"<a href="), b'href="1"' in body), (2, False))
        for path in ("0", "201", "3/3", "3/-1", "3/x"):
            self.assertEqual(self.ask(f"/_tnet/links/{path}").status, 400, path)
