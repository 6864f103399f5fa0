"""One compressed stream each, behind the interface that the standard library gives bz2, lzma and zstd."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tnet.protocols.codings.libraries import brotli, zstandard

STEP_BYTES = 1 << 14
"""How much a decompressor is given at once, so that what it does not read is cheap to hand back."""
PIECE_BYTES = 1 << 16
"""How much it gives at once at most."""

_ZSTD_WINDOW_BITS = 23


class Decompressor(Protocol):
    """Undoes one stream.

    `needs_input` is False while it could give more without any. After the stream's end (`eof`), `unused_data` is
    what was fed beyond it.
    """

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Coding:
    """How a content coding is undone: by what `new` makes, which raises `error` for what it cannot read.

    A stream that begins with one of `beginnings` may follow another; what else follows is `surplus` to be ignored,
    or an error.
    """

    name: str
    new: Callable[[], Decompressor]
    error: type[Exception]
    beginnings: tuple[bytes, ...] = ()
    surplus: bool = True


class Zlib:
    """A gzip member, or a stream that is called deflate: in its zlib wrapper as it should be, or raw as it often is.

    The first byte tells: the compression method 8 of a zlib header would be invalid padding in raw deflate.

    Source: RFC 1950 section 2.2; RFC 1951 section 3.2.4; RFC 9110 section 8.4.1.2 for the confusion.
    """

    def __init__(self, *, gzip: bool) -> None:
        self._inner = zlib.decompressobj(16 + zlib.MAX_WBITS) if gzip else None
        self._full = False

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._inner is not None and self._inner.eof

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing more to give without input."""
        return not self._full

    @property
    def unused_data(self) -> bytes:
        """What follows the stream."""
        return self._inner.unused_data if self._inner is not None else b""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` bytes of what `data` adds. Raises: zlib.error."""
        if self._inner is None:
            self._inner = zlib.decompressobj(zlib.MAX_WBITS if data[0] & 0x0F == 8 else -zlib.MAX_WBITS)
        piece = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self._full = len(piece) == max_length and not self._inner.eof
        return piece


class Brotli:
    """A brotli stream.

    Its decoder fails when anything follows the stream in one piece, and gives more than it is asked for: up to
    four times as much as we ask, which is why that is a quarter.
    """

    unused_data = b""

    def __init__(self) -> None:
        self._inner = brotli().Decompressor()
        self._full = False

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return bool(self._inner.is_finished())

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing more to give without input."""
        return not self._full

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` bytes of what `data` adds. Raises: the `error` of its package."""
        asked = max_length // 4
        piece: bytes = self._inner.process(data, output_buffer_limit=asked)
        self._full = len(piece) >= asked or not self._inner.can_accept_more_data()
        return piece


def gzip_coding() -> Coding:
    """gzip: members may follow one another. Source: RFC 1952 section 2.2."""
    return Coding("gzip", lambda: Zlib(gzip=True), zlib.error, (b"\x1f\x8b",))


def deflate_coding() -> Coding:
    """deflate, with a zlib wrapper or without."""
    return Coding("deflate", lambda: Zlib(gzip=False), zlib.error)


def brotli_coding() -> Coding:
    """br. Source: RFC 7932."""
    return Coding("br", Brotli, brotli().error, surplus=False)


def zstd_coding() -> Coding:
    """zstd: frames may follow one another, those to skip as well; a window has 8 MiB at most.

    Source: RFC 8878 section 3.1; RFC 9659 section 3 for the window.
    """
    zstd = zstandard()
    options = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_BITS}
    skippable = tuple(b"%c\x2a\x4d\x18" % byte for byte in range(0x50, 0x60))
    return Coding(
        "zstd", lambda: zstd.ZstdDecompressor(options=options), zstd.ZstdError, (b"\x28\xb5\x2f\xfd", *skippable)
    )
