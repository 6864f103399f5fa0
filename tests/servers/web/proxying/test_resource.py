"""Tests for the resource at a prefix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.servers.web.proxying.staging import ProxyTestCase
from tests.support import World
from tnet.errors import NameNotResolved
from tnet.plans.web import parse_proxy
from tnet.servers.web.filters import Filter
from tnet.servers.web.permissions import Permissions, Place, Right
from tnet.servers.web.proxying.resource import ReverseProxy

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Named:
    """Somebody with a name."""

    name: str


class ReverseProxyTests(ProxyTestCase):
    """`ReverseProxy`."""

    def test_every_method(self) -> None:
        """Methods are the upstream's business, known to us or not."""
        for method in ("GET", "DELETE", "PROPFIND", "X"):
            self.assertEqual(self.through(OK, method).body, b"ok")
            self.assertTrue(self.last.take()[0].startswith(method.encode() + b" /x "))

    def test_upwards(self) -> None:
        """A path that leads upwards is refused before anybody is asked."""
        self.assertEqual(self.wire.get("/api/../x").status, 400)
        self.assertEqual(self.dialled, 0)

    def test_loop(self) -> None:
        """A request that has come through it before is not passed on for ever."""
        via = self.through(OK).fields[b"via"].decode()
        self.assertEqual(self.wire.get("/api/x", f"Via: 1.1 other, {via}").status, 508)
        self.assertEqual(self.through(OK, path="/api/y").status, 200)

    def test_permissions(self) -> None:
        """Whoever may not read there may not ask, with a body or without."""

        class Closed(Permissions):
            def at(self, place: Place) -> Right:
                return Right.NONE if list(place) == [b"api", b"secret x"] else Right.READ

        self.site.permissions = Closed()
        self.assertEqual(self.wire.get("/api/secret%20x").status, 403)
        self.wire.ask("POST", "/api/secret%20x", body=b"hi")
        self.assertEqual((self.wire.reply().status, self.dialled), (403, 0))
        self.wire = self.connect()
        self.assertEqual(self.through(OK, "POST", body=b"hi").status, 200)

    def test_account(self) -> None:
        """Who is logged in here is told, and the password is not."""

        class Login(Filter):
            def before(self, request: Any) -> None:
                request.account = Named("alice")

        self.site.filters = [Login()]
        self.wire.ask("GET", "/api/x", "Authorization: Basic c2VjcmV0")
        fields = self.accept().take()[1]
        self.assertEqual(fields[b"x-forwarded-user"], [b"alice"])
        self.assertNotIn(b"authorization", fields)

    def test_of_another_site(self) -> None:
        """What some other site makes a browser send with its login here is not passed on; reading is."""

        class Login(Filter):
            def before(self, request: Any) -> None:
                request.account = Named("alice")

        self.site.filters = [Login()]
        for method, fields in (
            ("POST", ["Origin: http://evil.example"]),
            ("DELETE", ["Sec-Fetch-Site: cross-site"]),
            ("GET", ["Origin: http://evil.example", "Connection: Upgrade", "Upgrade: websocket"]),
        ):
            self.wire = self.connect()
            self.wire.ask(method, "/api/x", *fields)
            self.assertEqual((self.wire.reply().status, self.dialled), (403, 0), method)
        self.wire.ask("GET", "/api/x", "Origin: http://evil.example")
        self.accept()

    def test_hosts(self) -> None:
        """Host is the upstream's, in the form that it has on the wire."""
        for url, host in (
            ("http://h", b"h"),
            ("http://h:80", b"h"),
            ("http://h:8080", b"h:8080"),
            ("https://h:443", b"h"),
            ("http://[::1]:9000", b"[::1]:9000"),
            ("http://bücher.example", b"xn--bcher-kva.example"),
        ):
            proxy = ReverseProxy(parse_proxy(f"/api={url}"), World(self.reactor).context)
            self.assertEqual(proxy._authority, host)
        self.assertRaises(NameNotResolved, ReverseProxy, parse_proxy("/api=http://a..b"), self.world.context)
