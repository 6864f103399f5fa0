"""Tests for tnet.servers.web.offer."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted
from twisted.trial.unittest import TestCase

from tests.servers.web.files.test_files import Threads
from tests.servers.web.wire import Wire
from tests.support import World
from tnet.errors import CannotRead
from tnet.net.server import Server
from tnet.plans import TcpAddress
from tnet.plans.web import WebPlan
from tnet.servers.web import offer
from tnet.servers.web.site import WebFactory


class OfferTests(TestCase):
    """`tnet serve web`."""

    def setUp(self) -> None:
        self.path = self.mktemp()
        os.mkdir(self.path)
        for name in ("a.txt", ".env", "start.html"):
            with open(os.path.join(self.path, name), "w") as file:
                file.write(name)

    def plan(self, **options: Any) -> WebPlan:
        """A plan for the directory."""
        return WebPlan(**({"listen": (TcpAddress("127.0.0.1", 0),), "root": self.path} | options))

    async def offer(self, **options: Any) -> Server:
        """What is offered for a plan, until the test ends."""
        server = await offer(self.plan(**options), World().context)
        self.addCleanup(server.close)
        return server

    def wire(self, server: Server) -> Wire:
        """A wire to it."""
        assert isinstance(server.factory, WebFactory)
        return Wire(site=server.factory)

    async def test_the_plan_is_carried_out(self) -> None:
        """Root, hidden names, index, listing and the limit of bodies are as the plan says."""
        wire = self.wire(await self.offer())
        self.assertEqual([wire.get(path).status for path in ("/a.txt", "/.env", "/")], [200, 404, 200])
        wire = self.wire(await self.offer(hidden=True, index=("start.html",), listing=False, max_body_bytes=2))
        self.assertEqual([wire.get(path).body for path in ("/.env", "/")], [b".env", b"start.html"])
        self.assertEqual(wire.site.max_body_bytes, 2)
        wire = self.wire(await self.offer(upload=True))
        wire.send(b"PUT /new HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx")
        self.assertEqual(wire.reply().status, 201)

    async def test_goodbye(self) -> None:
        """Goodbye reaches the connections."""
        server = await self.offer()
        wire = self.wire(server)
        server.goodbye()
        self.assertTrue(wire.socket.disconnecting)

    async def test_close(self) -> None:
        """The end waits until nothing is left of an upload that was cut off; one that was complete stays."""
        threads = Threads()
        server = await offer(self.plan(upload=True), replace(World().context, workers=threads))
        wires = [self.wire(server), self.wire(server)]
        for wire, body in zip(wires, (b"half", b"complete"), strict=True):
            wire.send(b"PUT /new HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\n" + body)
        threads.work()
        for wire in wires:
            wire.hang_up(ConnectionAborted())
        closing = Deferred.fromCoroutine(server.close())
        self.assertNoResult(closing)
        threads.work()
        self.successResultOf(closing)
        self.assertEqual(set(os.listdir(self.path)), {"a.txt", ".env", "start.html", "new"})

    async def test_notes(self) -> None:
        """Whoever opens uploads to other machines is told what that means."""
        everywhere = (TcpAddress("0.0.0.0", 80),)
        self.assertEqual((await self.offer(upload=True)).notes, ())
        self.assertEqual((await self.offer(listen=everywhere)).notes, ())
        (note,) = (await self.offer(upload=True, listen=everywhere)).notes
        self.assertIn("can write", note)

    async def test_no_root(self) -> None:
        """A root that is not there is the user's to mend."""
        with self.assertRaises(CannotRead):
            await self.offer(root=os.path.join(self.path, "nothing"))
