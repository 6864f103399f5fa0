"""Tests for tnet.servers.web.carrying.report."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.trial.unittest import TestCase

from tests.servers.web.carrying.test_exchange import Notes
from tests.support import Recorder
from tnet.events import Publisher
from tnet.events.kinds import HttpExchanged, Listening
from tnet.protocols.http1.requests import RequestHead
from tnet.servers.web.carrying.exchange import Exchange
from tnet.servers.web.carrying.report import report, shown_url
from tnet.servers.web.site import WebFactory


class ReportTests(TestCase):
    """The event of an exchange."""

    def report(
        self,
        *fields: tuple[bytes, bytes],
        target: bytes = b"/x\x1b",
        only: Any = None,
        heard: bytes | None = None,
    ) -> tuple[Publisher, Recorder]:
        """Report an exchange, of which no more than `heard` came, to somebody who wants `only` that."""
        publisher, recorder = Publisher(), Recorder()
        publisher.subscribe(recorder, only)
        carrier = Notes(WebFactory(None))  # type: ignore[arg-type]
        carrier.peer, carrier.trace = IPv4Address("TCP", "192.0.2.1", 1), publisher.trace()  # type: ignore[assignment]
        one = Exchange(carrier, 1, 0)
        one.head = RequestHead(b"GET", target, b"HTTP/1.0", list(fields))
        if heard is not None:
            one.heard(heard)
        one.status, one.bytes_in, one.bytes_out, one.reason = 404, 1, 2, "gone"
        report(one, 2.5)
        return publisher, recorder

    def test_reported(self) -> None:
        """The event says what was asked, answered and counted; peer text is escaped."""
        fields = ((b"user-AGENT", b"me\x07"), (b"REFERER", b"http://h/?token=x"))
        (event,) = self.report(*fields)[1].of(HttpExchanged)
        expected = HttpExchanged(
            method="GET", url="/x\\x1b", status=404, bytes_in=1, bytes_out=2, seconds=2.5, version="1.0",
            peer_address="192.0.2.1", user_agent="me\\x07", reason="gone",
            referer="http://h/?token=***",
        )  # fmt: skip
        self.assertEqual(event, expected)

    def test_refused_head(self) -> None:
        """Of a head that was refused the request line is told, if it is one."""
        line = b"GET /x?token=y HTTP/1.0\r\nHost: a b\r\n\r\n"
        nothing = ("-", "-", "1.1")
        for raw, told in ((line, ("GET", "/x?token=***", "1.0")), (b"GET /", nothing), (b"", nothing)):
            (event,) = self.report(heard=raw)[1].of(HttpExchanged)
            self.assertEqual((event.method, event.url, event.version), told)

    def test_unwanted(self) -> None:
        """When nobody wants it, it is counted."""
        publisher, recorder = self.report(only=[Listening])
        self.assertEqual((recorder.records, publisher.unbuilt[HttpExchanged.name]), ([], 1))

    def test_secrets(self) -> None:
        """Tokens of share links and secrets in queries are not told, however they were written."""
        for url, shown in (
            (b"/a?b=c&d", "/a?b=c&d"),
            (b"/a?token=x&b=c", "/a?token=***&b=c"),
            (b"/a?access_token=x", "/a?access_token=***"),
            (b"/a?key=x#share=y", "/a?key=***#share=***"),
            (b"/a?b&share=x", "/a?b&share=***"),
            (b"/a?sh%61re=x", "/a?sh%61re=***"),
            (b"/_tnet/share/abc.def/a.txt?x", "/_tnet/share/***/a.txt?x"),
            (b"/%5Ftnet/%73hare/abc.def", "/%5Ftnet/%73hare/***"),
            (b"http://h/_tnet/share/abc/", "http://h/_tnet/share/***/"),
            (b"/share/abc", "/share/abc"),
        ):
            self.assertEqual(shown_url(url), shown)
