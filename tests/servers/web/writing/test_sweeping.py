"""Tests for tnet.servers.web.writing.sweeping."""

from __future__ import annotations

import os

from tests.servers.web.writing.written import WritingTestCase
from tnet.servers.web.files.root import Root
from tnet.servers.web.writing import sweeping
from tnet.servers.web.writing.room import Room
from tnet.servers.web.writing.staging import STALE_SECONDS
from tnet.servers.web.writing.sweeping import sweep
from tnet.servers.web.writing.unfinished import Register, new_token


class SweepTests(WritingTestCase):
    """What uploads have left behind."""

    def sweep(self) -> None:
        """Look through the directory, a little after the files were made."""
        root = Root(self.path)
        self.addCleanup(root.close)
        self.register, self.room = Register(), Room()
        sweep(root, self.register, self.room, 1_000_000_000 + STALE_SECONDS + 1)

    def leave(self, token: bytes, *, age: float, directory: str = "sub") -> str:
        """A hidden file, of nine bytes, of that age."""
        name = f"{directory}/.tnet-upload-{token.decode()}"
        self.write(name)
        path = os.path.join(self.path, name)
        os.truncate(path, 9)
        os.utime(path, (1_000_000_000 + STALE_SECONDS + 1 - age,) * 2)
        return name.rpartition("/")[2]

    def test_old_and_new(self) -> None:
        """What is older than a day goes, wherever it is; what is younger stays, and counts if it waits for its rest."""
        token, old = new_token(20), new_token(None)
        young = self.leave(token, age=STALE_SECONDS - 5)
        crashed = self.leave(b"0123456789abcdef", age=5)
        self.leave(old, age=STALE_SECONDS + 5)
        self.leave(b"fedcba9876543210", age=STALE_SECONDS + 5, directory="sub/inner")
        self.sweep()
        self.assertEqual((self.names("sub"), self.names("sub/inner")), ({"b.txt", "inner", young, crashed}, set()))
        upload = self.register.find(token)
        assert upload is not None
        self.assertEqual((upload.length, upload.claim.bytes, self.room.taken_bytes), (20, 9, 9))
        self.assertEqual((upload.terms.replace, self.register.find(old)), (False, None))

    def test_nothing_else(self) -> None:
        """Other hidden files stay, and no link is followed."""
        os.mkdir(os.path.join(self.path, "..", "outside"))
        self.leave(b"x", age=STALE_SECONDS + 5, directory="../outside")
        os.symlink("../outside", os.path.join(self.path, "out"))
        before = self.names()
        self.sweep()
        self.assertEqual((self.names(), len(self.names("../outside"))), (before, 1))
        self.nothing_open()

    def test_bounded(self) -> None:
        """Only so many directories are looked at, the upper ones first."""
        self.patch(sweeping, "MAX_DIRECTORIES", 2)
        for directory in (".", "site", "sub/inner"):
            self.leave(b"x", age=STALE_SECONDS + 5, directory=directory)
        self.sweep()
        self.assertEqual((self.unfinished(), len(self.unfinished("sub/inner"))), ([], 1))
        self.nothing_open()

    def nothing_open(self) -> None:
        """No descriptor is left but the root's."""
        self.assertEqual(self.open_here(), 1)
