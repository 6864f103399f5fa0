"""Logins by host, as a netrc file keeps them.

::

    machine HOST login USER password SECRET [account ANY]
    default login USER password SECRET

Words stand apart by white space and may stand in quotation marks, with backslashes inside them. `#` begins a comment
where a keyword could stand; `macdef` is skipped up to the next blank line.

Source: netrc(5) of GNU inetutils; https://everything.curl.dev/usingcurl/netrc.html for quotation marks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tnet.errors import CannotRead

_WORD = re.compile(r'\s*(?:"((?:[^"\\\n]|\\.)*)"(?=\s|\Z)|([^\s"]\S*))')
_LINE_END = re.compile(r"\n|\Z")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n|\Z")
_ESCAPED = re.compile(r"\\(.)")
_CONTROL_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A login for `host`, in lower case; None is any host. What the file leaves out is empty."""

    host: str | None
    user: str = ""
    password: str = field(default="", repr=False)


def netrc_path(environ: Mapping[str, str] | None = None) -> str:
    """The file that `$NETRC` names, else `.netrc` at home."""
    environ = os.environ if environ is None else environ
    return environ.get("NETRC") or str(Path(environ.get("HOME") or os.path.expanduser("~"), ".netrc"))


def parse_netrc(data: bytes, path: str) -> list[Entry]:
    """The entries of a netrc file in their order; `path` is what an error calls it.

    Raises: CannotRead, with the number of the line. What stands there is not shown: it may be a password.
    """
    entries: list[Entry] = []
    for keyword, value in _settings(data.decode("utf-8", "surrogateescape"), path):
        match keyword:
            case "machine":
                entries.append(Entry(value.lower()))
            case "default":
                entries.append(Entry(None))
            case "login":
                entries[-1] = Entry(entries[-1].host, value, entries[-1].password)
            case "password":
                entries[-1] = Entry(entries[-1].host, entries[-1].user, value)
    return entries


def entry_for(entries: Sequence[Entry], host: str, user: str | None = None, *, default: bool = True) -> Entry | None:
    """The first entry for `host`, and for `user` if that is given, else (`default`) the one for any host.

    Nothing is taken from one entry into another: one without a password has none.
    """
    of_host = [each for each in entries if each.host == host.lower()]
    of_any = [each for each in entries if each.host is None] if default else []
    return next((each for each in (*of_host, *of_any) if user in (None, each.user)), None)


def _settings(text: str, path: str) -> Iterator[tuple[str, str]]:
    """Each keyword with its value."""
    at, begun = 0, False
    while word := _WORD.match(text, at):
        keyword = word[2] or ""
        line = text.count("\n", 0, word.end()) + 1
        if keyword.startswith("#"):
            at = _end(_LINE_END, text, word.start(2))
            continue
        begun = begun or keyword in ("machine", "default")
        at = word.end()
        if keyword == "macdef":
            at = _end(_BLANK_LINE, text, at)
        elif keyword == "default":
            yield keyword, ""
        elif keyword in ("machine", "login", "user", "password", "account") and begun:
            value = _WORD.match(text, at)
            if value is None:
                raise CannotRead(path, f"line {line}: a value is missing")
            at = value.end()
            yield "login" if keyword == "user" else keyword, _plain(value)
        else:
            raise CannotRead(path, f"line {line}: neither a machine nor what belongs to one")
    if text[at:].strip():
        raise CannotRead(path, f"line {text.count(chr(10), 0, at) + 1}: a quotation mark without its other half")


def _plain(word: re.Match[str]) -> str:
    if word[1] is None:
        return word[2]
    return _ESCAPED.sub(lambda match: _CONTROL_ESCAPES.get(match[1], match[1]), word[1])


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.search(text, at)
    assert found is not None
    return found.end()
