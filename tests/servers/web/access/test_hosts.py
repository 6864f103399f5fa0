"""Names that a server on this machine goes by."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from tests.servers.web.wire import Wire
from tnet.servers.web.access.hosts import Hosts


class Anything(Resource):
    """Answers every method."""

    isLeaf = True

    def render(self, request: Any) -> bytes:
        return b"done"


class HostsTests(TestCase):
    """Requests that call us something."""

    def setUp(self) -> None:
        self.wire = Wire(Anything(), filters=[Hosts(["/hook"], name="Desk.example.net")])

    def status(self, method: str, path: str, host: str) -> int:
        """What the request is answered with."""
        self.wire.send(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n".encode())
        return self.wire.reply().status

    def test_our_names(self) -> None:
        """Addresses, localhost, and the names of this machine, with a port or without."""
        for host in (
            "127.0.0.1",
            "127.0.0.1:8080",
            "192.0.2.1",
            "[::1]",
            "[::1]:8080",
            "localhost",
            "LOCALHOST:1",
            "localhost.",
            "app.localhost",
            "desk",
            "desk.local:80",
            "DESK.example.net",
        ):
            self.assertEqual((host, self.status("POST", "/a", host)), (host, 200))

    def test_strangers(self) -> None:
        """Under any other name nothing is changed, and our own pages are not shown."""
        for host in (
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "desk.example",
        ):
            for method, path in (
                ("POST", "/a"),
                ("PUT", "/a"),
                ("DELETE", "/a"),
                ("GET", "/_tnet/"),
                ("GET", "/%5Ftnet/x"),
            ):
                self.assertEqual((host, method, path, self.status(method, path, host)), (host, method, path, 421))

    def test_conversations(self) -> None:
        """Nobody talks to us over a WebSocket under any other name."""
        for host, status in (("evil.example", 421), ("localhost:8080", 200)):
            fields = "Connection: Upgrade\r\nUpgrade: WebSocket"
            self.wire.send(f"GET /a HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n\r\n".encode())
            self.assertEqual(self.wire.reply().status, status)

    def test_tunnels(self) -> None:
        """Plain reading, links, reloads, and bins are reached under any name."""
        for method, path in (
            ("GET", "/a"),
            ("OPTIONS", "/a"),
            ("GET", "/_tnet/share/x/"),
            ("GET", "/_tnet/reload"),
            ("POST", "/hook"),
            ("POST", "/hook/x"),
            ("GET", "/_tnets"),
        ):
            self.assertEqual((path, self.status(method, path, "x.tunnel.example")), (path, 200))
        self.assertEqual(self.status("POST", "/hooks", "x.tunnel.example"), 421)
