"""Where a body will be once it is complete, and under which names it waits for that.

Every function here touches the disk and raises OSError: call them in a thread.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass, replace

_SHORT_BYTES = 200
_MOST_NAMES = 10_000
_EXTENSION = re.compile(r"(?:\.tar)?\.(?=\w*[a-z])\w{1,10}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """The file `path`; `replaces` whatever file has that name, else `name-1.ext` and so on is taken when it exists.

    `waiting` is where its unfinished content is.
    """

    path: str
    replaces: bool
    waiting: str

    @classmethod
    def at(cls, path: str, *, replaces: bool) -> Target:
        """The target `path`."""
        folder, name = os.path.split(path)
        short = os.fsencode(name)[:_SHORT_BYTES].decode("utf-8", "ignore")
        return cls(path, replaces, os.path.join(folder, f".{short}.part"))

    def called(self, name: str) -> Target:
        """The same place for the unfinished content, but in the end the file has this name."""
        return replace(self, path=os.path.join(os.path.dirname(self.path), name))

    def settle(self, part: str) -> str:
        """Give the finished file `part` its name; its path."""
        if self.replaces:
            os.replace(part, self.path)
            return self.path
        path = self._reserved()
        try:
            os.replace(part, path)
        except OSError:
            os.unlink(path)
            raise
        return path

    def _reserved(self) -> str:
        """The first of its names that was free, and now is an empty file of ours."""
        stem, extension = _parted(self.path)
        for number in range(_MOST_NAMES):
            path = f"{stem}-{number}{extension}" if number else self.path
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666))
            except FileExistsError:
                continue
            return path
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def _parted(path: str) -> tuple[str, str]:
    """A path without its extension, and that: of an archive both; digits are none, nor is all of a name."""
    folder, name = os.path.split(path)
    found = next((each for each in _EXTENSION.finditer(name) if each.end() == len(name) and each.start()), None)
    at = found.start() if found is not None else len(name)
    return os.path.join(folder, name[:at]), name[at:]


def refuse_unwritable(path: str) -> None:
    """Fail early where no file can take the place of what is at `path`, or of nothing."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        refuse_closed_folder(os.path.dirname(path))
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    if stat.S_ISREG(mode):
        refuse_closed_folder(os.path.dirname(path))


def refuse_closed_folder(folder: str) -> None:
    """Fail early where no file can be made in `folder`."""
    folder = folder or os.curdir
    if not stat.S_ISDIR(os.stat(folder).st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def mode_for(path: str) -> int:
    """0666, for the umask to narrow, but no more than the file that is replaced has."""
    try:
        return stat.S_IMODE(os.lstat(path).st_mode) & 0o666
    except OSError:
        return 0o666
