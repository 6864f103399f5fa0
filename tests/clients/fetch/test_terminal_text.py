"""How a body is shown on a terminal."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.clients.fetch.terminal_text import TerminalText, is_binary
from tnet.escape import safe


def shown(*pieces):
    text = TerminalText()
    return b"".join([*map(text.feed, pieces), text.finish()])


class Showing(TestCase):
    def test_text_is_shown_as_it_is(self):
        """Letters of any script, tabs and line ends stay; CR LF becomes a line feed."""
        self.assertEqual(shown("é\t漢\r\nx\ny".encode()), "é\t漢\nx\ny".encode())

    def test_what_a_terminal_would_obey_is_visible(self):
        """Escape sequences, C1 controls and turned text lose their power."""
        self.assertEqual(shown(b"\x1b[2J\x07"), b"\\x1b[2J\\x07")
        self.assertEqual(shown("\x9b31m\u202e".encode()), b"\\x9b31m\\u202e")
        self.assertEqual(shown(b"a\rb\r"), b"a\\x0db\\x0d")

    def test_other_bytes_are_visible(self):
        """What is no UTF-8 shows as hexadecimal."""
        self.assertEqual(shown(b"\xff\xfe caf\xe9"), b"\\xff\\xfe caf\\xe9")

    @given(st.binary(), st.data())
    def test_a_cut_makes_no_difference(self, data, draw):
        """The same comes out of any pieces, and it is harmless."""
        at = draw.draw(st.integers(0, len(data)))
        whole = shown(data)
        self.assertEqual(shown(data[:at], data[at:]), whole)
        self.assertEqual(safe(whole.decode()), whole.decode())


class Binary(TestCase):
    def test_a_nul_means_binary(self):
        """Text of any encoding that a terminal shows has none."""
        self.assertTrue(is_binary(b"\x89PNG\r\n\x1a\n\0"))
        self.assertFalse(is_binary("héllo".encode("latin-1")))
