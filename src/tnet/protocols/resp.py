"""RESP2, the serialization protocol of Redis: requests out of bytes, and replies into them.

A request is an array of bulk strings, or words on a line for people with `nc`. The limits are for requests of a
login, not of a database.

Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

REQUEST_BYTES = 8192
LINE_BYTES = 4096
MOST_WORDS = 64

_NUMBER = re.compile(rb"-?[0-9]{1,9}")
_HEADER_BYTES = 16
_WORD = re.compile(rb"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"']+))(?=\s|\Z)""", re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a"}


@dataclass(frozen=True, slots=True)
class BadRequest:
    """What came is no request, and no later byte can be understood."""

    reason: str


@dataclass(frozen=True, slots=True)
class EndOfRequests:
    """The sender is done, and every request of it was taken; one that was cut short is dropped."""


class RequestReader:
    """Requests as tuples of words, in bounded memory and at the reader's pace.

    A request has at most `MOST_WORDS` words and `REQUEST_BYTES`, one on a line `LINE_BYTES`. After a BadRequest
    nothing more is kept. An empty line or array is a request of no words.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._words: list[bytes] = []
        self._missing: int | None = None
        self._length: int | None = None
        self._taken_bytes = 0
        self._fed_all = self._broken = False

    @property
    def pending_bytes(self) -> int:
        """How much was fed and not yet taken."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """More bytes came."""
        if not self._broken:
            self._buffer += data

    def feed_end(self) -> None:
        """No more bytes will come."""
        self._fed_all = True

    def rest(self) -> bytes:
        """What was fed and not yet taken, for somebody else: nothing is left."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def take(self) -> tuple[bytes, ...] | BadRequest | EndOfRequests | None:
        """The next request, or what stands for it; None until more is fed."""
        if self._broken:
            return EndOfRequests() if self._fed_all else None
        try:
            words = self._request()
        except _Broken as broken:
            self._broken = True
            self._buffer.clear()
            return BadRequest(str(broken))
        if words is None:
            return EndOfRequests() if self._fed_all else None
        return words

    def _request(self) -> tuple[bytes, ...] | None:
        if self._missing is None:
            line = self._line()
            if line is None:
                return None
            if not line.startswith(b"*"):
                return split_words(line)
            self._missing = max(0, _number(line[1:], MOST_WORDS, "invalid multibulk length"))
        while self._missing:
            word = self._bulk()
            if word is None:
                return None
            self._words.append(word)
            self._missing -= 1
        words, self._words, self._missing, self._taken_bytes = tuple(self._words), [], None, 0
        return words

    def _bulk(self) -> bytes | None:
        if self._length is None:
            line = self._line()
            if line is None:
                return None
            if not line.startswith(b"$"):
                raise _Broken("expected '$'")
            self._length = _number(line[1:], REQUEST_BYTES - self._taken_bytes, "invalid bulk length", least=0)
            self._taken_bytes += self._length
        end = self._length + 2
        if len(self._buffer) < end:
            return None
        if self._buffer[self._length : end] != b"\r\n":
            raise _Broken("expected the end of a bulk string")
        word = bytes(self._buffer[: self._length])
        del self._buffer[:end]
        self._length = None
        return word

    def _line(self) -> bytes | None:
        """The next line without its end: of a header, which is short, or of words."""
        in_array = self._missing is not None or self._buffer.startswith(b"*")
        limit = _HEADER_BYTES if in_array else LINE_BYTES
        end = self._buffer.find(b"\n", 0, limit + 2)
        if end < 0:
            if len(self._buffer) >= limit + 2:
                raise _Broken("too big count string" if in_array else "too big inline request")
            return None
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        return line


def split_words(line: bytes) -> tuple[bytes, ...]:
    """The words of a line, quoted as `redis-cli` quotes."""
    words, at, line = [], 0, line.strip()
    while at < len(line):
        found = _WORD.match(line, at)
        if found is None:
            raise _Broken("unbalanced quotes in request")
        double, single, plain = found.groups()
        if double is not None:
            words.append(_ESCAPE.sub(_unescaped, double))
        else:
            words.append(plain if single is None else single.replace(rb"\'", b"'"))
        at = found.end()
    if len(words) > MOST_WORDS:
        raise _Broken("too many words")
    return tuple(words)


# ── replies, each without its last line end ──


def simple(text: str) -> bytes:
    """A simple string; `text` has no line end."""
    return b"+" + text.encode()


def error(text: str) -> bytes:
    """An error, which begins with its kind in capitals; `text` has no line end."""
    return b"-" + text.encode()


def integer(number: int) -> bytes:
    """An integer."""
    return b":%d" % number


def bulk(data: bytes) -> bytes:
    """A bulk string, of any bytes."""
    return b"$%d\r\n%s" % (len(data), data)


def array(items: Sequence[bytes]) -> bytes:
    """An array of replies."""
    return b"\r\n".join([b"*%d" % len(items), *items])


class _Broken(Exception):
    """No request."""


def _number(digits: bytes, most: int, complaint: str, least: int = -1) -> int:
    number = int(digits) if _NUMBER.fullmatch(digits) else least - 1
    if not least <= number <= most:
        raise _Broken(complaint)
    return number


def _unescaped(found: re.Match[bytes]) -> bytes:
    code, letter = found.groups()
    return bytes.fromhex(code.decode()) if code is not None else _ESCAPED.get(letter, letter)
