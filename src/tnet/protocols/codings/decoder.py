"""A body with all of its content codings undone, within limits.

Source: RFC 9110 section 8.4; CVE-2022-32206 and CVE-2023-23916 for the number of codings.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence

from tnet.errors import BodyCutShort, EncodingUnreadable, TooLarge
from tnet.escape import excerpt
from tnet.protocols.codings.decompressors import Coding, brotli_coding, deflate_coding, gzip_coding, zstd_coding
from tnet.protocols.codings.stage import Stage
from tnet.protocols.http1.fields import tokens

ACCEPTED = "gzip, deflate, br, zstd"
"""What we can undo, for Accept-Encoding."""

MOST_CODINGS = 5
MOST_RATIO = 200
HARMLESS_BYTES = 1 << 20

_TOO_DENSE = f"it grows to more than {MOST_RATIO} times its size"

_KNOWN: dict[bytes, Callable[[], Coding]] = {
    b"gzip": gzip_coding,
    b"x-gzip": gzip_coding,
    b"deflate": deflate_coding,
    b"br": brotli_coding,
    b"zstd": zstd_coding,
}


def decoder(codings: Sequence[bytes], peer: str, *, limit_bytes: int = 0) -> Decoder:
    """What undoes `codings`, the values of all Content-Encoding fields, in memory that does not grow with the body.

    Units: `limit_bytes` of decoded body; 0 is no limit but `MOST_RATIO`, which a limit takes the place of.

    Raises: EncodingUnreadable for a coding that we do not know, and for too many of them.
    """
    names = [name for value in codings for name in tokens(value) if name != b"identity"]
    if len(names) > MOST_CODINGS:
        raise EncodingUnreadable(peer, f"{len(names)} codings on top of one another")
    for name in names:
        if name not in _KNOWN:
            raise EncodingUnreadable(peer, f'"{excerpt(name, 80)}" is not a coding that we can undo')
    return Decoder([Stage(_KNOWN[name](), peer) for name in reversed(names)], limit_bytes)


class Decoder:
    """Undoes the codings of one body by `stages`, the last coding first.

    After `HARMLESS_BYTES`, no stage may make more than `MOST_RATIO` times as much as came over the wire, unless a limit
    allows more.

    Units: `wire_bytes` were fed, `decoded_bytes` given.
    """

    def __init__(self, stages: Sequence[Stage], limit_bytes: int = 0) -> None:
        self.wire_bytes = 0
        self.decoded_bytes = 0
        self._stages = stages
        self._made = [0] * len(stages)
        self._limit = limit_bytes or sys.maxsize
        self._harmless = max(HARMLESS_BYTES, limit_bytes)
        self._reason = () if limit_bytes else (_TOO_DENSE, "--max-size SIZE allows as much as that")

    @property
    def surplus(self) -> bool:
        """Whether bytes came behind the coded body, and were ignored; certain at the end."""
        return any(stage.surplus for stage in self._stages)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` decodes to, decoded only as it is asked for. Iterate to the end, at any pace.

        Shape: pieces of 1 byte to 64 KiB, but without a coding `data` itself.

        Raises: EncodingUnreadable, TooLarge, after the pieces before the fault.
        """
        self.wire_bytes += len(data)
        return self._through(0, data)

    def finish(self) -> Iterator[bytes]:
        """What is left when nothing follows: nothing, because nothing is held back.

        Raises: BodyCutShort when the coded body has no end.
        """
        for stage in self._stages:
            if not stage.whole:
                raise BodyCutShort(self.wire_bytes, coding=stage.name)
        return iter(())

    def _through(self, depth: int, data: bytes) -> Iterator[bytes]:
        """Undo the codings from `depth` on; each waits with its next piece until the ones behind it are done."""
        if depth == len(self._stages):
            self.decoded_bytes += len(data)
            if self.decoded_bytes > self._limit:
                raise TooLarge("the decoded body", self._limit)
            if data:
                yield data
            return
        for piece in self._stages[depth].feed(data):
            self._weigh(depth, piece)
            yield from self._through(depth + 1, piece)

    def _weigh(self, depth: int, piece: bytes) -> None:
        self._made[depth] += len(piece)
        most = max(self._harmless, MOST_RATIO * self.wire_bytes)
        if self._made[depth] > most:
            raise TooLarge("the decoded body", most, *self._reason)
