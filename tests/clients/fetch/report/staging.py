"""What the tests of reports share: a command whose events and facts a test tells, at the times it likes."""

from __future__ import annotations

from typing import Any

from tests.view.staging import Stage, opened, send
from tnet.clients.fetch.report.account import Account, account_of
from tnet.clients.fetch.report.ledger import KINDS, Ledger
from tnet.errors import TnetError
from tnet.events import kinds
from tnet.protocols.http1.responses import Fields, ResponseHead

ASKED: Fields = ((b"Host", b"h"), (b"Authorization", b"Basic c2VjcmV0"))


def head(status: int = 200, *fields: tuple[bytes, bytes], reason: bytes = b"OK") -> ResponseHead:
    """The head of an answer."""
    return ResponseHead("1.1", status, reason, fields)


class Command:
    """A command of which a ledger takes notice. Units: milliseconds."""

    def __init__(self, *, bodies: bool = False) -> None:
        self.stage = Stage()
        self.ledger = Ledger(bodies=bodies)
        self.stage.publisher.subscribe(self.ledger, KINDS)

    def tell(self, at: float, event: kinds.Event, request: int | None = None, conn: int | None = None) -> None:
        """An event happens at some time."""
        self.stage.now = at / 1000
        send(self.stage.publisher, event, conn, request)

    def span(self, name: str, start: float, end: float, request: int, conn: int, outcome: str = "ok") -> None:
        """Something took from `start` to `end`."""
        seconds = (end - start) / 1000
        error = None if outcome == "ok" else "ReceiveFailed"
        self.tell(end, kinds.SpanEnded(span=name, seconds=seconds, outcome=outcome, error=error), request, conn)

    def begin(self, request: int, at: float, url: str, **more: Any) -> None:
        """A request begins."""
        event = kinds.RequestBegan(**{"method": "GET", "url": url, "transfer": 1} | more)
        self.tell(at, event, request)

    def way(self, request: int, at: float, conn: int, *, tls: bool = False) -> float:
        """Its name is looked up (10 ms), a connection made (20 ms), and perhaps secured (30 ms); when that is over."""
        self.tell(at + 10, kinds.DnsAnswered(host="h", addresses=("192.0.2.1",), seconds=0.01), request, conn)
        attempt = kinds.DialAttempted(peer_address="192.0.2.1", peer_port=80, outcome="ok", seconds=0.02)
        self.tell(at + 30, attempt, request, conn)
        self.tell(at + 30, opened("192.0.2.1", 80, role="client"), request, conn)
        if tls:
            handshake = kinds.TlsHandshaken(outcome="ok", seconds=0.03, tls_version="TLSv1.3", subject="h")
            self.tell(at + 60, handshake, request, conn)
        return at + (60 if tls else 30)

    def answer(self, request: int, at: float, conn: int, answer: ResponseHead, body: bytes = b"", **more: Any) -> float:
        """It is sent (1 ms), answered (40 ms) and received (5 ms); when that is over."""
        self.ledger.asked(request, ASKED)
        self.span("send", at, at + 1, request, conn)
        self.ledger.answered(request, answer)
        self.span("wait", at + 1, at + 41, request, conn)
        if more.pop("read", True):
            self.ledger.received(request, body)
            self.ledger.read(request, len(body), len(body))
            self.span("receive", at + 41, at + 46, request, conn)
        self.ledger.ended(request, (), len(answer.as_bytes()) + len(body), 100)
        event = kinds.HttpExchanged(
            method="GET", url="", status=answer.status, bytes_in=0, bytes_out=0, seconds=0.046, **more
        )
        self.tell(at + 46, event, request, conn)
        return at + 46

    def fetched(self, request: int = 1, at: float = 0, url: str = "http://h/", **more: Any) -> float:
        """A whole request, over a connection of its own unless that is `reused`; when it is over."""
        self.begin(request, at, url, transfer=more.pop("transfer", 1), cause=more.pop("cause", "first"))
        conn = more.pop("conn", request)
        ready = at if more.pop("reused", False) else self.way(request, at, conn, tls=url.startswith("https"))
        return self.answer(request, ready, conn, more.pop("head", head()), more.pop("body", b"hello"), **more)

    def account(self, error: TnetError | None = None, transfer: int = 1) -> Account:
        """What is known in the end."""
        return account_of(self.ledger, transfer, "http://h/", error)


def redirected_once(*, bodies: bool = False) -> Command:
    """A command that was redirected from http to https."""
    command = Command(bodies=bodies)
    moved = head(302, (b"Location", b"https://user:secret@h/to?a=1&b="), (b"Set-Cookie", b"sid=secret"), reason=b"")
    over = command.fetched(1, 0, "http://h/", head=moved, body=b"moved", read=False)
    found = head(200, (b"Content-Type", b"text/plain"), (b"X-A", b"1"), (b"x-a", b"2"))
    command.fetched(2, over, "https://h/to?a=1&b=", cause="redirect", head=found, body=b"hello world")
    return command
