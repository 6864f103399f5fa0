"""Content codings made on the fly: quick levels, and windows small enough for many at once. All of it blocks.

The same data always gives the same bytes, so that what is made twice is one version of one thing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from tnet.protocols.codings.libraries import brotli, zstandard

_GZIP_LEVEL, _GZIP_WRAPPED = 5, 31
_BROTLI_QUALITY, _BROTLI_WINDOW_BITS = 4, 19
_ZSTD_LEVEL, _ZSTD_WINDOW_BITS = 3, 19

_ZSTD_HEADER_BYTES = 18
_GZIP_TRAILER_BYTES = 4
_SIZE_UNKNOWN = None


@dataclass(frozen=True, slots=True)
class Compressor:
    """One stream: what `compress` gives, piece after piece, and at last what `finish` gives."""

    compress: Callable[[bytes], bytes]
    finish: Callable[[], bytes]


def compressor(coding: bytes) -> Compressor:
    """A new stream in one of encodings.CODINGS."""
    return _NEW[coding]()


def compressed(coding: bytes, data: bytes) -> bytes:
    """The whole of `data` as one stream."""
    stream = compressor(coding)
    return stream.compress(data) + stream.finish()


def promises(coding: bytes, size: int, read: Callable[[int, int], bytes], length: int) -> bool:
    """Whether a compressed file of `length` bytes says that it holds `size` bytes, as far as its format says so.

    `read` gives bytes of it by offset and number.

    Source: RFC 1952 section 2.3.1; RFC 8878 section 3.1.1.
    """
    if coding == b"gzip":
        trailer = read(max(0, length - _GZIP_TRAILER_BYTES), _GZIP_TRAILER_BYTES)
        return int.from_bytes(trailer, "little") == size & 0xFFFFFFFF
    if coding == b"zstd":
        zstd = zstandard()
        try:
            return zstd.get_frame_info(read(0, _ZSTD_HEADER_BYTES)).decompressed_size in (_SIZE_UNKNOWN, size)
        except zstd.ZstdError:
            return False
    return True


def _gzip() -> Compressor:
    stream = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WRAPPED)
    return Compressor(stream.compress, stream.flush)


def _br() -> Compressor:
    stream = brotli().Compressor(quality=_BROTLI_QUALITY, lgwin=_BROTLI_WINDOW_BITS)
    return Compressor(stream.process, stream.finish)


def _zst() -> Compressor:
    zstd = zstandard()
    parameter = zstd.CompressionParameter
    options = {parameter.compression_level: _ZSTD_LEVEL, parameter.window_log: _ZSTD_WINDOW_BITS}
    stream = zstd.ZstdCompressor(options=options)
    return Compressor(stream.compress, stream.flush)


_NEW = {b"gzip": _gzip, b"br": _br, b"zstd": _zst}
