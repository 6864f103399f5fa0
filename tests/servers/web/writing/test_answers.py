"""Tests for tnet.servers.web.writing.answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from tests.servers.web.wire import Reply, Wire
from tnet.servers.web.writing.answers import back, path_of, tell, tell_made, wants_page
from tnet.servers.web.writing.targets import Made


class Told(Resource):
    """Answers as it is told."""

    isLeaf = True

    def __init__(self, how: Callable[[Any], object]) -> None:
        super().__init__()
        self.how = how

    def render(self, request: Any) -> int:
        self.how(request)
        return NOT_DONE_YET


class AnswerTests(TestCase):
    """What a client is told."""

    def told(self, how: Callable[[Any], object], *fields: str) -> Reply:
        """The response."""
        return Wire(Told(how)).get("/x", *fields)

    def test_text(self) -> None:
        """Lines are plain text that nobody takes for anything else; nothing is 204."""
        reply = self.told(lambda request: tell(request, 201, ("one", "two"), {b"X-Y": b"z"}))
        self.assertEqual((reply.status, reply.body, reply.fields[b"x-y"]), (201, b"one\ntwo\n", b"z"))
        self.assertEqual(reply.fields[b"x-content-type-options"], b"nosniff")
        reply = self.told(lambda request: tell(request, 204))
        self.assertEqual((reply.status, b"content-type" in reply.fields), (204, False))

    def test_made(self) -> None:
        """What is new is 201 and named, harmlessly; what took another's place is 204."""
        reply = self.told(lambda request: tell_made(request, Made((b"a\x1bb",), True, b'"t"'), b"/p", {b"X-Y": b"z"}))
        self.assertEqual((reply.status, reply.body), (201, b"created a\\x1bb\n"))
        self.assertEqual(
            (reply.fields[b"location"], reply.fields[b"etag"], reply.fields[b"x-y"]), (b"/p", b'"t"', b"z")
        )
        reply = self.told(lambda request: tell_made(request, Made((b"a",), False), b"/p"))
        self.assertEqual((reply.status, b"etag" in reply.fields), (204, False))

    def test_back(self) -> None:
        """A browser goes to a page with GET."""
        reply = self.told(lambda request: back(request, b"/p/"))
        self.assertEqual((reply.status, reply.fields[b"location"]), (303, b"/p/"))

    def test_who_wants_a_page(self) -> None:
        """Browsers do, programs do not."""
        for accept, wanted in (("text/html,*/*;q=0.8", True), ("application/json", False), ("*/*", False)):
            asked: list[bool] = []

            def how(request: Any, asked: list[bool] = asked) -> None:
                asked.append(wants_page(request))
                tell(request, 204)

            self.told(how, f"Accept: {accept}")
            self.assertEqual(asked, [wanted], accept)

    def test_path(self) -> None:
        """A path is encoded, and begins where the resource stands."""
        paths: list[bytes] = []

        def how(request: Any) -> None:
            request.prepath = [b"above"]
            paths.append(path_of(request, [b"a b", b"\xff?"]))
            tell(request, 204)

        self.told(how)
        self.assertEqual(paths, [b"/above/a%20b/%FF%3F"])
