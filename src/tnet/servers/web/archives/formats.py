"""The formats of archives: what they are called, how long they are, and their bytes one piece after another.

A file gives exactly as many bytes as were promised for it, whatever has become of it meanwhile; one that has become
shorter ends the archive in the middle, where no client can take it for whole. Everything here may block.

Source: APPNOTE.TXT 6.3.10 (zip; stored, with data descriptors); POSIX.1-2017 pax, "pax Interchange Format" (tar).
"""

from __future__ import annotations

import stat
import struct
import tarfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from zipstream import ZipStream

from tnet.servers.web.archives.gathering import Item
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import OpenFile, Root

READ_BYTES = 256 * 1024

# A private name of zipstream-ng: what it is handed piece by piece it dates with the present, and a test says when this
# is no longer the way to tell it better.
RELIES_ON = "_filelist"

_TIME_AT = 10
_DATES = ((1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58))
_DIRECTORY_BIT = 0x10


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of archive; `coding` compresses all of it."""

    extension: str
    media: bytes
    coding: bytes = b""


FORMATS = {
    b"zip": Format(".zip", b"application/zip"),
    b"tar": Format(".tar", b"application/x-tar"),
    b"tar.gz": Format(".tar.gz", b"application/gzip", b"gzip"),
    b"tar.zst": Format(".tar.zst", b"application/zstd", b"zstd"),
}


def zipped(root: Root, items: Sequence[Item]) -> tuple[int, Iterator[bytes]]:
    """The exact length of a zip of these items, and its bytes."""
    stream = ZipStream(sized=True)
    for item in items:
        if item.is_directory:
            stream.mkdir(_zip_name(item))
        else:
            stream.add(_content(root, item), _zip_name(item), size=item.size)
    return len(stream), _zip_pieces(stream, items)


def tarred(root: Root, items: Sequence[Item]) -> tuple[int, Iterator[bytes]]:
    """The exact length of a tar of these items, and its bytes."""
    used = sum(len(_tar_head(item)) + item.size + _padding(item.size) for item in items)
    ending = bytes(tarfile.RECORDSIZE - used % tarfile.RECORDSIZE)
    if len(ending) < 2 * tarfile.BLOCKSIZE:
        ending += bytes(tarfile.RECORDSIZE)
    return used + len(ending), _tar_pieces(root, items, ending)


def _content(root: Root, item: Item) -> Iterator[bytes]:
    """Exactly as many bytes as the item has; none of a file is open before it is its turn.

    Raises: Refusal.
    """
    opened = root.open(item.names)
    try:
        at = 0
        while at < item.size:
            data = opened.read(at, min(READ_BYTES, item.size - at)) if isinstance(opened, OpenFile) else b""
            if not data:
                raise Refusal(500, "a file became shorter while it was sent")
            at += len(data)
            yield data
    finally:
        opened.close()


# ── zip ──


def _zip_pieces(stream: ZipStream, items: Iterable[Item]) -> Iterator[bytes]:
    for item in items:
        date = _date(item.modified)
        entry = stream.file()
        head = next(entry)
        yield head[:_TIME_AT] + _dos_time(date) + head[_TIME_AT + 4 :]
        yield from entry
        info = getattr(stream, RELIES_ON)[-1]
        info.date_time = date
        kind = stat.S_IFDIR if item.is_directory else stat.S_IFREG
        info.external_attr = (kind | item.mode) << 16 | (_DIRECTORY_BIT if item.is_directory else 0)
    yield from stream.footer()


def _zip_name(item: Item) -> str:
    """The path as text: a byte that is none, and a backslash, which some take for a slash, are percent-encoded."""
    path = b"/".join(item.path)
    try:
        text = path.decode()
    except UnicodeDecodeError:
        text = quote_from_bytes(path, safe=b"/ !#$&'()+,;=@[]^`{}~")
    return text.replace("\\", "%5C") + ("/" if item.is_directory else "")


def _date(modified: int) -> tuple[int, int, int, int, int, int]:
    """Local time, as zips have it, as near as they can come."""
    try:
        year, month, day, hour, minute, second = time.localtime(modified)[:6]
    except (OverflowError, ValueError, OSError):
        return _DATES[0]
    return min(max((year, month, day, hour, minute, min(second, 59)), _DATES[0]), _DATES[1])


def _dos_time(date: tuple[int, int, int, int, int, int]) -> bytes:
    year, month, day, hour, minute, second = date
    return struct.pack("<HH", hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day)


# ── tar ──


def _tar_pieces(root: Root, items: Iterable[Item], ending: bytes) -> Iterator[bytes]:
    for item in items:
        yield _tar_head(item)
        if not item.is_directory:
            yield from _content(root, item)
            yield bytes(_padding(item.size))
    yield ending


def _tar_head(item: Item) -> bytes:
    info = tarfile.TarInfo(b"/".join(item.path).decode("utf-8", "surrogateescape"))
    info.size, info.mtime, info.mode = item.size, max(0, item.modified), item.mode
    info.type = tarfile.DIRTYPE if item.is_directory else tarfile.REGTYPE
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _padding(size: int) -> int:
    return -size % tarfile.BLOCKSIZE
