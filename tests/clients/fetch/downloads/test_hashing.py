"""Checksums of what is written in any order."""

import hashlib
import os

from twisted.trial.unittest import SynchronousTestCase

from tnet.clients.fetch.downloads import hashing as hashing_module
from tnet.clients.fetch.downloads.hashing import Hashing, checked, digest_of
from tnet.errors import ChecksumMismatch

BODY = os.urandom(5000)
DIGEST = hashlib.sha256(BODY).hexdigest()


class Digests(SynchronousTestCase):
    def setUp(self):
        self.path = self.mktemp()
        with open(self.path, "wb") as file:
            file.write(BODY)

    def test_in_order(self):
        """What is written in order need not be read again."""
        hashing = Hashing("sha256")
        hashing.feed(0, [BODY[:10], BODY[10:20]])
        hashing.feed(20, [BODY[20:]])
        self.assertEqual((hashing.count, hashing.digest), (5000, DIGEST))

    def test_out_of_order(self):
        """What came too early is read from the file in the end."""
        hashing = Hashing("sha256")
        hashing.feed(1000, [BODY[1000:]])
        hashing.feed(0, [BODY[:1000]])
        self.assertEqual(hashing.count, 1000)
        with open(self.path, "rb") as file:
            self.assertTrue(hashing.catch_up(file.fileno(), 5000))
        self.assertEqual(hashing.digest, DIGEST)

    def test_a_large_file_takes_several_steps(self):
        """Each of them is bounded."""
        self.patch(hashing_module, "AT_ONCE_BYTES", 2000)
        hashing, steps = Hashing("sha256"), 1
        with open(self.path, "rb") as file:
            while not hashing.catch_up(file.fileno(), 5000):
                steps += 1
        self.assertEqual((steps, hashing.digest), (3, DIGEST))

    def test_a_file_that_is_too_short(self):
        """It ends, with another digest."""
        hashing = Hashing("sha256")
        with open(self.path, "rb") as file:
            self.assertTrue(hashing.catch_up(file.fileno(), 9000))
        self.assertEqual(hashing.count, 5000)

    def test_a_whole_file(self):
        """Its digest by any algorithm."""
        self.assertEqual(digest_of(self.path, "md5"), hashlib.md5(BODY).hexdigest())

    def test_what_is_expected(self):
        """Case 28: another one is exit 112."""
        self.assertEqual(checked("f", DIGEST, ("sha256", DIGEST)), f"sha256:{DIGEST}")
        self.assertIsNone(checked("f", "", None))
        error = self.assertRaises(ChecksumMismatch, checked, "f", "00", ("sha256", DIGEST))
        self.assertEqual((error.path, error.found, error.exit_status), ("f", "00", 112))

    def test_no_algorithm(self):
        """Nothing is computed, and nothing read."""
        hashing = Hashing(None)
        hashing.feed(0, [BODY])
        self.assertTrue(hashing.catch_up(-1, 5000))
        self.assertEqual((hashing.digest, hashing.count), ("", 0))

    def test_anew(self):
        """What was hashed is forgotten."""
        hashing = Hashing("sha256")
        hashing.feed(0, [b"old"])
        hashing.restart()
        hashing.feed(0, [BODY])
        self.assertEqual(hashing.digest, DIGEST)
