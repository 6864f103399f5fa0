"""New directories, deletions, moves and copies: each below the root, whatever links are swapped meanwhile.

Everything here may block: it runs in a worker. A link is what is deleted or moved, never what it leads to.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import EBUSY, EEXIST, EINVAL, EMLINK, ENOENT, ENOTDIR, ENOTEMPTY, ENOTSUP, EPERM, EXDEV

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import OpenFile
from tnet.servers.web.page.words import shown
from tnet.servers.web.permissions import Place
from tnet.servers.web.writing.digests import PIECE_BYTES
from tnet.servers.web.writing.staging import token_of, translated
from tnet.servers.web.writing.targets import Target
from tnet.servers.web.writing.upload import Put

MAX_ENTRIES = 100_000
MAX_DEPTH = 100

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_RESERVED = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

Judge = Callable[[Place], None]


def make_directory(target: Target) -> None:
    """A new directory.

    Raises: Refusal, 405 when the name is taken.
    """
    with _told(target.name):
        try:
            os.mkdir(target.name, dir_fd=target.directory.fd)
        except FileExistsError:
            raise Refusal(405, f"{shown(target.name)} exists already", {b"Allow": b"GET, HEAD, OPTIONS"}) from None


def delete(target: Target, *, recursive: bool, judge: Judge | None) -> None:
    """Leave nothing of a file, a link or an empty directory; if `recursive`, of a full one.

    `judge` is asked about everything in it, if anything there could be judged otherwise than itself.

    Raises: Refusal, 404 when it is not there, 409 when a directory is not empty.
    """
    status = target.status()
    if status is None:
        raise Refusal(404)
    with _told(target.name):
        if not stat.S_ISDIR(status.st_mode):
            os.unlink(target.name, dir_fd=target.directory.fd)
        elif recursive:
            survey(target, judge)
            _delete_tree(target.name, target.directory.fd)
        else:
            os.rmdir(target.name, dir_fd=target.directory.fd)


def move(source: Target, target: Target, *, replace: bool, judge: Judge | None) -> bool:
    """Give something another name, perhaps in another directory; whether the name was free.

    With `replace` it takes the place of a file, never of a directory.

    Raises: Refusal, 404 when it is not there, 412 when the name is taken and is not to be replaced.
    """
    status, before = source.status(), target.status()
    if status is None:
        raise Refusal(404)
    if before is not None and (before.st_dev, before.st_ino) == (status.st_dev, status.st_ino):
        raise Refusal(403, "these are the same")
    if before is not None and not replace:
        raise Refusal(412, f"{shown(target.name)} exists already")
    if before is not None and stat.S_ISDIR(before.st_mode):
        raise Refusal(409, f"{shown(target.name)} is a directory")
    if stat.S_ISDIR(status.st_mode) and judge is not None:
        survey(source, judge)
    with _told(target.name):
        if before is not None:
            _rename(source, target)
        elif stat.S_ISDIR(status.st_mode):
            _move_directory(source, target)
        else:
            _move_file(source, target)
    return before is None


def copy(source: OpenFile, put: Put) -> None:
    """Write to `put` what the file holds.

    Raises: Refusal.
    """
    at = 0
    while data := source.read(at, PIECE_BYTES):
        put.take(data)
        at += len(data)


def survey(target: Target, judge: Judge | None) -> None:
    """Look at everything in a directory before it is changed.

    Raises: Refusal, 409 for hidden names that are not served, and when there is too much of it.
    """
    left = MAX_ENTRIES
    for way in _walk(target.name, target.directory.fd, ()):
        left -= 1
        if left < 0:
            raise Refusal(409, f"there are more than {MAX_ENTRIES} things in {shown(target.name)}")
        if token_of(way[-1]) is None and not target.root.shows(way[-1], first=False):
            raise Refusal(409, f"there are hidden files in {shown(target.name)}")
        if judge is not None:
            for place in target.places:
                judge((*place, *way))


def _walk(name: bytes, parent: int, way: Place) -> Iterator[tuple[bytes, ...]]:
    with _opened(name, parent, len(way)) as fd:
        for each in map(os.fsencode, os.listdir(fd)):
            yield (*way, each)
            if _is_directory(each, fd):
                yield from _walk(each, fd, (*way, each))


def _delete_tree(name: bytes, parent: int, depth: int = 0) -> None:
    with _opened(name, parent, depth) as fd:
        for each in map(os.fsencode, os.listdir(fd)):
            with suppress(FileNotFoundError):
                if _is_directory(each, fd):
                    _delete_tree(each, fd, depth + 1)
                else:
                    os.unlink(each, dir_fd=fd)
    os.rmdir(name, dir_fd=parent)


@contextmanager
def _opened(name: bytes, parent: int, depth: int) -> Iterator[int]:
    if depth > MAX_DEPTH:
        raise Refusal(409, f"there are more than {MAX_DEPTH} directories in each other")
    fd = os.open(name, _DIRECTORY, dir_fd=parent)
    try:
        yield fd
    finally:
        os.close(fd)


def _is_directory(name: bytes, parent: int) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _move_directory(source: Target, target: Target) -> None:
    """Take the name with an empty directory first, which a rename may replace."""
    os.mkdir(target.name, dir_fd=target.directory.fd)
    try:
        _rename(source, target)
    except OSError:
        os.rmdir(target.name, dir_fd=target.directory.fd)
        raise


def _move_file(source: Target, target: Target) -> None:
    """Give it the second name before the first is taken away: a link never replaces."""
    here, there = source.directory.fd, target.directory.fd
    try:
        os.link(source.name, target.name, src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (EPERM, ENOTSUP, EMLINK):
            raise
        os.close(os.open(target.name, _RESERVED, 0o666, dir_fd=there))
        _rename(source, target)
    else:
        os.unlink(source.name, dir_fd=here)


def _rename(source: Target, target: Target) -> None:
    os.rename(source.name, target.name, src_dir_fd=source.directory.fd, dst_dir_fd=target.directory.fd)


@contextmanager
def _told(name: bytes) -> Iterator[None]:
    """Raise what the system says about a change as a Refusal."""
    reasons = {
        ENOTEMPTY: f"the directory {shown(name)} is not empty",
        EEXIST: f"{shown(name)} exists already",
        EINVAL: "a directory cannot be moved into itself",
        EXDEV: "that would be on another file system",
        EBUSY: f"{shown(name)} is in use",
        ENOTDIR: f"{shown(name)} is no directory",
        ENOENT: f"{shown(name)} is no longer there",
    }
    with translated(name):
        try:
            yield
        except OSError as error:
            if error.errno not in reasons:
                raise
            raise Refusal(409, reasons[error.errno]) from error
