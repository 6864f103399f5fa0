"""Tests for tnet.servers.web.site."""

from __future__ import annotations

import re

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase
from twisted.web.static import Data
from zope.interface.verify import verifyObject

from tests.servers.web.wire import Wire
from tnet.servers.web.request import WebRequest
from tnet.servers.web.site import WebFactory


class WebFactoryTests(TestCase):
    """The factory, as a stranger uses it."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.site = WebFactory(Data(b"x", "text/plain"), reactor=self.clock)

    def test_a_plain_factory(self) -> None:
        """It needs a resource and nothing else; starting and stopping it leaves nothing with the reactor."""
        self.assertTrue(verifyObject(IProtocolFactory, self.site))
        self.site.doStart()
        self.site.doStop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertIsNot(self.site.buildProtocol(None), self.site.buildProtocol(None))

    def test_channels_are_known_while_they_live(self) -> None:
        """`channels` are the open connections, and goodbye reaches all of them."""
        wires = [Wire(site=self.site) for _ in range(3)]
        wires[0].hang_up(ConnectionDone())
        self.assertEqual(self.site.channels, {wires[1].channel, wires[2].channel})
        self.site.goodbye()
        self.assertEqual([wire.socket.disconnecting for wire in wires], [False, True, True])

    def test_another_request(self) -> None:
        """A subclass of WebRequest may take its place."""

        class Mine(WebRequest):
            def process(self) -> None:
                self.write(b"mine")
                self.finish()

        self.site.requestFactory = Mine
        wire = Wire(site=self.site)
        self.assertEqual(wire.get("/").body, b"mine")

    def test_protocols(self) -> None:
        """TLS may choose HTTP/2, or else HTTP/1.1."""
        self.assertEqual(self.site.acceptableProtocols(), [b"h2", b"http/1.1"])

    def test_date(self) -> None:
        """The date is in the form that HTTP wants."""
        self.assertTrue(re.fullmatch(rb"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", self.site.date()))
