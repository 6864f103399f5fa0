"""What other sites' scripts may read."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from tests.servers.web.wire import Wire
from tnet.servers.web.access.cors import Cors
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.filters import Filter

ORIGIN = "Origin: https://app.example"


class Page(Resource):
    """Something to read."""

    isLeaf = True

    def render_GET(self, request: Any) -> bytes:
        request.setHeader(b"Access-Control-Allow-Credentials", b"true")
        return b"page"

    def render_OPTIONS(self, request: Any) -> bytes:
        return b"options"


class Locked(Filter):
    """Lets nobody in."""

    def before(self, request: Any) -> None:
        raise Refusal(401)


class CorsTests(TestCase):
    """Over a wire."""

    def setUp(self) -> None:
        self.wire = Wire(Page(), filters=[Cors()])

    def test_reading(self) -> None:
        """Every response may be read, by whatever site, and never with credentials."""
        for fields in ((), (ORIGIN,)):
            reply = self.wire.get("/a", *fields)
            self.assertEqual((reply.body, reply.fields[b"access-control-allow-origin"]), (b"page", b"*"))
            self.assertIn(b"Content-Range", reply.fields[b"access-control-expose-headers"])
            self.assertNotIn(b"access-control-allow-credentials", reply.fields)

    def test_preflight(self) -> None:
        """It is answered at once, with what was asked for and how long that holds, before anybody has to log in."""
        self.wire = Wire(Page(), filters=[Cors(), Locked()])
        asked = ("Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization, x-a")
        reply = self.wire.get("/new", ORIGIN, *asked, method="OPTIONS")
        self.assertEqual((reply.status, reply.body), (204, b""))
        self.assertEqual(reply.fields[b"access-control-allow-origin"], b"*")
        self.assertIn(b"PUT", reply.fields[b"access-control-allow-methods"])
        self.assertEqual(reply.fields[b"access-control-allow-headers"], b"authorization, x-a")
        self.assertEqual(reply.fields[b"access-control-max-age"], b"600")
        self.assertNotIn(b"content-length", reply.fields)
        self.assertEqual(self.wire.get("/new", ORIGIN).status, 401)

    def test_no_preflight(self) -> None:
        """OPTIONS that asks for nothing of the kind is somebody else's."""
        self.assertEqual(self.wire.get("/a", ORIGIN, method="OPTIONS").body, b"options")
        self.assertEqual(self.wire.get("/a", "Access-Control-Request-Method: PUT", method="OPTIONS").body, b"options")

    def test_malformed_names(self) -> None:
        """Only names of fields are given back."""
        asked = ("Access-Control-Request-Method: GET", "Access-Control-Request-Headers: a;b")
        reply = self.wire.get("/a", ORIGIN, *asked, method="OPTIONS")
        self.assertEqual((reply.status, b"access-control-allow-headers" in reply.fields), (204, False))

    def test_our_own_pages(self) -> None:
        """Others' requests are shown there: no other site reads them, however the path is spelled."""
        for path in ("/_tnet/", "/_tnet/bins/x", "/%5ftnet/", "//_tnet"):
            self.assertNotIn(b"access-control-allow-origin", self.wire.get(path, ORIGIN).fields)
            asked = self.wire.get(path, ORIGIN, "Access-Control-Request-Method: GET", method="OPTIONS")
            self.assertEqual(asked.body, b"options")
        for path in ("/_tnet/share/x/", "/_tnet/token", "/_tnet.txt"):
            self.assertIn(b"access-control-allow-origin", self.wire.get(path, ORIGIN).fields)
