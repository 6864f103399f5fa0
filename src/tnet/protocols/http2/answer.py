"""The answer on one HTTP/2 stream: that it is whole, and bounded, and as long as it says.

Source: RFC 9113 section 8.1; CVE-2023-38039 for headers without end.
"""

from __future__ import annotations

from collections.abc import Iterable

from tnet.errors import BodyCutShort, MalformedReply, ReceiveFailed
from tnet.protocols.http1.responses import (
    LINE_BYTES,
    SECTION_BYTES,
    SECTION_LINES,
    Fields,
    ResponseEnd,
    ResponseHead,
)
from tnet.protocols.http2.heads import ordinary, response_head


class Answer:
    """What has come in answer to a request of that `method`."""

    def __init__(self, method: bytes, peer: str) -> None:
        self._method = method
        self._peer = peer
        self._expected: int | None = None
        self._received = 0
        self._trailers: Fields = ()
        self._section_bytes = 0
        self._section_lines = 0

    def head(self, fields: Iterable[tuple[bytes, bytes]]) -> ResponseHead:
        """The head that came, interim or not.

        Raises: MalformedReply, ReceiveFailed when it is without measure.
        """
        head = response_head(self._bounded(fields), self._peer)
        if not head.interim:
            bodiless = self._method == b"HEAD" or head.status in (204, 304)
            self._expected = 0 if bodiless else head.length
        return head

    def body(self, data: bytes) -> bytes:
        """A piece of the body.

        Raises: MalformedReply when it is more than there was to be.
        """
        self._received += len(data)
        if self._expected is not None and self._received > self._expected:
            raise MalformedReply(self._peer, f"its body has more than the {self._expected} bytes it was to have")
        return data

    def trailers(self, fields: Iterable[tuple[bytes, bytes]]) -> None:
        """Fields came behind the body.

        Raises: MalformedReply, ReceiveFailed when they are without measure.
        """
        self._trailers = ordinary(self._bounded(fields), self._peer)

    def end(self) -> ResponseEnd:
        """Nothing more comes.

        Raises: BodyCutShort.
        """
        if self._expected is not None and self._received < self._expected:
            raise BodyCutShort(self._received, self._expected)
        return ResponseEnd(self._trailers)

    def _bounded(self, fields: Iterable[tuple[bytes, bytes]]) -> Fields:
        """The fields; all heads and trailers of an answer are counted together."""
        plain = tuple((name, value) for name, value in fields)
        sizes = [len(name) + len(value) for name, value in plain]
        self._section_bytes += sum(sizes)
        self._section_lines += 1 + len(sizes)
        if max(sizes, default=0) > LINE_BYTES:
            raise ReceiveFailed(self._peer, f"a field has more than {LINE_BYTES} bytes")
        if self._section_bytes > SECTION_BYTES or self._section_lines > SECTION_LINES:
            raise ReceiveFailed(self._peer, f"its header has more than {SECTION_LINES} lines or {SECTION_BYTES} bytes")
        return plain
