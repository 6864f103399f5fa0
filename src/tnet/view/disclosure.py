"""A place for a new account when stderr is for programs: a file that only its owner can read."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from tnet.errors import CannotWrite
from tnet.places import state_folder

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Safe:
    """Keeps accounts in files of mode 0600, in a folder of mode 0700, until it withdraws those made for this run.

    The folder is `tnet/accounts` under $XDG_RUNTIME_DIR, or under the state home where there is none.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._folder = _folder(environ)
        self._kept: list[Path] = []

    def keep(self, user: str, password: str, *, lasting: bool = False) -> str:
        """Write the account down; a notice that says where, and not what. A lasting one is the reader's to remove.

        Raises: CannotWrite.
        """
        path = self._folder / f"account-{os.getpid()}-{os.urandom(4).hex()}"
        try:
            self._make_folder()
            with open(os.open(path, _NEW_FILE, 0o600), "w", encoding="utf-8") as file:
                file.write(f"user: {user}\npassword: {password}\n")
        except OSError as error:
            raise CannotWrite(str(path), error.strerror or str(error)) from error
        if lasting:
            return f"the new password is to be read, and then removed, at {path}"
        self._kept.append(path)
        return f"the account for this run is in {path}"

    def withdraw(self) -> None:
        """Remove what was written for this run: those accounts end with the process."""
        for path in self._kept:
            path.unlink(missing_ok=True)
        self._kept.clear()

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self._folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise CannotWrite(str(self._folder), "it is not a folder that only you can enter")


def _folder(environ: Mapping[str, str]) -> Path:
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime):
        return Path(runtime, "tnet", "accounts")
    return state_folder(environ) / "accounts"
