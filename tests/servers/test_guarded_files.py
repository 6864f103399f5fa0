"""Files that others must not touch."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import TestCase

from tnet.errors import CannotRead, CannotWrite
from tnet.servers.guarded_files import read_guarded, write_once


class GuardedTests(TestCase):
    """What is read, and what is refused with its reason."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.path.write_bytes(b"content")
        self.path.chmod(0o600)

    def refused(self, path: Path, limit: int = 100) -> str:
        return self.assertRaises(CannotRead, read_guarded, path, forbidden=0o077, limit_bytes=limit).reason

    def test_good(self) -> None:
        """A file of ours with a strict mode is read whole."""
        self.assertEqual(read_guarded(self.path, forbidden=0o077, limit_bytes=7), b"content")

    def test_mode(self) -> None:
        """Each forbidden bit refuses, and the reason says what to do; a bit that is not forbidden does not."""
        for bit in (0o040, 0o020, 0o004, 0o002):
            self.path.chmod(0o600 | bit)
            self.assertIn("chmod 0600", self.refused(self.path))
        self.path.chmod(0o644)
        self.assertEqual(read_guarded(self.path, forbidden=0o022, limit_bytes=7), b"content")

    def test_symbolic_link(self) -> None:
        """A link is not followed, even to a good file."""
        link = Path(self.mktemp())
        link.symlink_to(self.path.absolute())
        self.assertIn("symbolic link", self.refused(link))

    def test_not_a_file(self) -> None:
        """A directory and a FIFO that nobody writes are refused at once."""
        pipe = Path(self.mktemp())
        os.mkfifo(pipe, 0o600)
        self.assertIn("not a regular file", self.refused(pipe))
        folder = Path(self.mktemp())
        folder.mkdir(mode=0o700)
        self.assertIn("not a regular file", self.refused(folder))

    def test_missing(self) -> None:
        """A missing file is named with the system's reason."""
        self.assertIn("No such file", self.refused(Path(self.mktemp())))

    def test_too_large(self) -> None:
        """A file larger than the limit is refused."""
        self.assertIn("larger", self.refused(self.path, limit=6))


class WrittenOnceTests(TestCase):
    """A file that is made when it is not there."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "deep" / "key"

    def test_made(self) -> None:
        """It is ours alone, in a directory that is ours alone, and no draft stays beside it."""
        write_once(self.path, b"data")
        self.assertEqual(self.path.read_bytes(), b"data")
        modes = [path.stat().st_mode & 0o7777 for path in (self.path, self.path.parent)]
        self.assertEqual((modes, os.listdir(self.path.parent)), ([0o600, 0o700], ["key"]))

    def test_never_replaced(self) -> None:
        """Who comes second leaves what the first one made."""
        write_once(self.path, b"first")
        write_once(self.path, b"second")
        self.assertEqual((self.path.read_bytes(), os.listdir(self.path.parent)), (b"first", ["key"]))

    def test_an_open_directory(self) -> None:
        """Nothing secret is made where others may write."""
        self.path.parent.mkdir(parents=True)
        self.path.parent.chmod(0o777)
        error = self.assertRaises(CannotWrite, write_once, self.path, b"data")
        self.assertIn("others can write", str(error))

    def test_no_directory(self) -> None:
        """What the system says is the reason."""
        self.path.parent.parent.write_bytes(b"a file")
        self.assertRaises(CannotWrite, write_once, self.path, b"data")
