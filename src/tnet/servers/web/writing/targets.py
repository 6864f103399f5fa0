"""Where something is written: a name in an open directory, and on what terms it may be given to something new.

Everything here may block.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from threading import Lock

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.conditions import Validators, precondition
from tnet.servers.web.files.root import OpenDirectory, OpenFile, Root
from tnet.servers.web.page.words import shown
from tnet.servers.web.permissions import Place
from tnet.servers.web.request import WebRequest
from tnet.servers.web.writing.names import judge_name
from tnet.servers.web.writing.staging import Staged, translated

_LONG_AGO_SECONDS = 3600.0
_DIRECTORY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CONDITIONS = (b"if-match", b"if-none-match", b"if-unmodified-since")


@dataclass(slots=True)
class Target:
    """The name of something in `directory`, be it there or not; `names` are those that it was asked for by.

    `made` are the directories above it that were made for it, each with the one it is in.
    """

    root: Root
    directory: OpenDirectory
    names: tuple[bytes, ...]
    made: list[tuple[OpenDirectory, bytes]] = field(default_factory=list)

    @property
    def name(self) -> bytes:
        """The name itself."""
        return self.names[-1]

    @property
    def places(self) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """Where it is for those who judge by places: as it was asked for, and as no link has a part in it."""
        return self.names, (*self.directory.names, self.name)

    def status(self) -> os.stat_result | None:
        """What has the name; None when nothing has."""
        try:
            return os.stat(self.name, dir_fd=self.directory.fd, follow_symlinks=False)
        except OSError:
            return None

    def seen(self) -> os.stat_result | None:
        """What a reader finds under the name: a link to a file below the root counts as that file."""
        status = self.status()
        if status is None or not stat.S_ISLNK(status.st_mode):
            return status
        try:
            found = self.root.open(self.names)
        except Refusal:
            return status
        found.close()
        return found.status if isinstance(found, OpenFile) else status

    def keep(self) -> None:
        """The directories that were made for it stay."""
        while self.made:
            self.made.pop()[0].close()

    def close(self) -> None:
        """Give the descriptors back; directories that were made for it go, unless they were kept or hold something."""
        self.directory.close()
        for parent, name in reversed(self.made):
            with suppress(OSError):
                os.rmdir(name, dir_fd=parent.fd)
        self.keep()


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a name is given: whether to `replace` what has it, and the conditions of the request.

    Shape: `conditions` by field name, in lower case.
    """

    replace: bool
    conditions: dict[bytes, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, request: WebRequest, *, replace: bool) -> Terms:
        """The terms that a request asks for."""
        return cls(replace, {name: value for name in _CONDITIONS if (value := request.field(name)) is not None})

    def judge(self, name: bytes, status: os.stat_result | None) -> None:
        """Refuse, with 412 or 409, where they do not hold for what has the name."""
        if status is None:
            if b"if-match" in self.conditions:
                raise Refusal(412, f"{shown(name)} is not there")
        elif stat.S_ISDIR(status.st_mode):
            raise Refusal(409, f"{shown(name)} is a directory")
        else:
            self.expect(name, status)
            if not self.replace:
                raise Refusal(409, f"{shown(name)} exists already")

    def expect(self, name: bytes, status: os.stat_result) -> None:
        """Refuse, with 412, where the conditions do not hold for what is there."""
        if precondition(b"PUT", self.conditions.get, Validators(etag(status), int(status.st_mtime))) is not None:
            raise Refusal(412, f"{shown(name)} is not what it is expected to be")


@dataclass(frozen=True, slots=True)
class Made:
    """What an upload has come to: the names of its files, whether there was none of that name before, its ETag."""

    names: tuple[bytes, ...]
    created: bool = True
    etag: bytes = b""


class Naming:
    """Gives complete uploads their names, one after the other, so that what was judged still holds. Of any thread."""

    def __init__(self) -> None:
        self._lock = Lock()

    def give(self, staged: Staged, target: Target, terms: Terms) -> Made:
        """Let the file appear under its name.

        Raises: Refusal.
        """
        with self._lock:
            before = target.seen()
            terms.judge(target.name, before)
            if before is None:
                self._give_new(staged, target.name, terms)
            else:
                if stat.S_ISREG(before.st_mode):
                    staged.permit(before.st_mode)
                staged.replace(target.name)
            after = target.status()
        return Made((target.name,), before is None, b"" if after is None else etag(after))

    @contextmanager
    def kept(self, target: Target, terms: Terms) -> Iterator[None]:
        """While what is there is changed in another way: if conditions speak of it, nothing else takes its name.

        Raises: Refusal, 412 where they do not hold.
        """
        with self._lock if terms.conditions else nullcontext():
            status = target.seen()
            if status is not None:
                terms.expect(target.name, status)
            yield

    def _give_new(self, staged: Staged, name: bytes, terms: Terms) -> None:
        try:
            staged.commit(name)
        except Refusal as refusal:
            if refusal.status == 409 and b"if-none-match" in terms.conditions:
                raise Refusal(412, refusal.reason) from refusal
            raise


def etag(status: os.stat_result) -> bytes:
    """The strong validator of a file: each that we make is another, however quickly they follow each other."""
    return Validators.of(status, status.st_mtime + _LONG_AGO_SECONDS).etag


def find(root: Root, names: Sequence[bytes], *, make: Callable[[Place, Place], None] | None = None) -> Target:
    """The target that `names` lead to.

    With `make`, directories above it that are not there are made; it is told the place of each as it was asked for
    and as it is, and may refuse.

    Raises: Refusal, 409 when the directory that it is to be in is not there.
    """
    if not names:
        raise Refusal(403, "the root itself cannot be changed")
    way: list[bytes] = list(names[:-1])
    missing: list[bytes] = []
    while (directory := _open(root, way)) is None:
        if make is None:
            raise Refusal(409, f"there is no directory {shown(b'/'.join(way))}")
        missing.insert(0, way.pop())
    target = Target(root, directory, tuple(names))
    try:
        for name in missing:
            way.append(name)
            judge_name(name, hidden=root.hidden)
            if make is not None:
                make(tuple(way), (*target.directory.names, name))
            _descend(target, name)
    except BaseException:
        target.close()
        raise
    return target


def _open(root: Root, names: Sequence[bytes]) -> OpenDirectory | None:
    try:
        opened = root.open(names)
    except Refusal as refusal:
        if refusal.status != 404:
            raise
        return None
    if isinstance(opened, OpenDirectory):
        return opened
    opened.close()
    raise Refusal(409, f"{shown(names[-1])} is no directory")


def _descend(target: Target, name: bytes) -> None:
    """Make a directory in that of the target, which moves there."""
    above = target.directory
    with translated(name):
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=above.fd)
            target.made.append((OpenDirectory(os.dup(above.fd)), name))
        target.directory = OpenDirectory(os.open(name, _DIRECTORY, dir_fd=above.fd), (*above.names, name))
    above.close()
