"""Argon2id secrets: made, checked, aged."""

import bcrypt
from twisted.trial.unittest import TestCase

from tnet.accounts.hashing import Argon2, UnreadableSecret, matches, readable

QUICK = Argon2(memory_kib=8, passes=1, lanes=1)


class HashingTests(TestCase):
    """From a password to its secret."""

    def test_round_trip(self) -> None:
        """Only the same password matches the secret."""
        secret = QUICK.hash(b"open sesame")
        self.assertTrue(matches(b"open sesame", secret))
        self.assertFalse(matches(b"open sesam", secret))
        self.assertFalse(matches(b"", secret))

    def test_salted(self) -> None:
        """The same password never gives the same secret twice."""
        self.assertNotEqual(QUICK.hash(b"x"), QUICK.hash(b"x"))

    def test_defaults_are_strong(self) -> None:
        """The default parameters are at least what OWASP recommends, and stand in the secret."""
        default = Argon2()
        self.assertGreaterEqual(default.memory_kib * default.passes, 19456 * 2)
        self.assertTrue(default.hash(b"x").startswith("$argon2id$v=19$m=19456,t=2,p=1$"))


class AgeingTests(TestCase):
    """Secrets of other parameters."""

    def test_outdated(self) -> None:
        """A secret is outdated when it is less work than one of today, and not when it is more."""
        secret = QUICK.hash(b"x")
        self.assertFalse(QUICK.outdated(secret))
        for other in (Argon2(16, 1, 1), Argon2(8, 2, 1), Argon2(16, 1, 2)):
            self.assertTrue(other.outdated(secret))
            self.assertFalse(QUICK.outdated(other.hash(b"x")))

    def test_unreadable(self) -> None:
        """What is not Argon2id, or asks for absurd work, is refused before any work is done."""
        good = QUICK.hash(b"x")
        dear = good.replace("m=8", "m=99999999")
        long = good.replace("t=1", "t=101")
        for secret in ("", "x", "$2b$12$abc", good.replace("argon2id", "argon2i"), good + "\n", dear, long):
            self.assertRaises(UnreadableSecret, matches, b"x", secret)
            self.assertRaises(UnreadableSecret, QUICK.outdated, secret)

    def test_impossible_parameters(self) -> None:
        """Parameters that Argon2 itself does not allow are unreadable too."""
        self.assertRaises(UnreadableSecret, matches, b"x", QUICK.hash(b"x").replace("m=8", "m=1"))


class BcryptTests(TestCase):
    """Secrets that another program made."""

    def test_checked(self) -> None:
        """A bcrypt secret is checked, readable, and outdated whatever it cost."""
        secret = bcrypt.hashpw(b"pw", bcrypt.gensalt(4)).decode()
        self.assertTrue(matches(b"pw", secret))
        self.assertFalse(matches(b"no", secret))
        self.assertTrue(Argon2().outdated(secret))
        self.assertTrue(readable(secret))

    def test_unreadable(self) -> None:
        """One that is malformed or too dear is unreadable."""
        for secret in ("$2b$12$abc", "$2b$31$" + "." * 53, "$2b$12$" + "a" * 53, "plain"):
            self.assertFalse(readable(secret))
            self.assertRaises(UnreadableSecret, matches, b"pw", secret)


class DecoyTests(TestCase):
    """The secret that stands in for one that is not there."""

    def test_current(self) -> None:
        """It has today's parameters, is readable, and no password matches it."""
        for hasher in (QUICK, Argon2()):
            self.assertFalse(hasher.outdated(hasher.decoy()))
        self.assertFalse(matches(b"", QUICK.decoy()))
        self.assertEqual(len(QUICK.decoy()), len(QUICK.hash(b"x")))
