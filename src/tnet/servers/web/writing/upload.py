"""Uploads that come in one request: a body that goes straight to files, which appear only when it is complete.

Everything here may block: it runs in a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.page.words import shown
from tnet.servers.web.writing.digests import Checked
from tnet.servers.web.writing.forms import malformed
from tnet.servers.web.writing.names import file_name, last_segment, segments
from tnet.servers.web.writing.room import Claim, Room
from tnet.servers.web.writing.staging import Staged
from tnet.servers.web.writing.targets import Made, Naming, Target, Terms

MAX_FILES = 1000
MAX_PARTS = 2000
MAX_DIRECTORIES = 100

_NEW = Terms(replace=False)


class Put:
    """One file at `target`, which it closes in the end, of `length` bytes, None when that is not known.

    Raises: Refusal.
    """

    def __init__(
        self, target: Target, terms: Terms, room: Room, naming: Naming, *, length: int | None, digest: Checked
    ) -> None:
        self._target = target
        self._terms = terms
        self._naming = naming
        self._digest = digest
        self._length = length or 0
        self._claim = Claim(room)
        try:
            self._claim.reach(self._length, target.directory.fd, written=0)
            self._staged = Staged(target.directory.fd)
        except BaseException:
            self._claim.drop()
            raise

    def take(self, data: bytes) -> None:
        """Write some of the body.

        Raises: Refusal.
        """
        size = self._staged.size
        self._claim.reach(max(self._length, size + len(data)), self._target.directory.fd, written=size)
        self._staged.write(data)
        self._digest.update(data)

    def commit(self) -> Made:
        """Make the file appear.

        Raises: Refusal.
        """
        self._digest.judge()
        made = self._naming.give(self._staged, self._target, self._terms)
        self._claim.keep(self._staged.size)
        self._target.keep()
        return made

    def discard(self) -> None:
        """Leave nothing behind."""
        self._staged.discard()
        self._claim.drop()
        self._target.close()

    release = discard


class Form:
    """The files of a multipart/form-data body, all of them or none; its other fields are dropped.

    `find` gives the target for the names of a file, relative to where the form was sent, and `judge` refuses those that
    are not to be written. With `folders` a file may bring a path of directories along.
    """

    def __init__(
        self,
        find: Callable[[Sequence[bytes]], Target],
        judge: Callable[[Target], None],
        boundary: str,
        room: Room,
        naming: Naming,
        *,
        folders: bool,
    ) -> None:
        self._find = find
        self._judge = judge
        self._parser = PushMultipartParser(boundary, max_segment_count=MAX_PARTS)
        self._naming = naming
        self._claim = Claim(room)
        self._folders = folders
        self._targets: dict[tuple[bytes, ...], Target] = {}
        self._files: list[tuple[Target, Staged]] = []
        self._current: tuple[Target, Staged] | None = None
        self._size = 0

    def take(self, data: bytes) -> None:
        """Write some of the body.

        Raises: Refusal.
        """
        try:
            for event in self._parser.parse(data):
                if isinstance(event, MultipartSegment):
                    self._begin(event)
                elif self._current is None:
                    continue
                elif event is None:
                    self._current[1].complete()
                else:
                    self._write(*self._current, event)
        except MultipartError as error:
            raise malformed(error) from error

    def commit(self) -> Made:
        """Make all the files appear, or none.

        Raises: Refusal.
        """
        if not self._parser.closed:
            self.take(b"")
        if not self._files:
            raise Refusal(400, "the form holds no file")
        done: list[tuple[Target, Staged]] = []
        try:
            for target, staged in self._files:
                self._naming.give(staged, target, _NEW)
                done.append((target, staged))
        except BaseException:
            for target, staged in done:
                staged.take_back(target.name)
            raise
        self._claim.keep(self._size)
        for target in self._targets.values():
            target.keep()
        return Made(tuple(target.name for target, _ in done))

    def discard(self) -> None:
        """Leave nothing behind."""
        for _, staged in self._files:
            staged.discard()
        self._claim.drop()
        for target in reversed(self._targets.values()):
            target.close()
        self._targets.clear()

    release = discard

    def _begin(self, part: MultipartSegment) -> None:
        self._current = None
        disposition = part.header("Content-Disposition", "")
        filename = file_name(disposition) if "filename*" in disposition.lower() else part.filename
        if not filename:
            return
        if len(self._files) == MAX_FILES:
            raise Refusal(413, f"a form may hold {MAX_FILES} files")
        target = self._target(segments(filename) if self._folders else [last_segment(filename)])
        self._judge(target)
        if target.status() is not None:
            raise Refusal(409, f"{shown(target.name)} exists already")
        self._current = (target, Staged(target.directory.fd))
        self._files.append(self._current)

    def _target(self, names: Sequence[bytes]) -> Target:
        """Of all the files of one directory the first brings the descriptor."""
        way = tuple(names[:-1])
        known = self._targets.get(way)
        if known is not None:
            return Target(known.root, known.directory, (*known.names[:-1], names[-1]))
        if len(self._targets) == MAX_DIRECTORIES:
            raise Refusal(413, f"a form may bring files for {MAX_DIRECTORIES} directories")
        self._targets[way] = target = self._find(names)
        return target

    def _write(self, target: Target, staged: Staged, data: bytes | bytearray) -> None:
        self._claim.reach(self._size + len(data), target.directory.fd, written=self._size)
        staged.write(data)
        self._size += len(data)
