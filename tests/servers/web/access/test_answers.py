"""Short answers: each in the form that was asked for."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from tests.servers.web.wire import Wire
from tnet.servers.web import pages
from tnet.servers.web.access.answers import answer

FORMS = {pages.JSON: b"json", pages.TEXT: b"text", pages.HTML: b"html"}


class Answering(Resource):
    """Answers everything with one of three bodies."""

    isLeaf = True

    def render(self, request: Any) -> int:
        answer(request, 201, FORMS)
        return NOT_DONE_YET


class AnswerTests(TestCase):
    """Over a wire."""

    def test_forms(self) -> None:
        """The one that is preferred, with its status and length; never stored, and told apart by caches."""
        wire = Wire(Answering())
        for accept, body in (("text/html", b"html"), ("application/json", b"json"), ("*/*", b"text")):
            reply = wire.get("/", f"Accept: {accept}")
            self.assertEqual((reply.status, reply.body), (201, body))
            self.assertEqual((reply.fields[b"vary"], reply.fields[b"cache-control"]), (b"Accept", b"no-store"))
        self.assertIn(b"content-security-policy", wire.get("/", "Accept: text/html").fields)
