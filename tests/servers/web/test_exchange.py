"""Tests for tnet.servers.web.exchange."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase
from twisted.web.http_headers import Headers

from tests.support import Recorder
from tnet.events import Publisher
from tnet.events.kinds import HttpExchanged, Listening
from tnet.protocols.http1.requests import RequestHead
from tnet.servers.web.exchange import Exchange


def exchange(method: bytes = b"GET", version: bytes = b"HTTP/1.1", *, keep: bool = True) -> Exchange:
    """One that has just begun."""
    return Exchange(RequestHead(method, b"/x\x1b", version, [(b"user-AGENT", b"me\x07")]), 10.0, keep)


def respond(one: Exchange, code: bytes = b"200", last: bool = False, **fields: bytes) -> list[bytes]:
    """The lines of the response's head."""
    headers = Headers({name.replace("_", "-").encode(): [value] for name, value in fields.items()})
    return one.respond(code, b"Why", headers, last=last).split(b"\r\n")


class ResponseTests(TestCase):
    """The head of a response."""

    def test_lines(self) -> None:
        """A status line, the fields, an empty line."""
        lines = respond(exchange(), b"404", x_y=b"z")
        self.assertEqual(lines, [b"HTTP/1.1 404 Why", b"X-Y: z", b"", b""])

    def test_who_ends_the_connection(self) -> None:
        """The table of what keeps a connection and what does not."""
        for keep, one, options in (
            (True, exchange(), {}),
            (False, exchange(), {"last": True}),
            (False, exchange(), {"connection": b"x, Close"}),
            (False, exchange(keep=False), {"content_length": b"1"}),
            (False, exchange(version=b"HTTP/1.0"), {}),
            (True, exchange(version=b"HTTP/1.0"), {"content_length": b"1"}),
            (True, exchange(b"HEAD", b"HTTP/1.0"), {}),
            (True, exchange(version=b"HTTP/1.0"), {"code": b"304"}),
        ):
            lines = respond(one, **options)  # type: ignore[arg-type]
            self.assertEqual((one.keep, b"Connection: close" in lines), (keep, not keep), (one, options))
            self.assertEqual(b"Connection: keep-alive" in lines, keep and one.head.version == b"HTTP/1.0")

    def test_a_length_of_nothing(self) -> None:
        """A 304 says nothing of length, unless it is the length of what was not sent; a HEAD may say it all."""
        self.assertNotIn(b"Content-Length: 0", respond(exchange(), b"304", content_length=b"0"))
        self.assertIn(b"Content-Length: 5", respond(exchange(), b"304", content_length=b"5"))
        self.assertIn(b"Content-Length: 0", respond(exchange(b"HEAD"), content_length=b"0"))

    def test_what_is_owed(self) -> None:
        """Bytes are let through up to the declared length; without one, all of them."""
        one = exchange()
        respond(one, content_length=b"3")
        self.assertEqual((one.owed(b"ab"), one.left, one.keep), (b"ab", 1, True))
        self.assertEqual((one.owed(b"cd"), one.left, one.keep), (b"c", 0, False))
        self.assertEqual(exchange().owed(b"abc"), b"abc")


class ReportTests(TestCase):
    """Its event."""

    def report(self, only: Any = None) -> tuple[Publisher, Recorder]:
        """Report an exchange to somebody who wants `only` that."""
        publisher, recorder = Publisher(), Recorder()
        publisher.subscribe(recorder, only)
        one = exchange()
        one.status, one.bytes_in, one.bytes_out, one.reason = 404, 1, 2, "gone"
        one.report(publisher.trace(), 12.5, None)
        return publisher, recorder

    def test_reported(self) -> None:
        """The event says what was asked, answered and counted; peer text is escaped."""
        (event,) = self.report()[1].of(HttpExchanged)
        expected = HttpExchanged(
            method="GET", url="/x\\x1b", status=404, bytes_in=1, bytes_out=2, seconds=2.5, user_agent="me\\x07",
            reason="gone",
        )  # fmt: skip
        self.assertEqual(event, expected)

    def test_unwanted(self) -> None:
        """When nobody wants it, it is counted."""
        publisher, recorder = self.report(only=[Listening])
        self.assertEqual((recorder.records, publisher.unbuilt[HttpExchanged.name]), ([], 1))
