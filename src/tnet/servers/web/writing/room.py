"""How much may still be written: a quota for what uploads add, and a part of the file system that stays free.

Counted are the bytes of what was completed since the start, and of what is being uploaded or waits to be resumed.
"""

from __future__ import annotations

import os
from threading import Lock

from tnet.servers.web.bodies import Refusal


class Room:
    """The room for uploads; `quota_bytes` 0 is no quota. Of any thread."""

    def __init__(self, *, quota_bytes: int = 0, min_free_bytes: int = 0) -> None:
        self.quota_bytes = quota_bytes
        self.min_free_bytes = min_free_bytes
        self.taken_bytes = 0
        self._lock = Lock()

    def take(self, more: int, *, force: bool = False) -> None:
        """Count `more` bytes, or fewer when it is negative.

        Raises: Refusal, 507 when that is more than the quota, unless it is by `force`.
        """
        with self._lock:
            if more > 0 and not force and self.quota_bytes and self.taken_bytes + more > self.quota_bytes:
                raise Refusal(507, "the quota for uploads is used up")
            self.taken_bytes += more

    def judge_free(self, directory: int, more: int) -> None:
        """Refuse, with 507, `more` bytes that would leave less than the minimum free."""
        status = os.fstatvfs(directory)
        if status.f_bavail * status.f_frsize - more < self.min_free_bytes:
            raise Refusal(507, "no space left for uploads")


class Claim:
    """The part of `room` that one upload takes; given back by `drop`, or counted for good by `keep`."""

    def __init__(self, room: Room) -> None:
        self.bytes = 0
        self._room = room
        self._kept = False

    def reach(self, total: int, directory: int, *, written: int) -> None:
        """Claim `total` bytes in all, of which `written` are on the file system of `directory`, a descriptor, already.

        Raises: Refusal, 507.
        """
        more = total - self.bytes
        if more > 0:
            self._room.take(more)
            self.bytes = total
        if total > written:
            self._room.judge_free(directory, total - written)

    def settle(self, total: int) -> None:
        """Claim what is on the disk, no more and no less."""
        if not self._kept:
            self._room.take(total - self.bytes, force=True)
            self.bytes = total

    def keep(self, total: int) -> None:
        """The upload is complete and stays."""
        self.settle(total)
        self._kept = True

    def drop(self) -> None:
        """Nothing is left of the upload, unless it was kept."""
        self.settle(0)
