"""A site with an inspector, in memory."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from tests.servers.web.wire import Reply, Wire
from tests.support import AtOnce
from tnet.plans.web import Bin
from tnet.servers.web.inspector.inspector import Inspector
from tnet.servers.web.mounts import Mounts
from tnet.servers.web.request import WebRequest
from tnet.servers.web.site import WebFactory

NOON = 1_800_000_000.0


class Rest(Resource):
    """Says hello to everything."""

    isLeaf = True

    def render_GET(self, request: WebRequest) -> bytes:
        """Hello."""
        request.setHeader(b"Content-Type", b"text/plain")
        return b"hello"

    def render_POST(self, request: WebRequest) -> bytes:
        """What was posted, backwards."""
        return bytes(request.content.read()[::-1])


class InspectedTestCase(SynchronousTestCase):
    """Has an inspector; `wire` leads to its site, from this machine."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.inspector = self.make()
        self.mounts = Mounts(Rest())
        self.mounts.mount(b"/_tnet", self.inspector.resource)
        self.site = WebFactory(self.mounts, reactor=self.clock, now=self.clock.seconds, witness=self.inspector.witness)
        self.wire = self.connect()

    def make(self) -> Inspector:
        """The inspector to test."""
        now = self.clock.seconds
        return Inspector(self.clock, AtOnce(), wall=lambda: NOON + now(), now=now, names=["h"])

    def connect(self) -> Wire:
        """Another connection."""
        return Wire(site=self.site)

    def open_bin(self, path: str, **options: Any) -> None:
        """Have a bin."""
        resource = self.successResultOf(_deferred(self.inspector.bin_resource(Bin(path=path, **options))))
        self.mounts.mount(path.encode(), resource)

    def ask(self, path: str, *fields: str, method: str = "GET", body: bytes = b"") -> Reply:
        """The response to one request, of time that passes as far as it must."""
        if self.wire.socket.disconnecting or self.wire.socket.half_closed:
            self.wire = self.connect()
        self.wire.ask(method, path, *fields, body=body)
        for _ in range(2000):
            self.clock.advance(0.05)
            if _is_whole(self.wire.sent, method == "HEAD"):
                break
        return self.wire.reply(bodiless=method == "HEAD")

    def json(self, path: str, *fields: str, method: str = "GET", body: bytes = b"") -> Any:
        """The same of a response that is JSON."""
        reply = self.ask(path, "Accept: application/json", *fields, method=method, body=body)
        self.assertEqual((reply.status, reply.fields[b"content-type"]), (200, b"application/json"), reply.body[:300])
        return json.loads(reply.body)

    def rows(self, query: str = "") -> list[dict[str, Any]]:
        """What the table has."""
        found: list[dict[str, Any]] = self.json(f"/_tnet/exchanges{query}")["exchanges"]
        return found


def _deferred(work: Any) -> Any:
    from twisted.internet.defer import Deferred

    return Deferred.fromCoroutine(work)


def _is_whole(sent: bytes, bodiless: bool) -> bool:
    head, separator, body = sent.partition(b"\r\n\r\n")
    if not separator:
        return False
    if bodiless or b" 204 " in head[:16] or b" 304 " in head[:16]:
        return True
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        return body.endswith(b"0\r\n\r\n") or b"\r\n0\r\n" in body
    length = lower.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return len(body) >= int(length or b"0")
