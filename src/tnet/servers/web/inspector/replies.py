"""What a bin answers, and how that is told and changed while it runs.

Shape: `{"status": 200, "fields": [["Name", "value"]], "body": "…", "delay_seconds": 0}`, with `"body_base64"` in place
of `"body"` for what is no text. What a change does not name stays.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from tnet.errors import BadUsage, CannotRead
from tnet.plans.web import LONGEST_DELAY_SECONDS, Bin, parse_field

MOST_BODY_BYTES = 1 << 20
MOST_FIELDS = 50

_KNOWN = {"status", "fields", "body", "body_base64", "delay_seconds"}


class NotAReply(Exception):
    """What was given is none; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer for everybody."""

    status: int = 200
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    delay_seconds: float = 0

    @property
    def media_type(self) -> str:
        """What its body is."""
        given = [value for name, value in self.fields if name.lower() == "content-type"]
        return given[-1] if given else "text/plain; charset=utf-8"

    def as_json(self) -> dict[str, Any]:
        """It as the module says."""
        found: dict[str, Any] = {"status": self.status, "fields": [list(pair) for pair in self.fields]}
        try:
            found["body"] = self.body.decode("utf-8")
        except UnicodeDecodeError:
            found["body_base64"] = base64.b64encode(self.body).decode()
        return found | {"delay_seconds": self.delay_seconds}

    def changed(self, change: Any) -> Reply:
        """It with what `change` names.

        Raises: NotAReply.
        """
        if not isinstance(change, dict) or not set(change) <= _KNOWN:
            raise NotAReply(f"a reply is an object with some of {', '.join(sorted(_KNOWN))}")
        found = self
        if "status" in change:
            found = replace(found, status=int(_number(change["status"], "status", 200, 599, int)))
        if "delay_seconds" in change:
            seconds = _number(change["delay_seconds"], "delay_seconds", 0, LONGEST_DELAY_SECONDS, (int, float))
            found = replace(found, delay_seconds=seconds)
        if "fields" in change:
            found = replace(found, fields=_fields(change["fields"]))
        if "body" in change or "body_base64" in change:
            found = replace(found, body=_body(change))
        return found


def reply_of(plan: Bin) -> Reply:
    """What the plan of a bin says; its file is read. It may block.

    Raises: CannotRead.
    """
    body = plan.body if plan.body_file is None else _content(plan.body_file)
    return Reply(status=plan.status, fields=plan.fields, body=body, delay_seconds=plan.delay_seconds)


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            body = file.read(MOST_BODY_BYTES + 1)
    except OSError as error:
        raise CannotRead(path, error.strerror or str(error)) from error
    if len(body) > MOST_BODY_BYTES:
        raise CannotRead(path, f"a bin answers with at most {MOST_BODY_BYTES} bytes")
    return body


def _number(value: Any, name: str, low: float, high: float, kind: Any) -> float:
    if not isinstance(value, kind) or isinstance(value, bool) or not low <= value <= high:
        raise NotAReply(f"{name} is a number from {low:.12g} to {high:.12g}")
    return float(value)


def _fields(value: Any) -> tuple[tuple[str, str], ...]:
    pairs: Iterable[Any] = value.items() if isinstance(value, dict) else value if isinstance(value, list) else [None]
    found: list[tuple[str, str]] = []
    for pair in pairs:
        match pair:
            case [str(name), str(text)] | (str(name), str(text)) if len(found) < MOST_FIELDS:
                found.append(_field(name, text))
            case _:
                raise NotAReply(f"fields are at most {MOST_FIELDS} pairs of a name and a value")
    return tuple(found)


def _field(name: str, text: str) -> tuple[str, str]:
    try:
        return parse_field(f"{name}: {text}", "fields")
    except BadUsage as error:
        raise NotAReply(str(error)) from error


def _body(change: dict[str, Any]) -> bytes:
    text, coded = change.get("body"), change.get("body_base64")
    if coded is None and isinstance(text, str):
        body = text.encode("utf-8", "replace")
    elif text is None and isinstance(coded, str):
        try:
            body = base64.b64decode(coded, validate=True)
        except (binascii.Error, ValueError):
            raise NotAReply("body_base64 is no base64") from None
    else:
        raise NotAReply("a body is text, either as body or as body_base64")
    if len(body) > MOST_BODY_BYTES:
        raise NotAReply(f"a body has at most {MOST_BODY_BYTES} bytes")
    return body
