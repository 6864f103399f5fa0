"""The line editor, seen through a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import pyte
from hypothesis import given, settings
from hypothesis import strategies as some
from twisted.conch.insults.insults import ServerProtocol
from twisted.conch.manhole import Manhole
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import TestCase

from tnet.servers.ssh.line_editor import LINE_CHARACTERS, RELIES_ON, LineEditor, Screen, columns

UP, DOWN, RIGHT, LEFT = b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D"
HOME, INSERT, DELETE = b"\x1b[1~", b"\x1b[2~", b"\x1b[3~"
CTRL = {letter: bytes((ord(letter) - 96,)) for letter in "abcdefghijklmnopqrstuvwxyz"}


class Editor(LineEditor):
    """Keeps the lines that were entered."""

    words: Sequence[str] = ()

    def connectionMade(self) -> None:
        self.entered: list[str] = []
        super().connectionMade()

    def complete(self, word: str) -> Sequence[str]:
        return [each for each in self.words if each.startswith(word)]

    def lineReceived(self, line: bytes) -> None:
        self.entered.append(line.decode())
        self.terminal.write(self.ps[self.pn])


class EditorTests(TestCase):
    """Keys in, a screen out."""

    def setUp(self) -> None:
        self.wire = StringTransport()
        self.screen = Screen(Editor)
        self.screen.makeConnection(self.wire)
        self.shown = pyte.Screen(40, 10)
        self.stream = pyte.ByteStream(self.shown)
        self.screen.resize(40, 10)
        self.editor: Editor = self.screen.terminalProtocol

    def type(self, *keys: bytes) -> str:
        """Type, each of `keys` at once; the last line on the screen, with `|` where the cursor is."""
        for key in keys:
            self.screen.dataReceived(key)
        self.stream.feed(self.wire.value())
        self.wire.clear()
        line, x = self.shown.display[self.shown.cursor.y].ljust(40), self.shown.cursor.x
        cells = [self.shown.buffer[self.shown.cursor.y][at].data for at in range(40)]
        self.assertEqual("".join(cells).rstrip(), line.rstrip())
        return "".join(cells[:x]) + "|" + "".join(cells[x:]).rstrip()

    def test_typing(self) -> None:
        """What is typed is shown after the prompt, and entered with Return."""
        self.assertEqual(self.type(b"6", b"*", b"7"), ">>> 6*7|")
        self.assertEqual(self.type(b"\r"), ">>> |")
        self.assertEqual(self.editor.entered, ["6*7"])

    def test_utf8(self) -> None:
        """Characters of several bytes are entered and shown, in whatever pieces they come; wide ones take two cells."""
        data = "'é日本'".encode()
        self.assertEqual(self.type(*(bytes((byte,)) for byte in data)), ">>> 'é日本'|")
        self.assertEqual(self.type(LEFT, LEFT), ">>> 'é日|本'")
        self.assertEqual(self.type(b"\x7f", b"x"), ">>> 'éx|本'")
        self.type(b"\r")
        self.assertEqual(self.editor.entered, ["'éx本'"])

    def test_bytes_that_are_no_text(self) -> None:
        """Bytes that are not UTF-8, and control characters without a meaning, are ignored."""
        self.assertEqual(self.type(b"a\xff\xc3", b"b", b"\x00\x01\x1f\xe2\x80\xae"), ">>> |ab")

    def test_keys(self) -> None:
        """The cursor moves and characters go, as in every line editor."""
        self.assertEqual(self.type(b"abcd", LEFT, LEFT, b"\x7f"), ">>> a|cd")
        self.assertEqual(self.type(DELETE), ">>> a|d")
        self.assertEqual(self.type(HOME, b"x"), ">>> x|ad")
        self.assertEqual(self.type(CTRL["e"], b"y", CTRL["a"], RIGHT, b"\x08"), ">>> |ady")
        self.assertEqual(self.type(LEFT, b"\x7f", CTRL["e"], RIGHT, DELETE), ">>> ady|")

    def test_kills(self) -> None:
        """^W cuts a word, ^U what is before the cursor, ^K what is behind it."""
        self.assertEqual(self.type(b"one.two  three ", CTRL["w"]), ">>> one.two  |")
        self.assertEqual(self.type(CTRL["w"]), ">>> one.|")
        self.assertEqual(self.type(CTRL["w"], CTRL["w"], b"abcd", LEFT, LEFT, CTRL["k"]), ">>> ab|")
        self.assertEqual(self.type(b"cd", LEFT, CTRL["u"]), ">>> |d")

    def test_typeover(self) -> None:
        """Insert switches to typing over, and back; the terminal's own modes are never touched."""
        self.assertEqual(self.type(b"abc", HOME, INSERT, b"x"), ">>> x|bc")
        self.assertEqual(self.type(INSERT, b"y"), ">>> xy|bc")
        self.assertEqual(self.type(CTRL["e"], INSERT, b"z"), ">>> xybcz|")
        self.assertFalse(set(self.shown.mode) - set(pyte.Screen(40, 10).mode))

    def test_history(self) -> None:
        """Lines come back with the arrows or ^P and ^N, whole characters included, and end in an empty line."""
        self.type(b"first\r", "日\r".encode(), b"\r")
        self.assertEqual(self.type(UP), ">>> 日|")
        self.assertEqual(self.type(CTRL["p"]), ">>> first|")
        self.assertEqual(self.type(UP), ">>> first|")
        self.assertEqual(self.type(DOWN, CTRL["n"], DOWN), ">>> |")

    def test_history_is_bounded(self) -> None:
        """So many lines are kept and no more."""
        self.type(b"x\r" * 1200)
        self.assertEqual(len(self.editor.historyLines), 1000)

    def test_long_line(self) -> None:
        """Of a line that does not fit, the part around the cursor is shown, on one row."""
        text = "".join(chr(97 + at % 26) for at in range(100))
        self.assertEqual(self.type(text.encode()), ">>> " + text[-35:] + "|")
        self.assertEqual(self.type(CTRL["a"]), ">>> |" + text[:35])
        self.assertEqual(self.shown.cursor.y, 0)
        self.type(b"\r")
        self.assertEqual(self.editor.entered, [text])

    def test_longest_line(self) -> None:
        """A line without end stops growing."""
        self.type(b"x" * (LINE_CHARACTERS + 10) + b"\r")
        self.assertEqual(len(self.editor.entered[0]), LINE_CHARACTERS)

    def test_tab(self) -> None:
        """Tab indents at the start; it completes a word as far as that is clear, then shows what there is."""
        self.editor.words = ("getpid", "getppid", "other")
        self.assertEqual(self.type(b"\t"), ">>>     |")
        self.assertEqual(self.type(CTRL["u"], b"x = ot\t"), ">>> x = other|")
        self.assertEqual(self.type(CTRL["u"], b"g\t"), ">>> getp|")
        self.assertEqual(self.type(b"\t"), ">>> getp|")
        self.assertIn("getpid  getppid", "\n".join(self.shown.display))
        self.assertEqual(self.type(CTRL["u"], b"nothing\t"), ">>> nothing|")

    def test_interrupt(self) -> None:
        """^C drops the line and prompts anew; ^L clears the screen and keeps it."""
        self.type(b"abc", CTRL["c"])
        self.assertEqual(self.type(b"x", CTRL["l"]), ">>> x|")
        self.assertEqual(self.shown.cursor.y, 0)

    def test_late_output(self) -> None:
        """What comes late goes above the line that is being typed."""
        self.type(b"ab", LEFT)
        self.editor.addOutput("Deferred #0 called back: 7", True)
        self.assertEqual(self.type(), ">>> a|b")
        self.assertIn("Deferred #0 called back: 7", self.shown.display[0])

    def test_resize(self) -> None:
        """A new width draws the line anew."""
        self.type(b"x" * 30)
        self.screen.resize(20, 10)
        self.assertEqual(self.type(), ">>> " + "x" * 15 + "|")

    def test_what_cannot_be_coloured(self) -> None:
        """Text that is no Python, or makes its tokenizer fail, is shown as it is."""
        for text in ("'open", "(", "$ ?", "# -*- coding: no -*-", "\\", "a   b", "\u00b4"):
            self.assertEqual(self.type(CTRL["u"], text.encode()), f">>> {text}|")

    def test_endless_escape(self) -> None:
        """An escape sequence without end is dropped, not kept."""
        self.type(b"\x1b[" + b"1" * 5000)
        self.assertEqual(self.type(b"ok"), ">>> ok|")

    def test_sessions_are_apart(self) -> None:
        """Two terminals share neither size nor cursor, as Conch's class has them."""
        other = Screen(Editor)
        self.assertIsNot(other.cursorPos, self.screen.cursorPos)
        self.assertIsNot(other.termSize, ServerProtocol.termSize)

    @given(some.binary(max_size=60))
    @settings(max_examples=200, deadline=None)
    def test_any_bytes(self, data: bytes) -> None:
        """Whatever is typed, nothing is raised and the cursor stays in the line."""
        self.setUp()
        self.screen.dataReceived(data)
        self.assertTrue(0 <= self.editor.lineBufferIndex <= len(self.editor.lineBuffer))


class ContractTests(TestCase):
    """What we rely on in Conch is there."""

    def test_private_names(self) -> None:
        """Conch's manhole still knows whether its output ended a line."""
        for name in RELIES_ON:
            self.assertTrue(callable(getattr(Manhole, name)), name)


class WidthTests(TestCase):
    """How many cells characters take."""

    def test_columns(self) -> None:
        """One for most, two for wide ones, none for marks that combine."""
        self.assertEqual(columns([character.encode() for character in "aé日e\u0301"]), 5)
