"""What pages are told, and what they are told with."""

from __future__ import annotations

from typing import Any

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from tests.servers.web.wire import Wire
from tests.support import World
from tnet.protocols.event_stream import EventStream, ServerEvent
from tnet.servers.web.live_reload.reloading import ENDING, LiveReload
from tnet.servers.web.mounts import Mounts
from tnet.servers.web.site import WebFactory


class ReloadTests(TestCase):
    """A page that follows, on a clock."""

    def setUp(self) -> None:
        self.clock = MemoryReactorClock()
        self.begin()

    def begin(self) -> None:
        """Start the site, anew."""
        self.live = LiveReload(self.mktemp(), World(self.clock).context)
        self.addCleanup(self.live.end)
        mounts = Mounts(Resource())
        self.live.mount(mounts)
        self.site = WebFactory(mounts, reactor=self.clock, now=self.clock.seconds)

    def wire(self) -> Any:
        """A connection to the site."""
        wire = Wire(site=self.site)
        wire.clock = self.clock
        return wire

    def follow(self) -> Any:
        """A page that has just been loaded."""
        wire = self.wire()
        wire.ask("GET", "/_tnet/reload")
        return wire

    def told(self, wire: Any) -> list[ServerEvent]:
        """Every event so far."""
        self.clock.advance(0)
        body = b"".join(wire.sent.partition(b"\r\n\r\n")[2].split(b"\r\n")[1::2])
        return list(EventStream().feed(body))

    def test_kinds(self) -> None:
        """Style sheets alone are told as such; anything else with them means the page; no name is told."""
        wire = self.follow()
        self.live.changed(b"/x/secret.css")
        self.clock.advance(0.1)
        self.live.changed(b"/x/b.CSS")
        self.live.changed(b"/x/secret.html")
        self.clock.advance(0.1)
        hello, style, page = self.told(wire)
        self.assertEqual([hello.event, style.event, page.event], ["hello", "style", "page"])
        self.assertNotIn(b"secret", wire.sent)

    def test_versions(self) -> None:
        """Who comes back sees whether anything changed meanwhile; another run is another version."""
        first = self.told(self.follow())[0].data
        self.assertEqual(self.told(self.follow())[0].data, first)
        self.live.changed(b"/x/a")
        self.clock.advance(0.1)
        later = self.told(self.follow())[0].data
        self.begin()
        self.assertEqual(len({first, later, self.told(self.follow())[0].data}), 3)

    def test_many_changes(self) -> None:
        """What comes in quick succession is told at once, and after a second at the latest."""
        wire = self.follow()
        for _ in range(30):
            self.live.changed(b"/x/a")
            self.clock.advance(0.05)
        self.assertEqual(len(self.told(wire)), 2)
        self.clock.advance(1)
        self.assertEqual(len(self.told(wire)), 3)

    def test_the_script(self) -> None:
        """What stands behind documents is the script that follows the events."""
        path = ENDING.split(b'"')[1].decode()
        reply = self.wire().get(path)
        self.assertEqual((reply.status, reply.fields[b"content-type"]), (200, b"text/javascript; charset=utf-8"))
        self.assertIn(b"EventSource", reply.body)

    def test_the_end(self) -> None:
        """Streams end with the server, and nothing stays behind."""
        wire = self.follow()
        self.live.start()
        self.live.changed(b"/x/a")
        self.live.end()
        self.told(wire)
        self.assertTrue(wire.sent.endswith(b"0\r\n\r\n"))
        self.assertEqual(self.clock.getReaders(), [])
