"""What a header field may be made of."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.http1.fields import as_text, is_authority, is_field_value, is_token, tokens


class Names(TestCase):
    def test_tokens(self):
        """Letters, digits and a few marks; never a separator, a space or nothing at all."""
        for name in (b"Host", b"x-1", b"!#$%&'*+-.^_`|~"):
            self.assertTrue(is_token(name), name)
        for name in (b"", b"a b", b"a:", b"a\n", b"\xe9", b"a\0", b'"a"', b"(a)"):
            self.assertFalse(is_token(name), name)


class Texts(TestCase):
    def test_utf_8_or_latin_1(self):
        """What is no UTF-8 is taken for Latin-1, in which everything is something."""
        self.assertEqual([as_text(data) for data in (b"a", "ä".encode(), b"\xe4")], ["a", "ä", "ä"])


class Values(TestCase):
    def test_every_control_byte_but_tab_is_refused(self):
        """No line end and no NUL stands in a value."""
        refused = [byte for byte in range(256) if not is_field_value(bytes([byte]))]
        self.assertEqual(refused, [*range(9), *range(10, 32), 127])
        self.assertTrue(is_field_value(b""))
        self.assertFalse(is_field_value(b"a\n"))


class Authorities(TestCase):
    def test_hosts(self):
        """A name or an address, with a port or without; no user, no path."""
        for value in (b"h", b"a.b:80", b"127.0.0.1", b"[::1]:8080", b"h:"):
            self.assertTrue(is_authority(value), value)
        for value in (b"", b"a b", b"u@h", b"h/x", b"::1", b"h:123456", b"h\n", b"h:x"):
            self.assertFalse(is_authority(value), value)


class Lists(TestCase):
    def test_members_in_lower_case(self):
        """White space and empty members go."""
        self.assertEqual(tokens(b" GZIP , ,chunked\t,"), [b"gzip", b"chunked"])
        self.assertEqual(tokens(b""), [])

    @given(st.binary())
    def test_members_hold_no_comma(self, value):
        """Nor white space at their ends."""
        for member in tokens(value):
            self.assertNotIn(b",", member)
            self.assertEqual(member, member.strip(b" \t"))
            self.assertTrue(member)
