"""What the web tests share: a wire to a site, with time in their hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.resource import IResource
from zope.interface import directlyProvides

from tests.support import Recorder
from tnet.events import Publisher
from tnet.events.kinds import HttpExchanged
from tnet.servers.web.carrying.channel import Channel
from tnet.servers.web.site import WebFactory


class Socket(StringTransport):
    """A transport that can half-close and that counts what the system took."""

    bytes_out = 0
    half_closed = False
    ended_because = ""

    def loseWriteConnection(self) -> None:
        self.half_closed = True

    def abortConnection(self) -> None:
        super().abortConnection()
        self.aborted = True

    aborted = False


@dataclass
class Reply:
    """One response, taken apart."""

    status: int
    fields: dict[bytes, bytes]
    body: bytes


class Wire:
    """A client's end of one connection to `resource`; `head` says which responses have no body."""

    def __init__(self, resource: IResource | None = None, site: WebFactory | None = None, **options: Any) -> None:
        self.clock = Clock()
        if site is None:
            assert resource is not None
            site = WebFactory(resource, reactor=self.clock, now=self.clock.seconds, **options)
        self.site = site
        self.recorder = Recorder()
        publisher = Publisher(self.clock.seconds, self.clock.seconds)
        publisher.subscribe(self.recorder)
        self.socket = Socket(peerAddress=IPv4Address("TCP", "127.0.0.1", 50000))
        directlyProvides(self.socket, ITCPTransport)
        self.channel: Channel = site.buildProtocol(None)
        self.channel.trace = publisher.trace()
        self.channel.makeConnection(self.socket)

    def send(self, *pieces: bytes) -> None:
        """Let `pieces` arrive."""
        for piece in pieces:
            self.channel.dataReceived(piece)

    def ask(self, method: str, path: str, *fields: str, body: bytes = b"", version: str = "1.1") -> None:
        """Let one whole request arrive."""
        lines = [f"{method} {path} HTTP/{version}", "Host: h", *fields]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def reply(self, *, bodiless: bool = False) -> Reply:
        """The next response, which must be there and complete."""
        self.clock.advance(0)
        reply, rest = take_reply(self.socket.value(), bodiless)
        self.socket.clear()
        self.socket.io.write(rest)
        return reply

    def get(self, path: str, *fields: str, method: str = "GET") -> Reply:
        """The response to one request without a body."""
        self.ask(method, path, *fields)
        return self.reply(bodiless=method == "HEAD")

    @property
    def sent(self) -> bytes:
        """What we were sent and have not taken yet."""
        return self.socket.value()

    @property
    def exchanges(self) -> list[HttpExchanged]:
        """The exchanges reported so far."""
        return self.recorder.of(HttpExchanged)

    def hang_up(self, reason: Exception) -> None:
        """Let the connection be lost."""
        self.channel.connectionLost(Failure(reason))


def take_reply(data: bytes, bodiless: bool = False) -> tuple[Reply, bytes]:
    """The first response in `data`, and what follows it."""
    head, separator, rest = data.partition(b"\r\n\r\n")
    assert separator, f"no whole response in {data!r}"
    line, *lines = head.split(b"\r\n")
    fields = {name.lower(): value for name, _, value in (field.partition(b": ") for field in lines)}
    status = int(line.split(b" ")[1])
    if bodiless or status in (204, 304) or status < 200:
        return Reply(status, fields, b""), rest
    if fields.get(b"transfer-encoding") == b"chunked":
        body, rest = _unchunk(rest)
        return Reply(status, fields, body), rest
    length = int(fields.get(b"content-length", len(rest)))
    assert len(rest) >= length, f"{len(rest)} of {length} bytes in {data!r}"
    return Reply(status, fields, rest[:length]), rest[length:]


def _unchunk(data: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        body, data = body + data[:length], data[length + 2 :]
        if not length:
            return body, data
