"""Tests for tnet.servers.web.writing.staging."""

from __future__ import annotations

import errno
import os

from twisted.trial.unittest import TestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.root import UPLOAD_PREFIX
from tnet.servers.web.writing.staging import Staged, exists, judge_name, last_segment, translated


class StagedTests(TestCase):
    """A file that is not there until it is complete."""

    def setUp(self) -> None:
        self.path = self.mktemp()
        os.mkdir(self.path)
        self.fd = os.open(self.path, os.O_RDONLY)
        self.addCleanup(os.close, self.fd)

    def content(self, name: str) -> bytes:
        """What a file holds."""
        with open(os.path.join(self.path, name), "rb") as file:
            return file.read()

    def test_committed(self) -> None:
        """It appears whole, under its name alone."""
        staged = Staged(self.fd)
        staged.write(b"hel")
        (hidden,) = os.listdir(self.path)
        self.assertTrue(os.fsencode(hidden).startswith(UPLOAD_PREFIX))
        staged.write(b"lo")
        staged.commit(b"name")
        self.assertEqual((os.listdir(self.path), self.content("name")), (["name"], b"hello"))

    def test_discarded(self) -> None:
        """It leaves no trace; after a commit, discarding takes nothing back."""
        Staged(self.fd).discard()
        self.assertEqual(os.listdir(self.path), [])
        staged = Staged(self.fd)
        staged.commit(b"name")
        staged.discard()
        self.assertEqual(os.listdir(self.path), ["name"])

    def test_never_replaces(self) -> None:
        """Of two that want a name the first has it, and keeps it; a dangling link is a name too."""
        os.symlink("nowhere", os.path.join(self.path, "link"))
        first, second = Staged(self.fd), Staged(self.fd)
        first.write(b"first")
        first.commit(b"name")
        for name in (b"name", b"link"):
            refusal = self.assertRaises(Refusal, second.commit, name)
            self.assertEqual(refusal.status, 409)
        second.discard()
        self.assertEqual((set(os.listdir(self.path)), self.content("name")), ({"name", "link"}, b"first"))

    def test_without_links(self) -> None:
        """Where the file system has no links, the name is taken first, and still never replaced."""
        first, second = Staged(self.fd), Staged(self.fd)
        first.write(b"first")
        first._commit_without_links(b"name")
        self.assertRaises(FileExistsError, second._commit_without_links, b"name")
        second.discard()
        self.assertEqual((os.listdir(self.path), self.content("name")), (["name"], b"first"))

    def test_errors(self) -> None:
        """What the system says is a status; what it never should say stays an error."""
        for number, status in (
            (errno.ENOSPC, 507),
            (errno.EDQUOT, 507),
            (errno.EACCES, 403),
            (errno.EROFS, 403),
            (errno.EEXIST, 409),
            (errno.ENAMETOOLONG, 400),
        ):
            with self.assertRaises(Refusal) as caught, translated(b"name"):
                raise OSError(number, "")
            self.assertEqual(caught.exception.status, status)
        with self.assertRaises(OSError), translated(b"name"):
            raise OSError(errno.EIO, "")

    def test_exists(self) -> None:
        """A name is taken by anything, a dangling link included."""
        os.symlink("nowhere", os.path.join(self.path, "link"))
        self.assertEqual((exists(self.fd, b"link"), exists(self.fd, b"other")), (True, False))


class NameTests(TestCase):
    """What an upload may be called."""

    def test_last_segment(self) -> None:
        """The path that a client puts before the name does not count."""
        for filename, name in (
            ("a.txt", b"a.txt"),
            ("../../etc/passwd", b"passwd"),
            ("C:\\dir\\a.txt", b"a.txt"),
            ("/", b""),
            ("\xfc", "\xfc".encode()),
        ):
            self.assertEqual(last_segment(filename), name)

    def test_judged(self) -> None:
        """Ordinary names pass; names that hide, climb, split or control do not."""
        for name in (b"a", b"a b", b"a.tar.gz", b"\xff", "\xfc\u4e2d".encode(), b"x" * 255):
            judge_name(name, hidden=False)
        for name in (b"", b".", b"..", b"a/b", b"a\\b", b"a\0", b"a\n", b"\x7f", b".a", b"x" * 256):
            self.assertEqual(self.assertRaises(Refusal, judge_name, name, hidden=False).status, 400)
        judge_name(b".a", hidden=True)
        for name in (b".", b"..", UPLOAD_PREFIX + b"x"):
            self.assertRaises(Refusal, judge_name, name, hidden=True)
