"""Heads for somebody to read."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import HOSTILE
from tnet.clients.fetch.show.head_text import head_text

HEAD = b"HTTP/1.1 200 OK\r\nX-MiXed: a: b\r\nEmpty: \r\n\r\n"


class HeadTextTests(SynchronousTestCase):
    """`head_text`."""

    def test_lines(self):
        """Case and order of the fields stay; an empty line ends it."""
        self.assertEqual(head_text(HEAD, color=False), b"HTTP/1.1 200 OK\nX-MiXed: a: b\nEmpty: \n\n")

    def test_colors(self):
        """The status says which colour the first line has; names have one, values have none."""
        for status, code in ((200, 32), (301, 36), (404, 33), (503, 31)):
            shown = head_text(b"HTTP/2 %d \r\nA: b\r\n\r\n" % status, color=True)
            self.assertEqual(shown, b"\x1b[%dmHTTP/2 %d \x1b[0m\n\x1b[36mA\x1b[0m: b\n\n" % (code, status))
        self.assertEqual(head_text(b"GET / HTTP/1.1\r\n\r\n", color=True), b"\x1b[1mGET / HTTP/1.1\x1b[0m\n\n")

    def test_values_beyond_ascii(self):
        """They are Latin-1, with the reading as UTF-8 where there is one."""
        shown = head_text("HTTP/1.1 200 OK\r\nA: caf\xe9\r\n\r\n".encode("latin-1"), color=False).decode()
        self.assertIn("A: caf\xe9\n", shown)
        shown = head_text("HTTP/1.1 200 OK\r\nA: caf\xe9\r\n\r\n".encode(), color=False).decode()
        self.assertIn("A: caf\xc3\\xa9 (UTF-8: caf\xe9)\n".replace("\\xa9", "\xa9"), shown)

    def test_hostile(self):
        """Case 44: the phrase, names and values move no terminal, whether they are read as UTF-8 or not."""
        for nasty in (b"\x1b]0;owned\x07", b"\x9b2J", "\u202e\x9b".encode(), b"\x1b[2J"):
            shown = head_text(b"HTTP/1.1 200 %b\r\n%b: %b\r\n\r\n" % (nasty, nasty, nasty), color=False)
            self.assertIsNone(HOSTILE.search(shown.decode()))

    def test_markup(self):
        """Case 45: what would be markup elsewhere is text."""
        shown = head_text(b"HTTP/1.1 200 [red]x[/]\r\nServer: [/b] :smile:\r\n\r\n", color=True)
        self.assertIn(b"200 [red]x[/]", shown)
        self.assertIn(b": [/b] :smile:\n", shown)

    @given(st.binary(max_size=60))
    def test_anything(self, head):
        """Whatever it is, it is shown, and harmless."""
        self.assertIsNone(HOSTILE.search(head_text(head, color=False).decode()))
