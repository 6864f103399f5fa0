"""Tests for the one Rich console."""

from __future__ import annotations

import os
from unittest import mock

from rich.text import Text
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import PIPE, tty
from tnet.view.console import flowed, make_console, painted


class PaintedTests(SynchronousTestCase):
    """`make_console` and `painted`."""

    def test_color(self) -> None:
        """Colour is what the terminal decided, whatever Rich would have guessed from the environment."""
        line = Text("no", style="red")
        for guess in ({"FORCE_COLOR": "1"}, {"NO_COLOR": "1"}, {"TERM": "dumb"}, {"COLORTERM": "truecolor"}):
            with mock.patch.dict(os.environ, guess):
                self.assertEqual(painted(make_console(tty(color=True)), line, 80), "\x1b[31mno\x1b[0m")
                self.assertEqual(painted(make_console(PIPE), line, 80), "no")

    def test_cut(self) -> None:
        """A line is cut to the columns, counted in cells, and says so; the caller's line is untouched."""
        console, line = make_console(tty()), Text("日本語日本語")
        self.assertEqual(painted(console, line, 7), "日本語…")
        self.assertEqual(line.plain, "日本語日本語")

    def test_text_is_text(self) -> None:
        """Markup, emoji codes and numbers are shown as they are."""
        text = "[red]x[/red] :smile: 42 'q' http://h/"
        self.assertEqual(painted(make_console(tty(color=True)), Text(text), 80), text)


class FlowedTests(SynchronousTestCase):
    """`flowed`."""

    def test_lines(self) -> None:
        """Pieces share a line while they fit; one that is too long has its own."""
        pieces = [Text(text) for text in ("aaa", "bbb", "cc", "d" * 20, "e")]
        self.assertEqual([line.plain for line in flowed(pieces, 10, "  ")], ["aaa  bbb", "cc", "d" * 20, "e"])
