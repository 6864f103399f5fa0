"""Headers, put together from the frames that they come in, and decompressed.

Source: RFC 9113 section 4.3; RFC 7541; CVE-2016-6581 for what a small one may decompress to.
"""

from __future__ import annotations

from operator import is_
from typing import Any

from hpack.exceptions import HPACKError, OversizedHeaderListError

from tnet.protocols.http1.responses import Fields
from tnet.protocols.http2.frames import CONTINUATION, END_HEADERS, Frame
from tnet.protocols.http2.reasons import COMPRESSION_ERROR, ENHANCE_YOUR_CALM, PROTOCOL_ERROR, Fault

KNOWN_BLOCKS = 64
KNOWN_BLOCK_BYTES = 1024


class Blocks:
    """One after the other; `begun` counts them.

    `decoder` is hpack's, and bounds what comes out; `Frames` bounds what goes in.
    """

    def __init__(self, decoder: Any) -> None:
        self.begun = 0
        self._known: dict[bytes, Fields] = {}
        self._decoder = decoder
        self._first: Frame | None = None
        self._pieces: list[bytes] = []

    @property
    def open(self) -> bool:
        """Whether a header has begun and its end has not come: no frame but its next one may come before that."""
        return self._first is not None

    def add(self, frame: Frame) -> tuple[Frame, Fields] | None:
        """Take a HEADERS frame, or whatever comes while one is open; its first frame and its fields once it is whole.

        Raises: Fault.
        """
        first = self._first or frame
        if (frame.kind == CONTINUATION) is not self.open or frame.stream != first.stream:
            raise Fault(PROTOCOL_ERROR, "it breaks HTTP/2: a header is interrupted, or goes on without a beginning")
        if self._first is None:
            self._first = frame
            self.begun += 1
        self._pieces.append(frame.block())
        if not frame.flags & END_HEADERS:
            return None
        block, self._pieces, self._first = b"".join(self._pieces), [], None
        return first, self._decoded(block)

    def _decoded(self, block: bytes) -> Fields:
        """The fields; a block that has left the table as it was means the same until the table changes."""
        if (known := self._known.get(block)) is not None:
            return known
        before = self._table()
        fields = self._decompressed(block)
        if not all(map(is_, before, self._table())) or len(self._known) >= KNOWN_BLOCKS:
            self._known.clear()
        elif len(block) <= KNOWN_BLOCK_BYTES:
            self._known[block] = fields
        return fields

    def _table(self) -> tuple[object, ...]:
        """What is another object, or number, whenever the decoder's table has changed."""
        table = self._decoder.header_table
        entries = table.dynamic_entries
        return table.maxsize, len(entries), entries[0] if entries else None

    def _decompressed(self, block: bytes) -> Fields:
        try:
            return tuple((name, value) for name, value in self._decoder.decode(block, raw=True))
        except OversizedHeaderListError as error:
            raise Fault(ENHANCE_YOUR_CALM, "a header is larger than anybody needs") from error
        except HPACKError as error:
            raise Fault(COMPRESSION_ERROR, "it breaks HTTP/2: a header cannot be decompressed") from error
