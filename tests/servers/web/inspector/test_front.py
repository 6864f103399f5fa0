"""Tests for the resource that finds who answers."""

from __future__ import annotations

from tests.servers.web.inspector.inspected import InspectedTestCase


class FrontTests(InspectedTestCase):
    """`Front`."""

    def test_methods(self) -> None:
        """What is there has its methods; what is not there has none."""
        reply = self.ask("/_tnet/get", method="POST", body=b"a")
        self.assertEqual((reply.status, reply.fields[b"allow"]), (405, b"GET, HEAD, OPTIONS"))
        reply = self.ask("/_tnet/post")
        self.assertEqual((reply.status, reply.fields[b"allow"]), (405, b"POST, OPTIONS"))
        reply = self.ask("/_tnet/exchanges", method="PATCH")
        self.assertEqual((reply.status, reply.fields[b"allow"]), (405, b"GET, HEAD, DELETE, OPTIONS"))
        reply = self.ask("/_tnet/get", method="OPTIONS")
        self.assertEqual((reply.status, reply.fields[b"allow"]), (204, b"GET, HEAD, OPTIONS"))
        for path in ("nothing", "get/more", "get/", "status", "status/", "exchanges/1/other-body"):
            self.assertEqual(self.ask(f"/_tnet/{path}").status, 404, path)

    def test_head(self) -> None:
        """HEAD tells the length that GET would have."""
        whole, head = self.ask("/_tnet/json"), self.ask("/_tnet/json", method="HEAD")
        self.assertEqual(head.fields[b"content-length"], b"%d" % len(whole.body))
        self.assertEqual((head.status, head.body), (200, b""))

    def test_without_a_slash(self) -> None:
        """The page is where its links lead from."""
        reply = self.ask("/_tnet?x")
        self.assertEqual((reply.status, reply.fields[b"location"]), (301, b"./_tnet/"))

    def test_bodies_are_refused_before_they_come(self) -> None:
        """A body that is too long, or for nobody, is not asked for."""
        for path, status in (("/_tnet/post", 413), ("/_tnet/get", 405), ("/_tnet/nothing", 404)):
            wire = self.connect()
            wire.ask("POST", path, "Content-Length: 1048577", "Expect: 100-continue")
            self.clock.advance(0)
            self.assertEqual(wire.reply().status, status)

    def test_harmless(self) -> None:
        """Nothing of what an endpoint answers can run in a browser, or stays in a cache."""
        for path in (
            "get?<script>",
            "html",
            "image/svg",
            "base64/PGI-",
            "anything",
            "response-headers?content-type=text/html",
        ):
            fields = self.ask(f"/_tnet/{path}").fields
            self.assertEqual(fields[b"content-security-policy"], b"sandbox; default-src 'none'", path)
            self.assertEqual((fields[b"x-content-type-options"], fields[b"cache-control"]), (b"nosniff", b"no-store"))
