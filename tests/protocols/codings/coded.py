"""Bodies in every coding, for the tests of how they are undone."""

import gzip
import zlib

import brotli
from backports import zstd


def raw_deflate(data: bytes) -> bytes:
    """`data` as a deflate stream without the zlib wrapper."""
    coder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return coder.compress(data) + coder.flush()


CODERS = {
    b"gzip": lambda data: gzip.compress(data, mtime=0),
    b"x-gzip": lambda data: gzip.compress(data, mtime=0),
    b"deflate": zlib.compress,
    b"br": brotli.compress,
    b"zstd": zstd.compress,
}
