"""Recordings: what two peers said to each other, in order and with times, as lines of JSON.

::

    {"schema": "tnet.record/1", "started": "2026-01-31T12:00:00Z", "target": "mail.example:110", "redacts": ["POP3"]}
    {"t": 0.021, "by": "peer", "text": "+OK ready\\r\\n"}
    {"t": 0.034, "by": "us", "text": "PASS ***\\r\\n", "masked": [[5, 3, "line"]]}
    {"t": 0.052, "by": "peer", "base64": "AAEC/w=="}
    {"t": 0.055, "by": "us", "eof": true}

`t` is in seconds since the connection stood, `eof` the end of a side. What is printable UTF-8 is `text`. `masked` lists
what stands for a secret: its offset, its length, and whether it hides the rest of a `line` or as many `bytes`.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from tnet.errors import BadUsage
from tnet.escape import safe

SCHEMA = "tnet.record/1"
RECORDING_BYTES = 64 << 20
LINE_BYTES = 4 << 20

Side = Literal["us", "peer"]
Hides = Literal["line", "bytes"]

_KEYS = {"t", "by", "text", "base64", "eof", "masked"}


@dataclass(frozen=True, slots=True)
class Mask:
    """`length` bytes at `start` that stand for a secret: the rest of a line, or exactly as many bytes."""

    start: int
    length: int
    hides: Hides = "line"


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one side said at once; `eof` when it said that nothing more comes.

    Units: `seconds` since the connection stood.
    """

    seconds: float
    by: Side
    data: bytes = b""
    eof: bool = False
    masked: tuple[Mask, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """A whole recording; `path` is what messages call it."""

    path: str
    target: str
    started: str
    chunks: tuple[Chunk, ...]

    def hides(self, side: Side) -> bool:
        """Whether a secret of that side is left out."""
        return any(chunk.masked for chunk in self.chunks if chunk.by == side)


def header_line(started: str, target: str, redacts: Iterable[str]) -> bytes:
    """The first line of a recording."""
    return _line({"schema": SCHEMA, "started": started, "target": target, "redacts": list(redacts)})


def chunk_line(chunk: Chunk) -> bytes:
    """One more line."""
    fields: dict[str, Any] = {"t": round(chunk.seconds, 6), "by": chunk.by}
    if chunk.data:
        text = _printable(chunk.data)
        fields |= {"base64": b64encode(chunk.data).decode()} if text is None else {"text": text}
    if chunk.eof:
        fields["eof"] = True
    if chunk.masked:
        fields["masked"] = [[mask.start, mask.length, mask.hides] for mask in chunk.masked]
    return _line(fields)


def parse_recording(data: bytes, path: str, *, field: str = "--replay") -> Recording:
    """The recording that `data`, the content of the file at `path`, is.

    Raises: BadUsage, naming `field`, the file and the line.
    """
    if len(data) > RECORDING_BYTES:
        raise BadUsage(field, f"{path}: it has more than {RECORDING_BYTES >> 20} MiB")
    lines = data.split(b"\n")
    if lines.pop():
        raise _bad(field, path, len(lines) + 1, "the line has no end: the recording was cut off")
    at = 1
    try:
        header = _header(_object(lines[0]) if lines else {})
        chunks = []
        ended: set[Side] = set()
        last = 0.0
        for at, line in enumerate(lines[1:], 2):  # noqa: B007 (the error below names the line)
            chunk = _chunk(_object(line), last)
            if chunk.by in ended:
                raise _Broken(f"{chunk.by} has said before that nothing more comes")
            if chunk.eof:
                ended.add(chunk.by)
            last = chunk.seconds
            chunks.append(chunk)
    except _Broken as broken:
        raise _bad(field, path, at, str(broken)) from None
    return Recording(path, header["target"], header["started"], tuple(chunks))


class _Broken(Exception):
    """No line of a recording."""


def _bad(field: str, path: str, line: int, reason: str) -> BadUsage:
    return BadUsage(field, f"{path}:{line}: {reason}", "tnet connect --record FILE makes recordings")


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(", ", ": ")).encode() + b"\n"


def _printable(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if safe(text.replace("\r\n", "\n")) == text.replace("\r\n", "\n") else None


def _object(line: bytes) -> dict[str, Any]:
    if len(line) > LINE_BYTES:
        raise _Broken(f"the line has more than {LINE_BYTES >> 20} MiB")
    try:
        found = json.loads(line.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _Broken("the line is not JSON") from None
    if not isinstance(found, dict):
        raise _Broken("the line is no JSON object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _header(found: dict[str, Any]) -> dict[str, str]:
    schema = found.get("schema")
    if schema != SCHEMA:
        what = "no recording" if not isinstance(schema, str) else f"of version {schema[:40]!r}"
        raise _Broken(f"it is {what}; this tnet reads {SCHEMA}")
    for name in ("target", "started"):
        if not isinstance(found.get(name), str):
            raise _Broken(f"{name} is no text")
    return found


def _chunk(found: dict[str, Any], since: float) -> Chunk:
    unknown = sorted(found.keys() - _KEYS)
    if unknown:
        raise _Broken(f"{unknown[0][:40]!r} is not known")
    by, eof = found.get("by"), found.get("eof", False)
    if by not in ("us", "peer"):
        raise _Broken("by is neither us nor peer")
    if not isinstance(eof, bool):
        raise _Broken("eof is neither true nor false")
    data = _data(found)
    if not (data or eof):
        raise _Broken("there is neither text, base64 nor eof")
    return Chunk(_seconds(found.get("t"), since), by, data, eof, tuple(_masks(found.get("masked", []), len(data))))


def _seconds(found: Any, since: float) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found) or found < 0:
        raise _Broken("t is no number of seconds")
    if found < since:
        raise _Broken("t goes back in time")
    return float(found)


def _data(found: dict[str, Any]) -> bytes:
    text, encoded = found.get("text", ""), found.get("base64", "")
    if not (isinstance(text, str) and isinstance(encoded, str)):
        raise _Broken("text or base64 is no text")
    if text and encoded:
        raise _Broken("there is both text and base64")
    try:
        return text.encode() or b64decode(encoded, validate=True)
    except UnicodeEncodeError:
        raise _Broken("the text is not Unicode") from None
    except ValueError:
        raise _Broken("the base64 is broken") from None


def _masks(found: Any, size: int) -> Iterator[Mask]:
    if not isinstance(found, list):
        raise _Broken("masked is no list")
    end = 0
    for item in found:
        match item:
            case [int(start), int(length), "line" | "bytes" as hides] if end <= start and 0 < length <= size - start:
                end = start + length
                yield Mask(start, length, hides)
            case _:
                raise _Broken("masked is not [offset, length, line or bytes] within the data, in order")
