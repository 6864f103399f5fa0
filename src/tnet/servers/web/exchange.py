"""One exchange as it is counted and reported: what was asked, what was answered, how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twisted.web.http_headers import Headers

from tnet.escape import excerpt
from tnet.events import Trace
from tnet.events.kinds import HttpExchanged
from tnet.protocols.http1.fields import tokens
from tnet.protocols.http1.requests import RequestHead

URL_BYTES = 2048

NOTHING = RequestHead(b"-", b"-", b"HTTP/1.1", [], keep_alive=False)


@dataclass(slots=True)
class Exchange:
    """What happens between one request and the end of its response.

    `status` is 0 until a response begins; `left` is how much of a declared Content-Length is still owed, None when
    none was declared. `keep` is whether another exchange may follow on this connection.

    Units: `began` in seconds of the connection's clock; `bytes_in`, `bytes_out` and `left` in bytes of the bodies.
    """

    head: RequestHead
    began: float
    keep: bool
    status: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    left: int | None = None
    reason: str = ""

    @property
    def bodiless(self) -> bool:
        """Whether its response has no body, whatever its fields say."""
        return self.head.method == b"HEAD" or self.status in (204, 304)

    def respond(self, code: bytes, reason: bytes, headers: Headers, *, last: bool) -> bytes:
        """The head of its response; whether another exchange may follow is decided here, and said in `headers`."""
        self.status = int(code)
        self._declare_length(headers)
        asked_to_close = b"close" in tokens(b",".join(headers.getRawHeaders(b"connection", [])))
        unframed = self.head.version == b"HTTP/1.0" and self.left is None and not self.bodiless
        if last or asked_to_close or unframed:
            self.keep = False
        if not self.keep:
            headers.setRawHeaders(b"connection", [b"close"])
        elif self.head.version == b"HTTP/1.0":
            headers.setRawHeaders(b"connection", [b"keep-alive"])
        lines = [b"HTTP/1.1 %b %b\r\n" % (code, reason)]
        lines += [b"%b: %b\r\n" % (name, value) for name, values in headers.getAllRawHeaders() for value in values]
        lines.append(b"\r\n")
        return b"".join(lines)

    def _declare_length(self, headers: Headers) -> None:
        if self.status in (204, 304) and headers.getRawHeaders(b"content-length", [b"0"]) == [b"0"]:
            headers.removeHeader(b"content-length")
        declared = headers.getRawHeaders(b"content-length")
        if declared and declared[0].isdigit() and not self.bodiless:
            self.left = int(declared[0])

    def owed(self, data: bytes) -> bytes:
        """As much of `data` as the declared length has room for."""
        if self.left is None:
            return data
        if len(data) > self.left:
            self.reason, self.keep = "the response is longer than its Content-Length", False
            data = data[: self.left]
        self.left -= len(data)
        return data

    def report(self, trace: Trace, now: float, peer: Any) -> None:
        """Emit its event."""
        if not trace.wants(HttpExchanged):
            trace.publisher.unbuilt[HttpExchanged.name] += 1
            return
        agent = next((value for name, value in self.head.fields if name.lower() == b"user-agent"), None)
        trace.emit(
            HttpExchanged,
            method=excerpt(self.head.method, 32),
            url=excerpt(self.head.target, URL_BYTES),
            status=self.status,
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
            seconds=now - self.began,
            version=self.head.version.removeprefix(b"HTTP/").decode("ascii"),
            peer_address=getattr(peer, "host", None),
            user_agent=None if agent is None else excerpt(agent),
            reason=self.reason or None,
        )
