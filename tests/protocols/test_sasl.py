"""SASL PLAIN."""

from base64 import b64encode

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.sasl import Plain, decode_base64, parse_plain

_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1).map(str.encode)


class PlainTests(TestCase):
    """Messages."""

    def test_source(self) -> None:
        """The two examples of RFC 4616 section 4."""
        self.assertEqual(parse_plain(b64encode(b"\0tim\0tanstaaftanstaaf")), Plain(b"", b"tim", b"tanstaaftanstaaf"))
        other = parse_plain(b64encode(b"Ursel\0Kurt\0xipj3plmq"))
        self.assertEqual(other, Plain(b"Ursel", b"Kurt", b"xipj3plmq"))
        assert other is not None
        self.assertTrue(other.acts_for_another)

    @given(st.one_of(st.just(b""), _text), _text, _text)
    def test_any(self, acting_as: bytes, user: bytes, password: bytes) -> None:
        """Whatever is put together is taken apart."""
        message = b64encode(b"\0".join([acting_as, user, password]))
        self.assertEqual(parse_plain(message), Plain(acting_as, user, password))

    def test_none(self) -> None:
        """A missing or surplus NUL, a missing name or password, and what is not UTF-8 are no message."""
        for message in (
            b"",
            b"a\0b",
            b"a\0b\0c\0d",
            b"\0\0pw",
            b"\0a\0",
            b"\0\xff\0pw",
            b"\xff\0a\0pw",
            b"\0a\0\xe2\x82",
        ):
            self.assertIsNone(parse_plain(b64encode(message)), message)

    def test_secret_does_not_show(self) -> None:
        """No repr has the password."""
        self.assertNotIn("hunter2", repr(Plain(b"", b"a", b"hunter2")))


class Base64Tests(TestCase):
    """Strictly."""

    def test_strict(self) -> None:
        """Blanks, line ends, missing and surplus padding, padding that is not zero and foreign letters are refused."""
        for wrong in (
            b"YQ",
            b"YQ=",
            b"YQ===",
            b"YR==",
            b"Y Q==",
            b"YQ==\n",
            b"YQ==YQ==",
            b"_w==",
            b"=",
            b"YQ==x",
            b"\xff",
        ):
            self.assertIsNone(decode_base64(wrong), wrong)
        self.assertEqual((decode_base64(b"YQ=="), decode_base64(b"")), (b"a", b""))

    @given(st.binary())
    def test_one_encoding(self, encoded: bytes) -> None:
        """What is accepted is the one encoding of what it stands for."""
        data = decode_base64(encoded)
        if data is not None:
            self.assertEqual(b64encode(data), encoded)
