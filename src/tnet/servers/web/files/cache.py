"""Whole responses of small files, kept ready to be written, and never given without a look at the file.

A response is kept together with what every name on the way to its file was: each directory's identity, and of the
file, and of the compressed file beside it that was sent instead, all that changes when they do. `look_up` compares.
"""

from __future__ import annotations

import os
import stat
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from twisted.web.http_headers import Headers

from tnet.servers.web.files.conditions import is_fresh
from tnet.servers.web.files.encodings import acceptable
from tnet.servers.web.files.root import OpenFile, Root

SMALL_BYTES = 64 * 1024

_OF_THE_CONNECTION = frozenset((b"server", b"date", b"connection", b"keep-alive", b"transfer-encoding"))
_OF_THE_CLIENT = b"set-cookie"
_ENTRY_BYTES = 1024

Signature = tuple[int, ...]
Key = tuple[bytes, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Stored:
    """A whole response with status 200: its encoded field lines without Server, Date and Connection, and its body.

    The body is empty for HEAD.
    """

    fields: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class _Entry:
    watched: tuple[tuple[bytes, Signature], ...]
    whole: Stored
    head: Stored

    @property
    def size(self) -> int:
        return _ENTRY_BYTES + len(self.whole.fields) + len(self.whole.body)


class SmallFiles:
    """The responses used last: at most `entries` of them, with `limit_bytes` together.

    `wall` is the clock that time stamps of files are told by.
    """

    def __init__(
        self,
        root: Root,
        *,
        entries: int = 4096,
        limit_bytes: int = 1 << 25,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._base = root.path + b"/"
        self._limit = entries
        self._limit_bytes = limit_bytes
        self._wall = wall
        self._bytes = 0
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()

    def look_up(self, method: bytes, target: bytes, accept_encoding: bytes) -> Stored | None:
        """The response to a request that says nothing else that matters; None for what must take the long way."""
        key = (target, acceptable(accept_encoding))
        entry = self._entries.get(key)
        if entry is None:
            return None
        if not self._is_current(entry):
            self._forget(key)
            return None
        self._entries.move_to_end(key)
        if method == b"GET":
            return entry.whole
        return entry.head if method == b"HEAD" else None

    def keep(
        self, target: bytes, accept_encoding: bytes, headers: Headers, body: bytes, files: Sequence[OpenFile]
    ) -> None:
        """Remember the response to GET that was just made of `files`, if what it depends on can be watched.

        The first of them is the one that was asked for. It cannot be watched when a link is on the way to it, or when
        it is so young that it could change unnoticed.
        """
        if len(body) > SMALL_BYTES or not _names(target, files[0]) or not _is_for_everybody(headers):
            return
        fields = _encoded(headers)
        try:
            watched = tuple(self._watched(files))
        except (OSError, _Unwatchable):
            return
        key = (target, acceptable(accept_encoding))
        self._forget(key)
        entry = _Entry(watched, Stored(fields, body), Stored(fields, b""))
        self._entries[key] = entry
        self._bytes += entry.size
        while self._bytes > self._limit_bytes or len(self._entries) > self._limit:
            self._forget(next(iter(self._entries)))

    def close(self) -> None:
        """Keep nothing any more."""
        self._entries.clear()
        self._limit = 0

    def _is_current(self, entry: _Entry) -> bool:
        try:
            return all(
                _signature(os.stat(self._base + path, follow_symlinks=False)) == signature
                for path, signature in entry.watched
            )
        except OSError:
            return False

    def _forget(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry.size

    def _watched(self, files: Sequence[OpenFile]) -> Iterator[tuple[bytes, Signature]]:
        wall, paths = self._wall(), dict.fromkeys(path for file in files for path in _directories(file.names))
        for path in paths:
            status = os.stat(self._base + path, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                raise _Unwatchable
            yield path, _signature(status)
        for file in files:
            path, signature = b"/".join(file.names), _signature(file.status)
            fresh = is_fresh(file.status.st_mtime_ns, wall) or is_fresh(file.status.st_ctime_ns, wall)
            if fresh or _signature(os.stat(self._base + path, follow_symlinks=False)) != signature:
                raise _Unwatchable
            yield path, signature


class _Unwatchable(Exception):
    """What this response depends on is not told by the names on the way to it."""


def _signature(status: os.stat_result) -> Signature:
    """What changes when the file does; a directory stays the same whatever comes and goes in it."""
    if stat.S_ISDIR(status.st_mode):
        return status.st_dev, status.st_ino
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _directories(names: Sequence[bytes]) -> Iterator[bytes]:
    """The path of each directory on the way to a file."""
    for depth in range(1, len(names)):
        yield b"/".join(names[:depth])


def _names(target: bytes, file: OpenFile) -> bool:
    """Whether a target names the file itself, or its directory; not where a link to it is."""
    path, place = unquote_to_bytes(target), b"/" + b"/".join(file.names)
    return path in (place, place.rpartition(b"/")[0] + b"/")


def _is_for_everybody(headers: Headers) -> bool:
    """Whether nothing in a response depends on more of the request than its coding."""
    varies = {name.strip() for line in headers.getRawHeaders(b"vary", []) for name in line.lower().split(b",")}
    return not headers.hasHeader(_OF_THE_CLIENT) and varies <= {b"accept-encoding"}


def _encoded(headers: Headers) -> bytes:
    return b"".join(
        b"%b: %b\r\n" % (name, value)
        for name, values in headers.getAllRawHeaders()
        if name.lower() not in _OF_THE_CONNECTION
        for value in values
    )
