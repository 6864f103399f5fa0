"""A few words of mdoc."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.cli.manual import mdoc


class MdocTests(TestCase):
    """Text that cannot be mistaken for macros."""

    def test_text_cannot_become_a_macro(self) -> None:
        """A line that begins with a dot or a quote is shown, not obeyed; backslashes and hyphens stay themselves."""
        self.assertEqual(mdoc.line(".Sh X"), "\\&.Sh X")
        self.assertEqual(mdoc.line("'x"), "\\&'x")
        self.assertEqual(mdoc.escape("a\\n --b"), "a\\en \\-\\-b")

    def test_paragraphs(self) -> None:
        """Blank lines part paragraphs, sentences begin on lines of their own."""
        self.assertEqual(mdoc.text("One. Two.\n\nThree."), "One.\nTwo.\n.Pp\nThree.\n")

    def test_no_rows_no_list(self) -> None:
        """An empty list is nothing at all."""
        self.assertEqual(mdoc.tagged([]), "")
