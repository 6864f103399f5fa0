"""Secrets that Apache's htpasswd made."""

import bcrypt as library
from twisted.trial.unittest import TestCase

from tnet.accounts import bcrypt

SECRET = library.hashpw(b"pw", library.gensalt(4)).decode()


class BcryptTests(TestCase):
    """What is taken for one, and whom it lets in."""

    def test_cost(self) -> None:
        """The three forms in use are known; older, malformed and too dear ones are none."""
        for form in ("2a", "2b", "2y"):
            self.assertEqual(bcrypt.cost(SECRET.replace("2b", form)), 4)
        for wrong in ("", "pw", SECRET[:-1], SECRET + "a", SECRET.replace("2b", "2x"), SECRET.replace("$04", "$17")):
            self.assertIsNone(bcrypt.cost(wrong))

    def test_matches(self) -> None:
        """The right password and no other, in the form that Apache writes, too."""
        for secret in (SECRET, SECRET.replace("2b", "2y")):
            for password, right in ((b"pw", True), (b"pW", False), (b"", False), (b"pw\0", False)):
                self.assertEqual(bcrypt.matches(password, secret), right)

    def test_long_password(self) -> None:
        """More than 72 bytes match nothing, even when the first 72 would; it is no error."""
        secret = library.hashpw(b"x" * 72, library.gensalt(4)).decode()
        self.assertTrue(bcrypt.matches(b"x" * 72, secret))
        for longer in (73, 1024):
            self.assertFalse(bcrypt.matches(b"x" * longer, secret))

    def test_decoy(self) -> None:
        """A decoy has the cost that was asked for, can be checked, and is never the same."""
        decoys = {bcrypt.decoy(4) for _ in range(50)}
        self.assertEqual(len(decoys), 50)
        for decoy in decoys:
            self.assertEqual(bcrypt.cost(decoy), 4)
            self.assertFalse(bcrypt.matches(b"pw", decoy))
