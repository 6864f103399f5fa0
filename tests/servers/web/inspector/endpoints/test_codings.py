"""Tests for content codings."""

from __future__ import annotations

import json

from tests.servers.web.inspector.inspected import InspectedTestCase
from tnet.protocols.codings.decoder import decoder


class CodingTests(InspectedTestCase):
    """/gzip and its like."""

    def test_codings(self) -> None:
        """Each is what it says, and is what it says it is."""
        for path, coding, name in (
            ("gzip", b"gzip", "gzipped"),
            ("deflate", b"deflate", "deflated"),
            ("brotli", b"br", "brotli"),
            ("zstd", b"zstd", "zstd"),
        ):
            reply = self.ask(f"/_tnet/{path}", "A: b")
            self.assertEqual(reply.fields[b"content-encoding"], coding)
            found = json.loads(b"".join(decoder([coding], "").feed(reply.body)))
            self.assertEqual((found[name], found["headers"]["A"], found["method"]), (True, "b", "GET"))
