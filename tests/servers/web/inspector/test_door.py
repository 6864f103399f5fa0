"""Tests for who may see everything."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress

from tests.servers.web.access.doors import ALICE
from tests.servers.web.inspector.inspected import InspectedTestCase
from tests.servers.web.wire import Wire
from tests.support import AtOnce
from tnet.servers.web.filters import Filter
from tnet.servers.web.inspector.inspector import Inspector
from tnet.servers.web.request import WebRequest
from tnet.servers.web.site import WebFactory

PAGE = "/_tnet/exchanges"


class DoorTests(InspectedTestCase):
    """`Door`."""

    def status(
        self, *fields: str, peer: Any = None, host: str = "127.0.0.1:8080", path: str = PAGE, reached: str = "192.0.2.7"
    ) -> int:
        """How a request to see everything is answered."""
        wire = self.connect()
        if peer is not None:
            wire.channel.peer, wire.channel.host = peer, IPv4Address("TCP", reached, 80)
        wire.send("\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *fields, "", ""]).encode())
        self.clock.advance(0)
        return wire.reply().status

    def test_hosts(self) -> None:
        """Addresses, localhost and the names that are known; a name that somebody else made point here is not."""
        for host in ("127.0.0.1", "[::1]:80", "192.0.2.1:80", "LocalHost", "localhost.:1", "app.localhost:9", "h"):
            self.assertEqual(self.status(host=host), 200, host)
        for host in (
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "127.1.evil",
            "h.evil",
            "0x7f.1",
        ):
            self.assertEqual(self.status(host=host), 403, host)

    def test_peers(self) -> None:
        """Whoever sits at this machine; not who comes over the network, nor through a proxy here."""
        for peer in (IPv4Address("TCP", "127.9.9.9", 1), IPv6Address("TCP", "::1", 1), UNIXAddress(b"")):
            self.assertEqual(self.status(peer=peer), 200, peer)
        self.assertEqual(self.status(peer=IPv6Address("TCP", "::ffff:127.0.0.1", 1)), 200)
        self.assertEqual(self.status(peer=IPv4Address("TCP", "192.0.2.9", 1), reached="192.0.2.9"), 200)
        for peer in (IPv4Address("TCP", "192.0.2.1", 1), IPv6Address("TCP", "2001:db8::1", 1)):
            self.assertEqual(self.status(peer=peer), 403, peer)
        for field in ("X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1", "Via: 1.1 x", "X-Real-IP: 127.0.0.1"):
            self.assertEqual(self.status(field), 403, field)

    def test_origins(self) -> None:
        """Another origin's page may lead here, and do nothing else."""
        for fields in (
            ["Origin: http://127.0.0.1:8080"],
            ["Sec-Fetch-Site: same-origin"],
            ["Sec-Fetch-Site: none"],
            ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: document"],
        ):
            self.assertEqual(self.status(*fields), 200, fields)
        for fields in (
            ["Origin: http://evil.example"],
            ["Origin: null"],
            ["Origin: http://127.0.0.1:3000"],
            ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: empty"],
            ["Sec-Fetch-Site: same-site", "Sec-Fetch-Dest: script"],
            ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: iframe"],
        ):
            self.assertEqual(self.status(*fields), 403, fields)

    def test_every_private_path(self) -> None:
        """Nothing that tells of others is open; endpoints are."""
        far = IPv4Address("TCP", "192.0.2.1", 1)
        for path in ("", "events", "exchanges", "exchanges/1", "exchanges/1/request-body", "har", "bins", "bins/hook"):
            self.assertEqual(self.status(peer=far, path=f"/_tnet/{path}"), 403, path)
        self.assertEqual(self.status(peer=far, path="/_tnet/get"), 200)
        self.wire.channel.peer = far
        self.assertEqual(self.ask("/_tnet/clear", method="POST").status, 403)
        self.assertEqual(self.ask("/_tnet/bins/hook", method="PUT", body=b"{}").status, 403)


class LoggedIn(Filter):
    """Everybody is Alice."""

    def before(self, request: WebRequest) -> None:
        """She is."""
        request.account = ALICE


class ApartTests(InspectedTestCase):
    """`Door`, for whoever is logged in."""

    apart = False

    def make(self) -> Inspector:
        """An inspector that knows whether people may see the same."""
        return Inspector(self.clock, AtOnce(), wall=self.clock.seconds, now=self.clock.seconds, apart=self.apart)

    def connect(self) -> Wire:
        """A connection from far away, of somebody who is logged in."""
        self.site = WebFactory(
            self.mounts,
            reactor=self.clock,
            now=self.clock.seconds,
            filters=[LoggedIn()],
            witness=self.inspector.witness,
        )
        wire = Wire(site=self.site)
        wire.channel.peer = IPv4Address("TCP", "192.0.2.1", 1)
        return wire

    def test_logged_in(self) -> None:
        """Whoever is logged in sees everything, where all who are may see the same."""
        self.assertEqual(self.ask(PAGE).status, 200)

    def test_apart(self) -> None:
        """Where they may not, what one was sent is not shown to another; the endpoints tell nothing."""
        self.apart = True
        self.setUp()
        for path in (PAGE, "/_tnet/har", "/_tnet/events", "/_tnet/exchanges/1/response-body", "/_tnet/bins"):
            reply = self.ask(path)
            self.assertEqual(reply.status, 403, path)
            self.assertIn(b"a rule for /_tnet", reply.body)
        self.assertEqual(self.ask("/_tnet/get").status, 200)
