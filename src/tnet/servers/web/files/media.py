"""What kind of file a name promises; the same on every machine, and never a guess that a browser would run."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from mimetypes import MimeTypes

_TYPES = MimeTypes()
for _extension, _type in {
    ".avif": "image/avif",
    ".flac": "audio/flac",
    ".geojson": "application/geo+json",
    ".js": "text/javascript",
    ".jsonl": "application/jsonl",
    ".log": "text/plain",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".otf": "font/otf",
    ".rst": "text/x-rst",
    ".sql": "application/sql",
    ".toml": "application/toml",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".7z": "application/x-7z-compressed",
    ".zst": "application/zstd",
}.items():
    _TYPES.add_type(_type, _extension)

_ENCODED = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
}
_ALSO_TEXT = ("application/sql", "application/xml", "image/svg+xml")
_SHRINKS = re.compile(
    r"text/.*|.*\+(?:json|xml)|font/(?:ttf|otf|collection)|image/(?:bmp|x-ms-bmp|vnd\.microsoft\.icon|x-icon)"
    r"|application/(?:json|xml|yaml|toml|jsonl|wasm|x-sh|x-tex|sql|rtf|postscript|vnd\.ms-fontobject)"
)
_ACTIVE = ("text/html", "image/svg+xml", "application/xhtml+xml", "application/xml", "text/xml")


@lru_cache(maxsize=1024)
def media_type(name: bytes) -> bytes:
    """The Content-Type for a file of this name: `application/octet-stream` when nothing is known."""
    kind, encoding = _TYPES.guess_type("x" + os.fsdecode(os.path.splitext(name)[1]) if name[:1] != b"." else "x")
    if encoding is not None:
        kind = _ENCODED.get(encoding)
    if kind is None:
        return b"application/octet-stream"
    text = kind.startswith("text/") or kind in _ALSO_TEXT
    return (kind + ("; charset=utf-8" if text else "")).encode("ascii")


def is_active(media: bytes) -> bool:
    """Whether a browser may run what is inside."""
    return media.partition(b";")[0].decode("ascii") in _ACTIVE


@lru_cache(maxsize=256)
def is_compressible(media: bytes) -> bool:
    """Whether files of this type are as a rule not compressed already, and shrink when they are."""
    return _SHRINKS.fullmatch(media.partition(b";")[0].decode("ascii")) is not None
