"""Tests for what may be kept."""

from __future__ import annotations

from tests.servers.web.inspector.inspected import InspectedTestCase


class CacheTests(InspectedTestCase):
    """/cache and /etag."""

    def test_cache(self) -> None:
        """304 for whoever has it already."""
        reply = self.ask("/_tnet/cache")
        self.assertEqual((reply.status, reply.fields[b"etag"]), (200, b'"tnet"'))
        for field in ("If-None-Match: x", "If-Modified-Since: x"):
            self.assertEqual(self.ask("/_tnet/cache", field).status, 304)

    def test_fresh(self) -> None:
        """For so many seconds."""
        self.assertEqual(self.ask("/_tnet/cache/60").fields[b"cache-control"], b"public, max-age=60")
        self.assertEqual(self.ask("/_tnet/cache/-1").status, 400)

    def test_etag(self) -> None:
        """Both conditions are minded."""
        for fields, status in (
            ([], 200),
            (['If-None-Match: "x"'], 304),
            (['If-None-Match: W/"x", "y"'], 304),
            (["If-None-Match: *"], 304),
            (['If-None-Match: "y"'], 200),
            (['If-Match: "x"'], 200),
            (['If-Match: "y"'], 412),
        ):
            reply = self.ask("/_tnet/etag/x", *fields)
            self.assertEqual((reply.status, reply.fields[b"etag"]), (status, b'"x"'), fields)
        for etag in ("%22", "%C3%A9", "a%0d%0ab", "a" * 101):
            self.assertEqual(self.ask(f"/_tnet/etag/{etag}").status, 400)
