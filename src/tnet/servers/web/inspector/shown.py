"""What is shown of an exchange: everything, but for the secrets, and codings undone. Everything here may block.

Shape: a body is JSON as `{"bytes": 12, "kept": 12, "type": "text/plain", "text": "…"}`, with `"base64"` in place of
`"text"` for what is no text. Phases are `{"name": "head", "begin": 0.0, "end": 0.2}`. Units: milliseconds.
"""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from tnet.errors import TnetError
from tnet.protocols.codings.decoder import decoder
from tnet.protocols.http1.fields import as_text
from tnet.protocols.masked_bodies import mask_body
from tnet.protocols.masks import MASK, mask_pairs, mask_url, mask_value
from tnet.servers.web import pages
from tnet.servers.web.inspector.seen import Seen, field_of

DECODED_BYTES = 256 * 1024
LINE_BYTES = 2048

_SHARE = re.compile(r"(/_tnet/share/)[^/?#\s\"]+")
_SHARE_IN_BODY = re.compile(rb"(/_tnet/share/)[^/?#\s\"'<>\\]+")
_LINE = re.compile(rb"(?:(?<=[\r\n])|\A)([^:\r\n]*)((?::[ \t]*)?)([^\r\n]*)(\r?\n|\r|\Z)")
_END = {"open": "so far", "cut": "cut off", "refused": "refused"}
_TLS_NAMES = ("version", "cipher", "group", "alpn", "sni", "subject", "issuer")

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Body:
    """The beginning of a body as it is shown; `whole` when that is all of it, `decoded` when its codings were undone.

    Units: `size` in bytes, of all of it, and `kept` of what was kept, as they came over the wire.
    """

    data: bytes
    size: int
    kept: int
    media: str
    whole: bool
    decoded: bool = False

    @property
    def text(self) -> str | None:
        """It as text, if it is some; one that was cut may end within a character."""
        try:
            return codecs.getincrementaldecoder("utf-8")().decode(self.data, final=self.whole)
        except UnicodeDecodeError:
            return None

    def as_json(self) -> dict[str, Any]:
        """It as the module says."""
        found: dict[str, Any] = {"bytes": self.size, "kept": self.kept, "whole": self.whole, "type": self.media}
        text = self.text
        return found | ({"base64": base64.b64encode(self.data).decode()} if text is None else {"text": text})


class Shown:
    """One exchange; its secrets too if `secrets`."""

    def __init__(self, seen: Seen, *, secrets: bool = False) -> None:
        self.seen = seen
        self._secrets = secrets

    # ── its parts ──

    @property
    def target(self) -> str:
        """Path and query; of what was no request the first line."""
        if not self.seen.is_request and self.seen.head.raw:
            return self._masked(as_text(self.seen.head.raw[:LINE_BYTES].splitlines()[0]))
        return self._masked(as_text(self.seen.head.target))

    @property
    def host(self) -> str:
        """What the client took us for."""
        return as_text(field_of(self.seen.head.fields, b"host") or b"localhost")

    @property
    def url(self) -> str:
        """The whole URL."""
        return f"{'https' if self.seen.secure else 'http'}://{self.host}{self.target}"

    @property
    def request_fields(self) -> Pairs:
        """The fields of the request, in order, with their case."""
        return self._pairs(self.seen.head.fields)

    @property
    def response_fields(self) -> Pairs:
        """The fields of the response."""
        return self._pairs(self.seen.fields)

    @property
    def head(self) -> str:
        """The head of the request as it came; over HTTP/2, where it comes otherwise, as it would."""
        raw = self.seen.head.raw
        if raw:
            return self._masked(as_text(raw if self._secrets else masked_head(raw)))
        lines = [f"{self.seen.method} {self.target} {as_text(self.seen.head.version)}"]
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in self.request_fields), "", ""])

    @property
    def request_body(self) -> Body:
        """The body of the request."""
        return self._body(self.seen.request_body, self.seen.bytes_in, self.seen.head.fields)

    @property
    def response_body(self) -> Body:
        """The body of the response."""
        return self._body(self.seen.response_body, self.seen.bytes_out, self.seen.fields)

    @property
    def milliseconds(self) -> float:
        """How long it took, or has taken so far."""
        return _milliseconds(self.seen.until - self.seen.phases.began)

    def phases(self) -> list[dict[str, Any]]:
        """Where the time went; what was not reached is left out, and what was cut off lasts to the end."""
        seen = self.seen
        reached = [
            (name, at)
            for name, at in zip(("head", "admitted", "body", "first byte", "last byte"), seen.phases[1:], strict=True)
            if at is not None
        ]
        reached.sort(key=lambda pair: pair[1])
        if not reached or reached[-1][0] != "last byte":
            reached.append((_END.get(state(seen), "end"), seen.until))
        found, began = [], seen.phases.began
        for name, at in reached:
            begin, end = _milliseconds(began - seen.phases.began), _milliseconds(at - seen.phases.began)
            found.append({"name": name, "begin": begin, "end": end})
            began = at
        return found

    # ── as JSON ──

    def row(self) -> dict[str, Any]:
        """What a table has of it."""
        seen = self.seen
        return {
            "number": seen.number,
            "time": datetime.fromtimestamp(seen.wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "method": seen.method,
            "target": self.target,
            "host": self.host if seen.is_request else "",
            "version": as_text(seen.head.version).removeprefix("HTTP/"),
            "status": seen.status,
            "phrase": pages.phrase(seen.status) if seen.status else "",
            "outcome": self._masked(seen.outcome),
            "state": state(seen),
            "bytes_in": seen.bytes_in,
            "bytes_out": seen.bytes_out,
            "ms": self.milliseconds,
            "peer": seen.peer,
            "user": seen.user,
            "secure": seen.secure,
            "connection": seen.connection,
            "nth": seen.nth,
            "bin": seen.bin,
        }

    def detail(self) -> dict[str, Any]:
        """Everything about it."""
        seen = self.seen
        tls = {name: value for name, value in asdict(seen.tls).items() if name in _TLS_NAMES} if seen.tls else None
        return self.row() | {
            "url": self.url if seen.is_request else "",
            "tls": tls,
            "phases": self.phases(),
            "request": {"head": self.head, "fields": self.request_fields, "body": self.request_body.as_json()},
            "response": {"fields": self.response_fields, "body": self.response_body.as_json()},
        }

    # ── secrets ──

    def _masked(self, text: str) -> str:
        return text if self._secrets else _SHARE.sub(rf"\1{MASK}", mask_url(text))

    def _pairs(self, fields: Iterable[tuple[bytes, bytes]]) -> Pairs:
        pairs = mask_pairs(tuple(fields), self._secrets)
        return tuple((name, self._masked(value)) for name, value in pairs)

    def _body(self, data: bytes, size: int, fields: Iterable[tuple[bytes, bytes]]) -> Body:
        fields = list(fields)
        media = as_text(field_of(fields, b"content-type") or b"")
        kept, whole = len(data), len(data) >= size
        codings = [value for name, value in fields if name.lower() == b"content-encoding"]
        decoded = _decoded(data, codings) if codings and data else None
        if decoded is not None:
            data, whole = decoded[0], whole and decoded[1]
        if not self._secrets:
            data = _SHARE_IN_BODY.sub(rb"\1" + MASK.encode(), mask_body(data, media))
        return Body(data, size, kept, media, whole, decoded is not None)


def state(seen: Seen) -> str:
    """How it went, in one word: `open`, `good`, `moved`, `refused`, `failed` or `cut`."""
    if not seen.over:
        return "open"
    if not seen.complete and seen.status != 101:
        return "cut"
    names = {2: "good", 3: "moved", 4: "refused", 5: "failed"}
    return names.get(seen.status // 100, "good")


def masked_head(raw: bytes) -> bytes:
    """The head of a request, or what came in place of one, without the values of secret fields; else as it is."""
    line, end, fields = raw.partition(b"\n")
    hidden = False

    def masked(found: re.Match[bytes]) -> bytes:
        nonlocal hidden
        name, colon, value, ending = found.groups()
        if name[:1] in (b" ", b"\t"):
            return b" " + MASK.encode() + ending if hidden else found[0]
        shown = mask_value(as_text(name.strip()), as_text(value))
        hidden = shown == MASK
        return name + colon + (MASK.encode() if hidden else value) + ending

    return line + end + _LINE.sub(masked, fields)


def _decoded(data: bytes, codings: list[bytes]) -> tuple[bytes, bool] | None:
    """A body with its codings undone as far as that goes, and whether that is to the end; None if it does not go."""
    found = bytearray()
    try:
        for piece in decoder(codings, "", limit_bytes=DECODED_BYTES).feed(data):
            found += piece
    except TnetError:
        return (bytes(found), False) if found else None
    return bytes(found), True


def _milliseconds(seconds: float) -> float:
    return round(max(0.0, seconds) * 1000, 3)
