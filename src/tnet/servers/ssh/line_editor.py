"""The line that a user is typing: Conch's manhole with UTF-8, whole redraws, completion and the keys of Emacs.

Conch draws each key where it believes the cursor to be, one column a byte. Here a change marks the line as stale,
and it is drawn anew, once for all the bytes that came together. The terminal's modes are never touched, so that
nothing is left behind in them.

Source: twisted#6335 for UTF-8, twisted#6863 for completion.
"""

from __future__ import annotations

import codecs
import re
import tokenize
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from twisted.conch.insults.insults import ServerProtocol, Vector
from twisted.conch.manhole import ColoredManhole, lastColorizedLine

from tnet.servers.ssh.interpreter import encoded

# What we call in Conch's Manhole and that is not its public interface.
RELIES_ON = ("_needsNewline",)

LINE_CHARACTERS = 4096
HISTORY_LINES = 1000
ESCAPE_BYTES = 64
SHOWN_COMPLETIONS = 100
INDENT = "    "

_WORD = re.compile(r"[^\W\d][\w.]*$")
_WORD_AND_SPACE = re.compile(r"\w+\W*$|\W+$")
_COLOUR = re.compile(rb"\x1b\[[\d;]*m")
_UNCOLOURABLE = (tokenize.TokenError, SyntaxError, UnicodeError, IndexError)

BELL, ERASE_TO_END = b"\a", b"\x1b[K"


class Screen(ServerProtocol):
    """One session's terminal, as Conch parses its keys; Conch shares size and cursor among all sessions."""

    def __init__(self, make: Callable[[], LineEditor]) -> None:
        super().__init__(make)
        self.termSize = Vector(80, 24)
        self.cursorPos = Vector(0, 0)

    def resize(self, width: int, height: int) -> None:
        """Tell the editor the terminal's size."""
        if self.terminalProtocol is not None:
            self.terminalProtocol.terminalSize(width, height)
            self.terminalProtocol.settle()

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        if len(getattr(self, "escBuf", ())) > ESCAPE_BYTES:
            self.state = b"data"
        if self.terminalProtocol is not None:
            self.terminalProtocol.settle()


class LineEditor(ColoredManhole):
    """Edits and colours one line; `complete` gives the completions of a word."""

    # Each character is one item of bytes, as Conch has it; here an item may be several bytes of UTF-8.
    lineBuffer: list[bytes]

    def connectionMade(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._stale = False
        super().connectionMade()
        self.keyHandlers |= {
            b"\x08": self.handle_BACKSPACE,
            b"\x0b": self.handle_kill_to_end,
            b"\x0e": self.handle_DOWN,
            b"\x10": self.handle_UP,
            b"\x15": self.handle_kill_to_start,
            b"\x17": self.handle_kill_word,
        }

    def complete(self, word: str) -> Sequence[str]:
        """Everything that `word` may become."""
        return ()

    # ── drawing ──

    def initializeScreen(self) -> None:
        self.setInsertMode()
        self.terminal.write(self.ps[self.pn])

    def setInsertMode(self) -> None:
        self.mode = "insert"

    def setTypeoverMode(self) -> None:
        self.mode = "typeover"

    def terminalSize(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._stale = True

    def settle(self) -> None:
        """Draw the line, if it has changed."""
        if self._stale:
            self.drawInputLine()

    def drawInputLine(self) -> None:
        """Draw prompt and line in place; of a line too long for the terminal, the part around the cursor."""
        self._stale = False
        prompt, line, cursor = self.ps[self.pn], self.lineBuffer, self.lineBufferIndex
        room = self.width - len(prompt) - 1
        if columns(line) <= room:
            shown, behind = self._coloured(), columns(line[cursor:])
        else:
            start, end = _window(line, cursor, room)
            shown, behind = b"".join(line[start:end]), columns(line[cursor:end])
        back = b"\x1b[%dD" % behind if behind else b""
        self.terminal.write(b"\r" + prompt + shown + ERASE_TO_END + back)

    def _coloured(self) -> bytes:
        """The line with colours; plain, while it is nothing that Python can read."""
        plain = b"".join(self.lineBuffer)
        try:
            coloured = lastColorizedLine(self.getSource())
        except _UNCOLOURABLE:
            return plain
        return coloured if _COLOUR.sub(b"", coloured) == plain else plain

    def addOutput(self, data: str, isAsync: bool | None = None) -> None:
        """Write text; what comes late goes above the line that is being typed."""
        if not isAsync:
            self.terminal.write(encoded(data))
            return
        self.terminal.write(b"\r" + ERASE_TO_END)
        self.terminal.write(encoded(data))
        if self._needsNewline():
            self.terminal.nextLine()
        self.drawInputLine()

    # ── keys ──

    def keystrokeReceived(self, keyID: bytes, modifier: Any) -> None:
        """Act on a key, or take one byte of a character."""
        act = self.keyHandlers.get(keyID)
        if act is not None:
            self._decoder.reset()
            act()
        elif len(keyID) == 1 and modifier is None:
            character = self._decoder.decode(keyID)
            if character.isprintable() and character:
                self.characterReceived(character.encode(), True)

    def characterReceived(self, ch: bytes, moreCharactersComing: bool) -> None:
        if len(self.lineBuffer) >= LINE_CHARACTERS:
            self.terminal.write(BELL)
            return
        replaced = 1 if self.mode == "typeover" else 0
        self.lineBuffer[self.lineBufferIndex : self.lineBufferIndex + replaced] = [ch]
        self._move(self.lineBufferIndex + 1)

    def handle_LEFT(self) -> None:
        self._move(self.lineBufferIndex - 1)

    def handle_RIGHT(self) -> None:
        self._move(self.lineBufferIndex + 1)

    def handle_HOME(self) -> None:
        self._move(0)

    def handle_END(self) -> None:
        self._move(len(self.lineBuffer))

    def handle_BACKSPACE(self) -> None:
        self._cut(max(self.lineBufferIndex - 1, 0), self.lineBufferIndex)

    def handle_DELETE(self) -> None:
        self._cut(self.lineBufferIndex, self.lineBufferIndex + 1)

    def handle_kill_to_start(self) -> None:
        """^U: cut everything before the cursor."""
        self._cut(0, self.lineBufferIndex)

    def handle_kill_to_end(self) -> None:
        """^K: cut everything from the cursor on."""
        self._cut(self.lineBufferIndex, len(self.lineBuffer))

    def handle_kill_word(self) -> None:
        """^W: cut the word before the cursor, and what is between the two."""
        match = _WORD_AND_SPACE.search(self._before())
        if match:
            self._cut(match.start(), self.lineBufferIndex)

    def handle_FF(self) -> None:
        self.terminal.eraseDisplay()
        self.terminal.cursorHome()
        self.drawInputLine()

    def handle_RETURN(self) -> None:
        self.handle_END()
        self.settle()
        super().handle_RETURN()
        del self.historyLines[:-HISTORY_LINES]
        self.historyPosition = len(self.historyLines)

    def handle_INT(self) -> None:
        self._stale = False
        super().handle_INT()

    def handle_UP(self) -> None:
        self._recall(self.historyPosition - 1)

    def handle_DOWN(self) -> None:
        self._recall(self.historyPosition + 1)

    def handle_TAB(self) -> None:
        """Indent at the start of a line; elsewhere complete the word, or show what it may become."""
        before = self._before()
        word = _WORD.search(before)
        if not before.strip():
            self._insert(INDENT)
            return
        found = self.complete(word.group()) if word else ()
        common = _common_start(found)
        if word and len(common) > len(word.group()):
            self._insert(common[len(word.group()) :])
        elif len(found) > 1:
            self._show(found)
        else:
            self.terminal.write(BELL)

    # ── changes ──

    def _before(self) -> str:
        return b"".join(self.lineBuffer[: self.lineBufferIndex]).decode()

    def _move(self, index: int) -> None:
        self.lineBufferIndex = min(max(index, 0), len(self.lineBuffer))
        self._stale = True

    def _cut(self, start: int, end: int) -> None:
        del self.lineBuffer[start:end]
        self._move(start)

    def _insert(self, text: str) -> None:
        for character in text:
            self.characterReceived(character.encode(), True)

    def _recall(self, position: int) -> None:
        if not 0 <= position <= len(self.historyLines):
            return
        self.historyPosition = position
        line = self.historyLines[position] if position < len(self.historyLines) else b""
        self.lineBuffer = [character.encode() for character in line.decode()]
        self.handle_END()

    def _show(self, found: Sequence[str]) -> None:
        more = ["…"] if len(found) > SHOWN_COMPLETIONS else []
        self.terminal.nextLine()
        self.terminal.write("  ".join([*found[:SHOWN_COMPLETIONS], *more]))
        self.terminal.nextLine()
        self._stale = True


def _common_start(words: Sequence[str]) -> str:
    """What all words begin with."""
    first, last = (min(words), max(words)) if words else ("", "")
    same = next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    return first[:same]


def columns(characters: Sequence[bytes]) -> int:
    """How many columns of a terminal these characters take."""
    return sum(_columns(item) for item in characters)


def _columns(item: bytes) -> int:
    if len(item) == 1:
        return 1
    character = item.decode()
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _window(line: Sequence[bytes], cursor: int, room: int) -> tuple[int, int]:
    """From where to where `line` can be shown in `room` columns, with the cursor in sight."""
    start, used = cursor, 0
    while start > 0 and used + _columns(line[start - 1]) <= room:
        start -= 1
        used += _columns(line[start])
    end = cursor
    while end < len(line) and used + _columns(line[end]) <= room:
        used += _columns(line[end])
        end += 1
    return start, end
