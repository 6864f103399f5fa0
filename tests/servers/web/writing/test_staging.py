"""Tests for tnet.servers.web.writing.staging."""

from __future__ import annotations

import errno
import os

from twisted.trial.unittest import TestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import UPLOAD_PREFIX
from tnet.servers.web.writing.staging import Staged, exists, temporary, token_of, translated


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
            (errno.EFBIG, 507),
            (errno.EISDIR, 409),
            (errno.ENOENT, 409),
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

    def test_replaced(self) -> None:
        """It takes the place of a file, and its permissions, but never of a directory."""
        self.test_committed()
        os.mkdir(os.path.join(self.path, "sub"))
        staged = Staged(self.fd)
        staged.write(b"new")
        staged.permit(0o100640)
        self.assertEqual(self.assertRaises(Refusal, staged.replace, b"sub").status, 409)
        staged.replace(b"name")
        self.assertEqual(self.content("name"), b"new")
        self.assertEqual(os.stat(os.path.join(self.path, "name")).st_mode & 0o777, 0o640)

    def test_taken_back(self) -> None:
        """A commit is undone only while the name is still that file's."""
        for stolen in (False, True):
            staged = Staged(self.fd)
            staged.commit(b"name")
            if stolen:
                other = Staged(self.fd)
                other.replace(b"name")
            staged.take_back(b"name")
            self.assertEqual(os.listdir(self.path), ["name"] if stolen else [])

    def test_resumed(self) -> None:
        """With its token the next request goes on where the last one stopped; some of it can be taken back."""
        first = Staged(self.fd, b"token")
        first.write(b"hel")
        first.release()
        second = Staged(self.fd, b"token", resume=True)
        self.assertEqual((second.size, second.read(1, 9)), (3, b"el"))
        second.write(b"xx")
        second.cut(3)
        second.write(b"lo")
        second.commit(b"name")
        self.assertEqual((os.listdir(self.path), self.content("name")), (["name"], b"hello"))

    def test_not_resumed(self) -> None:
        """What is not there, is no file, or has been given a name already is not gone on with."""
        os.symlink("elsewhere", os.path.join(self.path, ".tnet-upload-link"))
        os.mkfifo(os.path.join(self.path, ".tnet-upload-fifo"))
        named = Staged(self.fd, b"named")
        named.release()
        os.link(os.path.join(self.path, ".tnet-upload-named"), os.path.join(self.path, "name"))
        for token in (b"nothing", b"fifo", b"named"):
            with self.subTest(token=token):
                self.assertEqual(self.assertRaises(Refusal, Staged, self.fd, token, resume=True).status, 409)
        self.assertRaises(OSError, Staged, self.fd, b"link", resume=True)

    def test_hidden_names(self) -> None:
        """A token and the name of its file belong together; other names have none."""
        self.assertEqual(token_of(temporary(b"r-_9")), b"r-_9")
        for name in (b"name", b".tnet-upload-", b".tnet-upload-a.b"):
            self.assertIsNone(token_of(name))
