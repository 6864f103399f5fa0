"""JSON made readable token by token: only the white space between tokens changes, and colours are added.

No number is rounded, no key sorted or dropped, no escape rewritten: a parser is asked whether it is JSON, and what the
parser made of it is thrown away.

Source: RFC 8259.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from itertools import accumulate

MOST_CHARACTERS = 8 << 20
MOST_LEVELS = 256
PIECE_CHARACTERS = 1 << 16
INDENT = "    "

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# A string is a KEY when the empty group of that name, which looks ahead for the colon, took part.
_TOKEN = re.compile(
    rf"""
      (?P<SPACE> [ \t\n\r]++ )
    | (?P<STRING> {_STRING} ) (?P<KEY> (?= [ \t\n\r]*+ : ) )?
    | (?P<NUMBER> [-0-9] [-+.0-9eE]*+ )
    | (?P<WORD> [a-z]++ )
    | (?P<MARK> [{{}}\[\],:] )
    | (?P<OTHER> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_NO_BRACKETS = re.compile(rf'{_STRING}|[^{{}}\[\]"]++', re.DOTALL)


class Kind(Enum):
    """What a token is; a KEY is a string before a colon, OTHER is nothing that JSON knows."""

    SPACE = auto()
    STRING = auto()
    KEY = auto()
    NUMBER = auto()
    WORD = auto()
    MARK = auto()
    OTHER = auto()


Token = tuple[Kind, str]
Paint = Callable[[Kind, str], str]

_KINDS = {index: Kind[name] for name, index in _TOKEN.groupindex.items()}
_COLORS = {Kind.KEY: "36", Kind.STRING: "32", Kind.NUMBER: "33", Kind.WORD: "35"}


def plain(kind: Kind, text: str) -> str:
    """The token as it is."""
    return text


def colored(kind: Kind, text: str) -> str:
    """The token in the colour of its kind, by SGR sequences."""
    code = _COLORS.get(kind)
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def readable(text: str, paint: Paint = plain, *, layout: bool = True) -> Iterator[str] | None:
    """Pieces of `text`, laid out anew or just painted; None when it is no JSON, too long or too deep to be touched.

    Each piece is made only when it is asked for, as deep levels make much out of little.
    """
    if len(text) > MOST_CHARACTERS or not _is_json(text) or _depth(text) > MOST_LEVELS:
        return None
    found = laid_out(tokens(text)) if layout else tokens(text)
    return _pieces(paint(kind, token) for kind, token in found)


def tokens(text: str) -> Iterator[Token]:
    """All of `text`, cut into tokens."""
    for match in _TOKEN.finditer(text):
        yield _KINDS[match.lastindex or 0], match.group()


def laid_out(found: Iterable[Token]) -> Iterator[Token]:
    """The tokens of well-formed JSON, a member or element a line; what is empty stays on its line."""
    depth, opened = 0, False
    for kind, text in found:
        if kind is Kind.SPACE:
            continue
        mark = text if kind is Kind.MARK else ""
        closes = mark in ("}", "]")
        depth -= closes
        if opened != closes:
            yield _line(depth)
        yield kind, text
        opened = mark in ("{", "[")
        depth += opened
        if mark == ",":
            yield _line(depth)
        elif mark == ":":
            yield Kind.SPACE, " "


def _is_json(text: str) -> bool:
    """Whether a parser can read it; it need not be strict about control characters in strings."""
    try:
        json.loads(
            text, strict=False, parse_int=_drop, parse_float=_drop, parse_constant=_refuse, object_pairs_hook=_drop
        )
    except (ValueError, RecursionError):
        return False
    return True


def _depth(text: str) -> int:
    """How many levels well-formed JSON has."""
    brackets = _NO_BRACKETS.sub("", text)
    return max(accumulate(1 if bracket in "{[" else -1 for bracket in brackets), default=0)


def _drop(_: object) -> None:
    """Keep nothing of a value."""


def _refuse(constant: str) -> None:
    """Nor is NaN JSON."""
    raise ValueError(constant)


def _line(depth: int) -> Token:
    return Kind.SPACE, "\n" + INDENT * depth


def _pieces(texts: Iterable[str]) -> Iterator[str]:
    """The texts joined to pieces of some `PIECE_CHARACTERS`."""
    piece: list[str] = []
    length = 0
    for text in texts:
        piece.append(text)
        length += len(text)
        if length >= PIECE_CHARACTERS:
            yield "".join(piece)
            piece, length = [], 0
    yield "".join(piece)
