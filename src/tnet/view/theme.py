"""How things look: a few tones and marks, and the one brush that paints them.

Nothing is told by colour alone: a mark or a word always says it as well. The sixteen colours of the user's own
palette are used, never fixed ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from tnet.escape import safe_line


class Tone(Enum):
    """A way of saying it; the value is the style's name in Rich."""

    PLAIN = ""
    STRONG = "bold"
    QUIET = "dim"
    GOOD = "green"
    BAD = "red"
    WARNING = "yellow"
    NAME = "cyan"


class Mark(Enum):
    """One cell that says what a line is about, as Unicode and as ASCII."""

    LISTEN = ("●", "*")
    OPEN = ("▸", ">")
    CLOSE = ("◂", "<")
    SENT = ("→", ">")
    RECEIVED = ("←", "<")
    GOOD = ("✓", "+")
    BAD = ("✗", "x")
    WARNING = ("!", "!")
    OTHER = ("·", "-")


Piece = tuple[Tone, str]
Line = tuple[Piece, ...]

_SGR = {Tone.STRONG: "1", Tone.QUIET: "2", Tone.GOOD: "32", Tone.BAD: "31", Tone.WARNING: "33", Tone.NAME: "36"}
_ASCII = str.maketrans(
    {"·": "-", "→": "->", "…": "...", "—": "-", "●": "*", "▸": ">", "◂": "<", "✓": "+", "✗": "x", "─": "-"}
)


@dataclass(frozen=True, slots=True)
class Brush:
    """Paints text for one stream. Whatever it paints is harmless afterwards: this is the render boundary."""

    color: bool = False
    unicode: bool = True

    def clean(self, text: str) -> str:
        """`text` on one line, escaped, and without our own glyphs where they cannot be shown."""
        harmless = safe_line(text)
        return harmless if self.unicode else harmless.translate(_ASCII)

    def paint(self, tone: Tone, text: str) -> str:
        """`text` in a tone."""
        clean = self.clean(text)
        code = _SGR.get(tone) if self.color and clean else None
        return f"\x1b[{code}m{clean}\x1b[0m" if code else clean

    def line(self, pieces: Iterable[Piece]) -> str:
        """Several pieces, one after the other."""
        return "".join(self.paint(tone, text) for tone, text in pieces)

    def mark(self, mark: Mark) -> str:
        """The cell of a mark, unpainted."""
        return mark.value[0 if self.unicode else 1]
