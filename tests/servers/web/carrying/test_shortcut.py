"""Tests for tnet.servers.web.carrying.shortcut: answers that take no resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twisted.trial.unittest import TestCase

from tests.servers.web.carrying.test_channel import Echo
from tests.servers.web.wire import Wire
from tnet.events import Publisher
from tnet.servers.web.carrying.shortcut import Shortcut
from tnet.servers.web.files.cache import SmallFiles

GET = b"GET /known HTTP/1.1\r\nHost: h\r\n\r\n"


@dataclass
class Ready:
    """A reply."""

    fields: bytes
    body: bytes


class Knows:
    """Knows one path, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def look_up(self, method: bytes, target: bytes, accept_encoding: bytes) -> Ready | None:
        self.asked.append((method, target, accept_encoding))
        if target != b"/known":
            return None
        return Ready(b"Content-Length: 5\r\nETag: x\r\n", b"known" if method == b"GET" else b"")


class ShortcutTests(TestCase):
    """The short way, and who has to take the long one."""

    def setUp(self) -> None:
        self.knows = Knows()
        self.wire = Wire(Echo(), shortcut=self.knows)

    def test_the_small_files_are_one(self) -> None:
        """What keeps small files has every name of a shortcut."""
        for name in vars(Shortcut):
            if not name.startswith("_"):
                self.assertTrue(hasattr(SmallFiles, name), name)

    def test_answered_and_reported(self) -> None:
        """A known path is answered with everything that a response needs, each time, and reported like others."""
        for _ in range(3):
            reply = self.wire.get("/known")
            self.assertEqual((reply.status, reply.body, reply.fields[b"etag"]), (200, b"known", b"x"))
            self.assertEqual((reply.fields[b"server"], len(reply.fields[b"date"])), (b"tnet", 29))
        reply = self.wire.get("/known", method="HEAD")
        self.assertEqual((reply.fields[b"content-length"], self.wire.sent), (b"5", b""))
        told = [(event.url, event.status, event.bytes_out) for event in self.wire.exchanges]
        self.assertEqual(told, [("/known", 200, 5)] * 3 + [("/known", 200, 0)])

    def test_the_long_way(self) -> None:
        """What it does not know, or must not answer, goes to the resource."""
        self.assertEqual(self.wire.get("/other").body, b"/other")
        asked = len(self.knows.asked)
        for path, fields in (
            ("/known?x", []),
            ("/known", ["Range: bytes=0-1"]),
            ("/known", ["Authorization: Basic x"]),
        ):
            self.assertNotEqual(self.wire.get(path, *fields).body, b"known")
        self.assertEqual(len(self.knows.asked), asked)

    def test_among_others(self) -> None:
        """It keeps its place in a pipeline, and the connection its deadline."""
        self.wire.send(GET + b"GET /other HTTP/1.1\r\nHost: h\r\n\r\n" + GET)
        self.assertEqual([self.wire.reply().body for _ in range(3)], [b"known", b"/other", b"known"])
        self.wire.clock.advance(29)
        self.wire.send(GET)
        self.wire.clock.advance(29)
        self.assertFalse(self.wire.socket.disconnecting)
        self.wire.clock.advance(1)
        self.assertTrue(self.wire.socket.disconnecting)

    def test_in_pieces(self) -> None:
        """A request that comes byte by byte is the same request."""
        self.wire.get("/known")
        self.wire.send(*(GET[at : at + 1] for at in range(len(GET))))
        self.assertEqual(self.wire.reply().body, b"known")

    def test_a_client_that_does_not_read(self) -> None:
        """It waits like everybody else."""
        self.wire.get("/known")
        self.wire.channel._outlet.pauseProducing()
        self.wire.send(GET)
        self.assertEqual(self.wire.sent, b"")
        self.wire.channel._outlet.resumeProducing()
        self.assertEqual(self.wire.reply().body, b"known")

    def test_the_last_one(self) -> None:
        """When the server leaves the response says so, and that takes the long way."""
        self.wire.send(GET[:10])
        self.wire.site.goodbye()
        self.wire.send(GET[10:])
        self.assertEqual(self.wire.reply().fields[b"connection"], b"close")

    def test_nobody_looks(self) -> None:
        """Unwanted events are counted, not built."""
        publisher = Publisher()
        self.wire.channel.trace = publisher.trace()
        for _ in range(2):
            self.wire.get("/known")
        self.assertEqual(publisher.unbuilt["http.request"], 2)

    def test_not_past_a_witness(self) -> None:
        """Whoever looks at everything sees this, too."""
        wire = Wire(Echo(), shortcut=self.knows, witness=blind_witness())
        self.assertEqual(wire.get("/known").body, b"/known")


def blind_witness() -> Any:
    """A witness that looks away."""

    class Blind:
        def begun(self, exchange: Any) -> None:
            """Nothing."""

        ended = begun

    return Blind()
