"""The two heads of HTTP that open a WebSocket: ours, and the answer's.

Source: RFC 6455 sections 4.1 and 4.2; RFC 9110 section 7.2 for Host.
"""

from __future__ import annotations

import re

from tnet.errors import MalformedReply
from tnet.plans import WebSocketAddress
from tnet.protocols.http1.responses import Fields, ResponseHead

LARGEST_HEAD_BYTES = 1 << 16
SWITCHING_PROTOCOLS = 101

_END = re.compile(rb"\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/(1\.[01]) ([1-9][0-9]{2})(?: (.*))?")


class AnswerHead:
    """Collects the head of the answer from bytes that are cut anywhere; `peer` is how errors name who sends it.

    Whoever opens the WebSocket judges the fields.
    """

    def __init__(self, peer: str) -> None:
        self._peer = peer
        self._data = b""

    @property
    def has_begun(self) -> bool:
        """Whether anything came."""
        return bool(self._data)

    def feed(self, data: bytes) -> tuple[ResponseHead | None, int]:
        """The head, once it is complete, and how many bytes of `data` belonged to it.

        Raises: MalformedReply.
        """
        before = len(self._data)
        self._data += data
        if not b"HTTP/1.".startswith(self._data[:7]):
            raise MalformedReply(self._peer, "it does not speak HTTP, with which a WebSocket begins")
        end = _END.search(self._data, max(before - 2, 0))
        if (end.start() if end else len(self._data)) > LARGEST_HEAD_BYTES:
            raise MalformedReply(self._peer, f"the head of its answer has more than {LARGEST_HEAD_BYTES} bytes")
        if end is None:
            return None, len(data)
        return self._parsed(self._data[: end.start()]), end.end() - before

    def _parsed(self, head: bytes) -> ResponseHead:
        first, *lines = _LINE_END.split(head.removesuffix(b"\r"))
        match = _STATUS_LINE.fullmatch(first)
        if match is None:
            raise MalformedReply(self._peer, "its answer has no HTTP status")
        return ResponseHead(match[1].decode(), int(match[2]), match[3] or b"", _fields(lines))


def request_head(head: bytes, address: WebSocketAddress) -> bytes:
    """`head`, which asks for a WebSocket somewhere, as one that asks for it at `address`."""
    _, *lines = head.split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(b"host:")]
    first = [f"GET {address.path} HTTP/1.1".encode("ascii"), b"Host: " + host_field(address)]
    return b"\r\n".join(first + kept)


def request_fields(head: bytes) -> Fields:
    """The fields of a request's head."""
    return _fields(head.split(b"\r\n")[1:])


def host_field(address: WebSocketAddress) -> bytes:
    """What Host says: with brackets around IPv6, without a zone, and with the port where it is not the scheme's own."""
    host = address.host.partition("%")[0]
    shown = f"[{host}]" if ":" in host else host
    own = 443 if address.tls else 80
    return (shown if address.port == own else f"{shown}:{address.port}").encode("ascii")


def _fields(lines: list[bytes]) -> Fields:
    pairs = (line.partition(b":") for line in lines if line)
    return tuple((name.strip(), value.strip()) for name, _, value in pairs)
