"""In which form a file is sent: as it is, as a compressed file beside it holds it, or compressed on the way.

A file `a.css` may have `a.css.br`, `a.css.zst` and `a.css.gz` beside it. One of them is sent for it when it is no
older and, as far as it says, holds as many bytes.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.compressing import promises
from tnet.servers.web.files.conditions import Validators
from tnet.servers.web.files.encodings import IDENTITY, SUFFIXES
from tnet.servers.web.files.media import is_compressible
from tnet.servers.web.files.root import OpenFile, Root

WORTH_BYTES = 1024
WHOLE_BYTES = 256 * 1024
MAX_STREAMS = 64

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Variant:
    """What is sent for `file`: the bytes of `source`, which are in `coding`, or which are to be put into it (`made`).

    `negotiable`: whether another client could get another one.
    """

    file: OpenFile
    source: OpenFile
    coding: bytes
    made: bool
    negotiable: bool
    validators: Validators

    @property
    def files(self) -> tuple[OpenFile, ...]:
        """What it depends on."""
        return (self.file,) if self.source is self.file else (self.file, self.source)

    def close(self) -> None:
        """Close its files."""
        for file in self.files:
            file.close()


class Variants:
    """Chooses for each client. Without `compress` nothing is compressed on the way; compressed files are still found.

    `streams` is how many files are being compressed at present that are too large to be compressed at once.
    """

    def __init__(self, root: Root, *, compress: bool = True) -> None:
        self.streams = 0
        self._root = root
        self._compress = compress

    def choose(self, file: OpenFile, media: bytes, codings: tuple[bytes, ...], *, plain: bool = False) -> Variant:
        """The best of what is there for a client that accepts `codings`; with `plain` as it is, if that is accepted.

        Raises: Refusal, 406 when no form is acceptable, 503 when the only one that is would be too much now.
        """
        validators = Validators.now(file.status)
        found = self._beside(file)
        worth = self._compress and file.status.st_size >= WORTH_BYTES and is_compressible(media)
        negotiable = bool(found) or worth or IDENTITY not in codings
        if not (plain and IDENTITY in codings):
            better = codings[: codings.index(IDENTITY)] if IDENTITY in codings else codings
            for coding in sorted(found.keys() & set(better), key=lambda each: found[each]):
                if source := self._open(file, coding):
                    beside = Validators.now(source.status)
                    return Variant(file, source, coding, False, True, validators.variant(coding, beside))
            if better and self._may_make(file, worth, IDENTITY in codings):
                return Variant(file, file, better[0], True, True, validators.variant(better[0]))
        if IDENTITY not in codings:
            raise Refusal(406, "this is not there in any coding that is accepted", {b"Vary": b"Accept-Encoding"})
        return Variant(file, file, IDENTITY, False, negotiable, validators)

    def _may_make(self, file: OpenFile, worth: bool, is_choice: bool) -> bool:
        """Whether to compress: if that is worth it, or if the client takes nothing else, and there are not too many."""
        if not self._compress or (is_choice and not worth):
            return False
        if file.status.st_size <= WHOLE_BYTES or self.streams < MAX_STREAMS:
            return True
        if not is_choice:
            raise Refusal(503, "too much is being compressed", {b"Retry-After": b"1"})
        return False

    def _beside(self, file: OpenFile) -> dict[bytes, int]:
        """Sizes of the compressed files beside `file`, by coding."""
        if not file.names or file.names[-1].endswith(tuple(SUFFIXES.values())):
            return {}
        found = {}
        for coding, suffix in SUFFIXES.items():
            status = self._root.look((*file.names[:-1], file.names[-1] + suffix))
            if status is not None and stat.S_ISREG(status.st_mode) and _is_no_older(status, file.status):
                found[coding] = status.st_size
        return found

    def _open(self, file: OpenFile, coding: bytes) -> OpenFile | None:
        """The compressed file, if it is what it seemed to be."""
        names = (*file.names[:-1], file.names[-1] + SUFFIXES[coding])
        try:
            opened = self._root.open(names)
        except Refusal:
            return None
        if (
            isinstance(opened, OpenFile)
            and opened.names == names
            and _is_no_older(opened.status, file.status)
            and promises(coding, file.status.st_size, opened.read, opened.status.st_size)
        ):
            return opened
        opened.close()
        return None


def _is_no_older(status: os.stat_result, than: os.stat_result) -> bool:
    """Whether it was made after the other one; a copy may have lost the parts of its second."""
    if status.st_mtime_ns % _SECOND_NS:
        return status.st_mtime_ns >= than.st_mtime_ns
    return status.st_mtime_ns // _SECOND_NS >= than.st_mtime_ns // _SECOND_NS
