"""Files of secrets."""

import os
import stat
from unittest import mock

from twisted.trial.unittest import TestCase

from tnet.clients.fetch.private_file import FILE_BYTES, open_to_others, read_private, replace_private
from tnet.errors import CannotRead, CannotWrite


class Case(TestCase):
    def setUp(self):
        self.folder = self.mktemp()
        os.mkdir(self.folder)
        self.path = os.path.join(self.folder, "file")

    def make(self, data=b"old", mode=0o600):
        with open(self.path, "wb") as file:
            file.write(data)
        os.chmod(self.path, mode)

    def content(self, path=None):
        with open(path or self.path, "rb") as file:
            return file.read()

    def mode(self):
        return stat.S_IMODE(os.stat(self.path).st_mode)


class Reading(Case):
    def test_a_file(self):
        """All of it; None when there is none."""
        self.assertIsNone(read_private(self.path))
        self.make(b"x" * 100_000)
        self.assertEqual(read_private(self.path), b"x" * 100_000)

    def test_a_path_that_cannot_be_read(self):
        """Is named in the error."""
        for path in (self.folder, "a\0b"):
            with self.assertRaises(CannotRead) as caught:
                read_private(path)
            self.assertEqual(caught.exception.path, path)

    def test_a_long_file_is_refused(self):
        """A file that would fill the memory is not read."""
        self.make()
        os.truncate(self.path, FILE_BYTES + 1)
        with self.assertRaises(CannotRead):
            read_private(self.path)

    def test_a_fifo_is_not_waited_for(self):
        """Nobody writes to it, so it is empty."""
        os.mkfifo(self.path)
        self.assertEqual(read_private(self.path), b"")

    def test_who_can_read(self):
        """Group and others count; a file that is not there is open to nobody."""
        for mode, is_open in {0o600: False, 0o400: False, 0o640: True, 0o604: True, 0o622: False}.items():
            self.make(mode=mode)
            self.assertEqual(open_to_others(self.path), is_open, oct(mode))
            os.unlink(self.path)
        self.assertFalse(open_to_others(self.path))


class Replacing(Case):
    def test_a_new_file_is_ours_alone(self):
        """Case 13: its mode is 0600, whatever the umask lets through."""
        self.addCleanup(os.umask, os.umask(0))
        replace_private(self.path, b"new")
        self.assertEqual((self.content(), self.mode()), (b"new", 0o600))
        self.assertEqual(os.listdir(self.folder), ["file"])

    def test_the_narrower_mode_stays(self):
        """Case 13: what others could read they can no longer; what was narrower is not widened."""
        for before, after in {0o644: 0o600, 0o666: 0o600, 0o600: 0o600, 0o200: 0o200}.items():
            self.make(mode=before)
            replace_private(self.path, b"new")
            self.assertEqual(self.mode(), after, oct(before))

    def test_a_link_stays_a_link(self):
        """The file that it leads to is replaced."""
        self.make()
        link = os.path.join(self.folder, "link")
        os.symlink("file", link)
        replace_private(link, b"new")
        self.assertTrue(os.path.islink(link))
        self.assertEqual(self.content(), b"new")

    def test_what_is_no_file_is_not_replaced(self):
        """A device is written to."""
        replace_private("/dev/null", b"new")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_a_failure_leaves_the_old_file(self):
        """And no other beside it."""
        self.make()
        full = mock.patch("os.replace", side_effect=OSError(28, "No space left on device"))
        with full, self.assertRaises(CannotWrite) as caught:
            replace_private(self.path, b"new")
        self.assertIn("No space left", str(caught.exception))
        self.assertEqual((self.content(), os.listdir(self.folder)), (b"old", ["file"]))

    def test_a_file_that_is_read_only_is_left_alone(self):
        """Its owner meant that."""
        self.make(mode=0o400)
        with mock.patch("os.access", return_value=False), self.assertRaises(CannotWrite) as caught:
            replace_private(self.path, b"new")
        self.assertIn("read-only", str(caught.exception))
        self.assertEqual(self.content(), b"old")

    def test_a_folder_that_is_missing(self):
        """Is not made."""
        with self.assertRaises(CannotWrite):
            replace_private(os.path.join(self.folder, "no", "file"), b"new")
