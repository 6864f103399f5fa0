"""Tests for which endpoint is where."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.servers.web.inspector.endpoints.call import Answer, Call
from tnet.servers.web.inspector.endpoints.table import READ, Route, Table, endpoints


def nothing(call: Call) -> Answer:
    """An endpoint."""
    return Answer()


class RouteTests(SynchronousTestCase):
    """`Route` and `Table`."""

    def test_names(self) -> None:
        """A name stands for one segment, and the last one for all that are left."""
        route = Route.at("a/{b}/c", READ, nothing)
        self.assertEqual(route.names(["a", "x", "c"]), {"b": "x"})
        for path in (["a", "", "c"], ["a", "x"], ["a", "x", "c", "d"], ["b", "x", "c"], []):
            self.assertIsNone(route.names(path), path)
        rest = Route.at("a/{b...}", READ, nothing)
        self.assertEqual(rest.names(["a", "x", "y"]), {"b": "x/y"})
        self.assertIsNone(rest.names(["a"]))
        self.assertIsNone(rest.names(["b", "x"]))

    def test_table(self) -> None:
        """Every route that leads to a path is found."""
        one, other = Route.at("a/{b}", READ, nothing), Route.at("a/c", (b"POST",), nothing)
        table = Table([one, other])
        self.assertEqual(table.find(["a", "c"]), [(one, {"b": "c"}), (other, {})])
        self.assertEqual((table.find(["b"]), table.find([])), ([], []))

    def test_endpoints(self) -> None:
        """No two of them are for the same path and method."""
        found = [(route.segments, method) for route in endpoints() for method in route.methods]
        self.assertEqual(len(found), len(set(found)))
        self.assertFalse(any(route.private for route in endpoints()))
