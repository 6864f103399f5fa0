"""Answers in a content coding, whether the client asked for it or not."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable

from tnet.protocols.codings import libraries
from tnet.servers.web.inspector.endpoints.call import Answer, Call
from tnet.servers.web.inspector.endpoints.echoes import header_fields, origin

Compress = Callable[[bytes], bytes]


def gzipped(call: Call) -> Answer:
    """gzip."""
    return _coded(call, "gzipped", b"gzip", gzip.compress)


def deflated(call: Call) -> Answer:
    """deflate, in its zlib wrapper."""
    return _coded(call, "deflated", b"deflate", zlib.compress)


def brotlied(call: Call) -> Answer:
    """br."""
    return _coded(call, "brotli", b"br", libraries.brotli().compress)


def zstandard(call: Call) -> Answer:
    """zstd."""
    return _coded(call, "zstd", b"zstd", libraries.zstandard().compress)


def _coded(call: Call, name: str, coding: bytes, compress: Compress) -> Answer:
    method = call.request.method.decode("ascii")
    found = {name: True, "headers": header_fields(call), "method": method, "origin": origin(call)}
    return Answer(compress(json.dumps(found, indent=2).encode() + b"\n"), fields=((b"Content-Encoding", coding),))
