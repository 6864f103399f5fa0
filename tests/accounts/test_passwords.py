"""What a password may be, and what a generated one looks like."""

from twisted.trial.unittest import TestCase

from tnet.accounts import passwords
from tnet.errors import BadUsage


class GeneratingTests(TestCase):
    """A new password."""

    def test_easy_to_type(self) -> None:
        """It is four groups of four letters that no reader mistakes for others."""
        for _ in range(50):
            self.assertRegex(passwords.generate(), r"^([a-km-np-z2-9]{4}-){3}[a-km-np-z2-9]{4}$")

    def test_random(self) -> None:
        """No two of them are the same."""
        self.assertEqual(len({passwords.generate() for _ in range(200)}), 200)


class SettingTests(TestCase):
    """What may be set."""

    def test_bytes(self) -> None:
        """A password is kept as the bytes that were typed, even those that are not UTF-8."""
        self.assertEqual(passwords.as_bytes("pä\udcff"), b"p\xc3\xa4\xff")

    def test_bounds(self) -> None:
        """Empty ones and those over 1 KiB are refused, without being quoted."""
        self.assertEqual(len(passwords.as_bytes("x" * 1024)), 1024)
        for wrong in ("", "x" * 1025, "ä" * 513):
            error = self.assertRaises(BadUsage, passwords.as_bytes, wrong)
            self.assertNotIn("xx", str(error))
