"""What an account may be called."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.accounts.names import account_name


class NameTests(TestCase):
    """Names from people and from peers."""

    def test_fitting(self) -> None:
        """Printable names of 1 to 64 characters stand as they are, from text and from UTF-8."""
        for name in ("a", "alice", "a.b-c_d@example", "名前", "x" * 64):
            self.assertEqual(account_name(name), name)
            self.assertEqual(account_name(name.encode()), name)

    def test_unfit(self) -> None:
        """Empty, long, spaced, and unprintable ones, and those with a separator, are no names."""
        for text in ("", "x" * 65, "a b", "a\tb", "a\x1b[2Jb", "a\0", "a\x85", "a\u202eb", "a\u200bb", "a:b", "a,b"):
            self.assertIsNone(account_name(text), ascii(text))
            self.assertIsNone(account_name(text.encode()), ascii(text))

    def test_not_utf8(self) -> None:
        """Bytes that are not UTF-8, and lone surrogates, are no name."""
        self.assertIsNone(account_name(b"al\xffice"))
        self.assertIsNone(account_name("a\udcffb"))

    def test_composed(self) -> None:
        """The two ways to write an accented letter mean the same account."""
        self.assertEqual(account_name("e\u0301"), "\u00e9")

    @given(st.binary(max_size=400))
    def test_any_bytes(self, raw: bytes) -> None:
        """Whatever a peer sends is a name that means itself, or no name."""
        name = account_name(raw)
        if name is not None:
            self.assertEqual(account_name(name), name)
            self.assertTrue(name.isprintable())
