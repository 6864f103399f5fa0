"""Request items: the short way to write headers, query parameters and body fields on a command line.

::

    name=value     a field of the body, text          name==value    a query parameter
    name:=json     a field of the body, any JSON      Name:value     a header
    Name;          a header without a value           Name:          send no such header

The separator is the leftmost of these, and the longest that begins there; a backslash before one of its characters
takes its meaning away. `@` begins the items that read files; it is reserved, so that no text turns into a file name.

Source: the grammar that HTTPie made common.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlencode

from tnet.errors import BadUsage

_SEPARATORS = (":=@", "==@", ":=", "==", "=@", ":@", "=", "@", ";", ":")
_SPECIAL = frozenset("".join(_SEPARATORS))
_URL = re.compile(r"https?://", re.IGNORECASE)
_FIELD = "ITEM"


@dataclass(frozen=True, slots=True)
class Datum:
    """A field of the body: its text, which is JSON source when `is_json`."""

    name: str
    text: str
    is_json: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """What the request items of one command line ask for, each kind in its order."""

    data: tuple[Datum, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    unset: tuple[str, ...] = ()


def parse_items(texts: Iterable[str]) -> Items:
    """What `texts`, one request item each, ask for.

    Raises: BadUsage for a text that is no item or holds broken JSON.
    """
    data: list[Datum] = []
    query: list[tuple[str, str]] = []
    headers: list[tuple[str, str]] = []
    unset: list[str] = []
    for text in texts:
        match _split(text):
            case name, "=", value:
                data.append(Datum(name, value))
            case name, ":=", value:
                data.append(Datum(name, _checked_json(text, value), is_json=True))
            case name, "==", value:
                query.append((name, value))
            case name, ":", value if value.strip():
                headers.append((name, value.strip()))
            case name, ":", _:
                unset.append(name)
            case name, ";", "":
                headers.append((name, ""))
            case _, separator, _:
                _refuse(text, separator)
    return Items(tuple(data), tuple(query), tuple(headers), tuple(unset))


def as_json(data: Iterable[Datum]) -> bytes:
    """A JSON object of `data`: numbers and escapes as they were written, the last of equal names."""
    members = {datum.name: datum.text if datum.is_json else json.dumps(datum.text) for datum in data}
    return ("{" + ", ".join(f"{json.dumps(name)}: {text}" for name, text in members.items()) + "}").encode()


def as_form(data: Iterable[Datum]) -> bytes:
    """`data` as `application/x-www-form-urlencoded`; equal names stay apart."""
    return urlencode([(datum.name, datum.text) for datum in data], errors="surrogateescape").encode()


def _split(text: str) -> tuple[str, str, str]:
    if _URL.match(text):
        raise BadUsage(_FIELD, f"{text!r} is a second URL, and one is fetched at a time")
    tokens = _tokens(text)
    found = _find(tokens)
    if found is None or found[0] == 0:
        raise BadUsage(_FIELD, f"{text!r} is not a request item", "write name=value, name==value or Name:value")
    at, separator = found
    return _plain(tokens[:at]), separator, _plain(tokens[at + len(separator) :])


def _tokens(text: str) -> list[str]:
    """Single characters; an escaped character is one token with its backslash."""
    tokens: list[str] = []
    characters = iter(text)
    for character in characters:
        tokens.append(character + next(characters, "") if character == "\\" else character)
    return tokens


def _find(tokens: list[str]) -> tuple[int, str] | None:
    for at, token in enumerate(tokens):
        if token in _SPECIAL:
            here = "".join(token if len(token) == 1 else " " for token in tokens[at : at + 3])
            separator = next((known for known in _SEPARATORS if here.startswith(known)), None)
            if separator is not None:
                return at, separator
    return None


def _plain(tokens: list[str]) -> str:
    return "".join(token[1:] if token[1:] in _SPECIAL else token for token in tokens)


def _checked_json(item: str, text: str) -> str:
    try:
        json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadUsage(_FIELD, f"{item!r} holds no JSON value: {error}", "write name=value for text") from None
    return text.strip()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse(item: str, separator: str) -> NoReturn:
    if separator == ";":
        raise BadUsage(_FIELD, f"{item!r}: nothing may follow the ;", "write Name; for a header without a value")
    raise BadUsage(
        _FIELD, f"{item!r} would read a file", f"write {separator.replace('@', chr(92) + '@')} for a plain @"
    )
