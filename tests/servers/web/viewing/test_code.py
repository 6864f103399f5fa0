"""Tests for tnet.servers.web.viewing.code."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.servers.web.viewing import code
from tnet.servers.web.viewing.code import as_lines, highlighted, language_of


def plain(marked: str) -> str:
    """The text of HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", marked))


class CodeTests(TestCase):
    """Source text."""

    def test_lines(self) -> None:
        """Each line is an element of its own, with its number, even in a text that spans lines."""
        marked = as_lines('x = """a\nb"""\r\n', "a.py")
        self.assertEqual(re.findall(r'id="(L\d+)"', marked), ["L1", "L2"])
        self.assertEqual(plain(marked), 'x = """a\nb"""\n')
        self.assertIn('<span class="', marked)

    def test_hostile(self) -> None:
        """Markup is text, and text that would look like another is made visible."""
        for name in ("a.html", "a.txt", "a.py", "nothing"):
            marked = as_lines("<script>alert(1)</script>\u202e", name)
            self.assertNotIn("<script", marked)
            self.assertNotIn("\u202e", marked)
            self.assertIn("\\u202e", plain(marked))

    @given(
        st.text(st.characters(exclude_categories=["C"]), max_size=80), st.sampled_from(["a.c", "a.html", "a.json", "a"])
    )
    def test_nothing_is_lost(self, text: str, name: str) -> None:
        """What is shown is the text, in any language."""
        self.assertEqual(plain(as_lines(text, name)), text + "\n")

    def test_languages(self) -> None:
        """By name for prose, by file name for files; unknown ones are plain."""
        self.assertIn('class="k"', highlighted("def f(): pass", "python"))
        self.assertEqual(highlighted("<x>\n", "no such language"), "&lt;x&gt;\n")
        self.assertEqual((language_of("a.rs"), language_of("a.nothing")), ("Rust", ""))

    def test_patience(self) -> None:
        """When it takes too long the rest is plain, and whole."""
        self.patch(code, "PATIENCE_SECONDS", -1)
        text = "def f():\n    return 1\n" * 50
        marked = as_lines(text, "a.py")
        self.assertEqual(plain(marked), text)
        self.assertEqual(marked.count('class="k"'), 1)
