"""Request items: the short way to write headers, query parameters and body fields on a command line.

::

    name=value     a field of the body, text          name==value    a query parameter
    name:=json     a field of the body, any JSON      Name:value     a header
    Name;          a header without a value           Name:          send no such header
    name@FILE      a file, as a part of the body      @FILE          a file as the whole body

    name=@FILE  name:=@FILE  name==@FILE  Name:@FILE  the same with the text of a file as the value

The separator is the leftmost of these, and the longest that begins there; a backslash before one of its characters
takes its meaning away. `;type=TYPE` and `;filename=NAME` may follow the FILE of a part. What a file holds is a value
and never read as an item. In JSON, names may have brackets: see `tnet.plans.nested`.

Source: the grammar that HTTPie made common.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlencode

from tnet.errors import BadUsage, CannotRead
from tnet.plans.fetch import Body, Part
from tnet.plans.nested import nested_json

MOST_BYTES = 1 << 24

_SEPARATORS = (":=@", "==@", ":=", "==", "=@", ":@", "=", "@", ";", ":")
_SPECIAL = frozenset("".join(_SEPARATORS))
_METHOD = re.compile(r"[A-Z][A-Z-]*|get|head|post|put|patch|delete|options")
_URL = re.compile(
    r"(https?)?://|:/|:\d{1,5}(?=[/?#]|$)|(localhost|\d+\.\d+\.\d+\.\d+)(:\d{1,5})?(?=[/?#]|$)",
    re.IGNORECASE | re.ASCII,
)
_FIELD = "ITEM"


@dataclass(frozen=True, slots=True)
class Datum:
    """A field of the body: its text, which is JSON source when `is_json`."""

    name: str
    text: str
    is_json: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file to send, and how the peer is told to see it; `name` is empty when it is the whole body."""

    name: str
    path: str
    file_name: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Items:
    """What the request items of one command line ask for, each kind in its order."""

    data: tuple[Datum, ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    unset: tuple[str, ...] = ()
    files: tuple[File, ...] = ()


def split_words(words: Sequence[str], *, urls_elsewhere: bool = False) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The method (empty when none is named), the URLs and the items among the words of one command line.

    A first word in capitals, or one of the common methods, is the method when another word follows. Then comes a
    URL, whatever it looks like, unless `urls_elsewhere`. Words right after it are URLs too as long as they begin
    with `http://`, `https://` or `://`, or are `:PORT`, `:/PATH`, `localhost` or an IPv4 address, with a port, path
    and query or without; the rest are items.
    """
    method, rest = "", tuple(words)
    if rest and _METHOD.fullmatch(rest[0]) and (len(rest) > 1 or urls_elsewhere):
        method, rest = rest[0].upper(), rest[1:]
    end = 0 if urls_elsewhere else min(1, len(rest))
    while end < len(rest) and _URL.match(rest[end]):
        end += 1
    return method, rest[:end], rest[end:]


def parse_items(texts: Iterable[str]) -> Items:
    """What `texts`, one request item each, ask for; the files whose text is a value are read.

    Raises: BadUsage for a text that is no item or holds broken JSON; CannotRead for such a file.
    """
    data: list[Datum] = []
    query: list[tuple[str, str]] = []
    headers: list[tuple[str, str]] = []
    unset: list[str] = []
    files: list[File] = []
    for text in texts:
        match _read(*_split(text)):
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
            case name, "@", value:
                files.append(_file(text, name, value))
            case _:
                raise BadUsage(_FIELD, f"{text!r}: nothing may follow the ;", "write Name; for an empty header")
    return Items(tuple(data), tuple(query), tuple(headers), tuple(unset), tuple(files))


def as_json(data: Iterable[Datum]) -> bytes:
    """The JSON document that `data` make: numbers and escapes as they were written.

    Raises: BadUsage for names that do not fit together, and for text that is not UTF-8.
    """
    return nested_json((_utf8(datum.name), _source(datum)) for datum in data).encode()


def as_form(data: Iterable[Datum]) -> bytes:
    """`data` as `application/x-www-form-urlencoded`; equal names stay apart.

    Raises: BadUsage for a JSON value that is no text, number or boolean.
    """
    return urlencode([(datum.name, _plain_text(datum)) for datum in data], errors="surrogateescape").encode()


def as_multipart(data: Iterable[Datum], files: Iterable[File], boundary: str) -> Body:
    """`data` and then `files` as the parts of `multipart/form-data`; the files are read when they are sent.

    Raises: BadUsage for a JSON value that is no text, number or boolean.
    """
    texts = (Part(datum.name, _plain_text(datum).encode("utf-8", "surrogateescape")) for datum in data)
    contents = (
        Part(file.name, path=file.path, file_name=file.file_name, content_type=file.content_type) for file in files
    )
    return Body(parts=(*texts, *contents), boundary=boundary)


# ── one item ──


def _split(text: str) -> tuple[str, str, str]:
    if _URL.match(text):
        raise BadUsage(_FIELD, f"{text!r} is a URL", "write all URLs before the first item")
    tokens = _tokens(text)
    found = _find(tokens)
    if found is None or (found[0] == 0 and found[1] != "@"):
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


# ── files ──


def _read(name: str, separator: str, value: str) -> tuple[str, str, str]:
    """The same item with the text of its file in the place of the file's name, where the separator says so."""
    match separator:
        case "=@" | ":=@":
            return name, separator[:-1], _text_of(value)
        case "==@" | ":@":
            line = _text_of(value).rstrip("\r\n")
            if not line:
                raise CannotRead(value, "there is no text in it")
            return name, separator[:-1], line
    return name, separator, value


def _text_of(path: str) -> str:
    try:
        with open(os.path.expanduser(path), "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CannotRead(path, error.strerror or str(error)) from error
    if len(data) > MOST_BYTES:
        raise CannotRead(path, f"it is larger than {MOST_BYTES >> 20} MiB", "name@FILE sends files of any size")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise CannotRead(path, f"it is not UTF-8: {error.reason}", "name@FILE sends any bytes") from error


def _file(item: str, name: str, value: str) -> File:
    path, *options = re.split(r";(type|filename)=", value)
    if not path:
        raise BadUsage(_FIELD, f"{item!r} names no file", "write \\@ for a plain @")
    chosen = dict(zip(options[::2], options[1::2], strict=True))
    file_name = chosen.get("filename") or os.path.basename(path)
    return File(name, os.path.expanduser(path), file_name, chosen.get("type") or _guessed_type(file_name))


def _guessed_type(file_name: str) -> str:
    from mimetypes import guess_type

    kind, encoding = guess_type(file_name, strict=False)
    return kind if kind and not encoding else "application/octet-stream"


# ── values ──


def _checked_json(item: str, text: str) -> str:
    try:
        json.loads(text, parse_constant=_no_constant, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise BadUsage(_FIELD, f"{item!r} holds no JSON value: {error}", "write name=value for text") from None
    return text.strip()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _source(datum: Datum) -> str:
    text = _utf8(datum.text)
    return text if datum.is_json else json.dumps(text)


def _utf8(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadUsage(_FIELD, f"{text!r} cannot be written as UTF-8, and JSON has to be") from None
    return text


def _plain_text(datum: Datum) -> str:
    """What stands in a form for the value of `datum`."""
    if not datum.is_json:
        return datum.text
    if datum.text[0] in "{[n":
        raise BadUsage(_FIELD, f"{datum.name}:={datum.text}: a form has no place for such a value")
    return _utf8(json.loads(datum.text)) if datum.text.startswith('"') else datum.text
