"""Which resource answers for which path."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from tests.servers.web.wire import Wire
from tnet.servers.web.mounts import Mounts


class Told(Resource):
    """Answers with its name and the path below it."""

    isLeaf = True

    def __init__(self, name: bytes) -> None:
        super().__init__()
        self.name = name

    def render_GET(self, request: Any) -> bytes:
        return b"%b:%b:%b" % (self.name, b"/".join(request.prepath), b"/".join(request.postpath))


class MountsTests(TestCase):
    """Prefixes, and the rest."""

    def setUp(self) -> None:
        mounts = Mounts(Told(b"rest"))
        mounts.mount(b"/api", Told(b"api"))
        mounts.mount(b"/api/v2/", Told(b"v2"))
        self.wire = Wire(mounts)

    def test_longest_prefix_of_whole_segments(self) -> None:
        """Segments count, not letters, and the longer prefix wins."""
        for path, answer in {
            "/": b"rest::",
            "/apis": b"rest::apis",
            "/x/api": b"rest::x/api",
            "/api": b"api:api:",
            "/api/": b"api:api:",
            "/api/v1/x": b"api:api:v1/x",
            "/api/v2": b"v2:api/v2:",
            "/api/v2/a/b": b"v2:api/v2:a/b",
            "/%61pi/x": b"api:api:x",
        }.items():
            self.assertEqual(self.wire.get(path).body, answer, path)

    def test_nothing_mounted(self) -> None:
        """Everything is the rest's."""
        self.assertEqual(Wire(Mounts(Told(b"rest"))).get("/a/b").body, b"rest::a/b")

    def test_a_resource_tree_below(self) -> None:
        """A mounted resource that is no leaf finds its own children."""
        mounts, branch = Mounts(Told(b"rest")), Resource()
        branch.putChild(b"leaf", Told(b"leaf"))
        mounts.putChild(b"t", branch)
        wire = Wire(mounts)
        self.assertEqual(wire.get("/t/leaf/x").body, b"leaf:t/leaf:x")
        self.assertEqual(wire.get("/t/other").status, 404)
