"""Tests for paths that take everything."""

from __future__ import annotations

import json

from twisted.internet.error import ConnectionLost

from tests.servers.web.inspector.inspected import InspectedTestCase
from tests.support import AtOnce
from tnet.servers.web.inspector.bins import BODY_BYTES, MOST_CAUGHT, BinResource
from tnet.servers.web.inspector.replies import Reply


class BinTests(InspectedTestCase):
    """`BinResource`."""

    def test_it_takes_everything(self) -> None:
        """Every method, at the path and below it, with one answer."""
        self.open_bin("/hook", status=202, body=b"thanks", fields=(("X-A", "b"),))
        for method, path in (("POST", "/hook"), ("GET", "/hook/"), ("PUT", "/hook/a/b?c"), ("BREW", "/hook")):
            reply = self.ask(path, method=method, body=b"x" if method != "GET" else b"")
            self.assertEqual((reply.status, reply.body, reply.fields[b"x-a"]), (202, b"thanks", b"b"), method)
            self.assertEqual(reply.fields[b"content-type"], b"text/plain; charset=utf-8")
        self.assertEqual(self.ask("/hook", method="HEAD").fields[b"content-length"], b"6")
        self.assertEqual(self.ask("/hooks").body, b"hello")
        self.assertEqual([row["bin"] for row in self.rows()], ["", *["/hook"] * 5])

    def test_what_came(self) -> None:
        """What came is shown, the newest first, with its body."""
        self.open_bin("/hook")
        self.ask("/hook/a?token=SECRET", "Content-Type: application/json", method="POST", body=b'{"a": 1}')
        self.ask("/hook/b")
        found = self.json("/_tnet/bins/hook")
        self.assertEqual([each["target"] for each in found["caught"]], ["/hook/b", "/hook/a?token=***"])
        self.assertEqual(found["caught"][1]["request"]["body"]["text"], '{"a": 1}')
        self.assertEqual(self.json("/_tnet/bins")["bins"], [{"path": "/hook", "caught": 2}])
        self.assertEqual(self.ask("/_tnet/bins/hook", method="DELETE").status, 204)
        self.assertEqual(self.json("/_tnet/bins/hook")["caught"], [])
        self.assertEqual(self.ask("/_tnet/bins/other").status, 404)

    def test_long_bodies(self) -> None:
        """Of a long body the beginning is kept, and the rest is counted."""
        self.open_bin("/hook")
        self.ask("/hook", method="POST", body=bytes(BODY_BYTES + 5))
        (caught,) = self.json("/_tnet/bins/hook")["caught"]
        body = caught["request"]["body"]
        self.assertEqual((body["bytes"], body["kept"], body["whole"]), (BODY_BYTES + 5, BODY_BYTES, False))

    def test_bounds(self) -> None:
        """The oldest are forgotten, by number and by bytes."""
        self.open_bin("/hook")
        for _ in range(MOST_CAUGHT + 5):
            self.ask("/hook")
        self.assertEqual(self.json("/_tnet/bins")["bins"][0]["caught"], MOST_CAUGHT)
        for _ in range(20):
            self.ask("/hook", method="POST", body=bytes(BODY_BYTES))
        self.assertLess(self.json("/_tnet/bins")["bins"][0]["caught"], 17)

    def test_delay(self) -> None:
        """An answer may take its time, and whoever does not wait is caught all the same."""
        self.open_bin("/hook", delay_seconds=2, body=b"late")
        self.wire.ask("POST", "/hook", body=b"a")
        self.clock.advance(1.9)
        self.assertEqual(self.wire.sent, b"")
        self.clock.advance(0.1)
        self.assertEqual(self.wire.reply().body, b"late")
        gone = self.connect()
        gone.ask("POST", "/hook", body=b"b")
        gone.hang_up(ConnectionLost())
        found = self.json("/_tnet/bins/hook")["caught"]
        self.assertEqual([each["state"] for each in found], ["cut", "good"])

    def test_echoes(self) -> None:
        """The challenges that senders of webhooks want repeated."""
        self.open_bin("/slack", body=b"{json.challenge}")
        self.assertEqual(self.ask("/slack", method="POST", body=b'{"challenge": "abc"}').body, b"abc")
        self.open_bin("/meta", body=b"{query.hub.challenge}")
        self.assertEqual(self.ask("/meta?hub.mode=subscribe&hub.challenge=42").body, b"42")
        self.assertEqual(self.ask("/slack", method="POST", body=b"[" * 100_000).body, b"")

    def test_changing(self) -> None:
        """The reply can be changed while it runs."""
        self.open_bin("/hook/deep", body=b"old")
        change = json.dumps({"status": 503, "body": "new", "fields": {"Retry-After": "9"}}).encode()
        found = json.loads(self.ask("/_tnet/bins/hook/deep", method="PUT", body=change).body)
        self.assertEqual(found["reply"]["status"], 503)
        reply = self.ask("/hook/deep/er")
        self.assertEqual((reply.status, reply.body, reply.fields[b"retry-after"]), (503, b"new", b"9"))
        reply = self.ask("/_tnet/bins/hook/deep", method="PUT", body=b'{"status": 99}')
        self.assertEqual((reply.status, b"from 200 to 599" in reply.body), (400, True))
        self.assertEqual(self.json("/_tnet/bins/hook/deep")["reply"]["status"], 503)

    def test_statuses_without_a_body(self) -> None:
        """204 and 304 have none, and 205 an empty one."""
        for status in (204, 205, 304):
            self.open_bin(f"/hook{status}", status=status, body=b"not sent")
            reply = self.ask(f"/hook{status}")
            self.assertEqual((reply.status, reply.body), (status, b""))

    def test_without_an_inspector(self) -> None:
        """It answers, and keeps nothing."""
        self.mounts.mount(b"/plain", BinResource(Reply(body=b"ok {method}"), AtOnce()))
        self.assertEqual(self.ask("/plain", method="POST", body=b"x").body, b"ok POST")
