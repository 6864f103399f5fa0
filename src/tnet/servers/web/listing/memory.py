"""Long directories, kept for a moment, so that turning their pages does not read them again."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from tnet.servers.web.files.conditions import is_fresh
from tnet.servers.web.files.root import OpenDirectory, Root
from tnet.servers.web.listing.entries import Listing, scan

MAX_SECONDS = 5.0
MAX_DIRECTORIES = 4
WORTH_KEEPING = 2_000

_Version = tuple[int, int, int]


class Memory:
    """Reads directories below `root`. May block, and may be used by several threads at once.

    A long listing is kept while its directory is the same by its time stamp, and never longer than a few seconds:
    sizes and times of files may change without it. One that changed just now is not kept at all.
    """

    def __init__(self, root: Root, now: Callable[[], float] = time.monotonic) -> None:
        self._root = root
        self._now = now
        self._lock = Lock()
        self._kept: OrderedDict[tuple[bytes, ...], tuple[_Version, float, Listing]] = OrderedDict()

    def read(self, names: Sequence[bytes]) -> Listing:
        """What the directory that `names` lead to holds.

        Raises: Refusal.
        """
        place, version = tuple(names), self._version(names)
        with self._lock:
            kept = self._kept.get(place)
        if kept is not None and version is not None and kept[0] == version and self._now() - kept[1] < MAX_SECONDS:
            return kept[2]
        began = self._now()
        listing = scan(self._root, names)
        if version is not None and len(listing.entries) >= WORTH_KEEPING:
            self._keep(place, (version, began, listing))
        return listing

    def _version(self, names: Sequence[bytes]) -> _Version | None:
        """What tells whether names came or went since; None while that cannot be told."""
        opened = self._root.open(names)
        try:
            if not isinstance(opened, OpenDirectory):
                return None
            status = os.fstat(opened.fd)
        finally:
            opened.close()
        if is_fresh(status.st_mtime_ns, time.time()):
            return None
        return status.st_dev, status.st_ino, status.st_mtime_ns

    def _keep(self, place: tuple[bytes, ...], found: tuple[_Version, float, Listing]) -> None:
        with self._lock:
            self._kept[place] = found
            self._kept.move_to_end(place)
            while len(self._kept) > MAX_DIRECTORIES:
                self._kept.popitem(last=False)
