"""The JSON Schema of the event stream, made from the events themselves.

`schema.json` beside this module is its committed form: `python -m tnet.events.schema` prints it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import MISSING, fields
from typing import Any, get_type_hints

from tnet.events.kinds import ALL_KINDS, JSON_KEYS, Event
from tnet.events.record import SCHEMA

_TYPES: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    tuple[str, ...]: {"type": "array", "items": {"type": "string"}},
}


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every line of the stream satisfies."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:tnet:event:1",
        "title": "One line of tnet's event stream",
        "type": "object",
        "oneOf": [_kind(kind) for kind in ALL_KINDS],
    }


def _kind(kind: type[Event]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    stamp: dict[str, Any] = {
        "schema": {"const": SCHEMA},
        "seq": {"type": "integer", "minimum": 1},
        "t": {"type": "number", "minimum": 0, "description": "monotonic seconds since the start"},
        "ts": {"type": "string", "format": "date-time"},
        "event": {"const": kind.name},
        "conn": {"type": ["integer", "null"]},
    }
    asked = {"request": {"type": "integer", "description": "the client's request that it belongs to"}}
    own = {_key(field.name): _TYPES[_bare(hints[field.name])] for field in fields(kind)}
    needed = [_key(field.name) for field in fields(kind) if field.default is MISSING]
    return {
        "title": kind.name,
        "description": " ".join((kind.__doc__ or "").split()),
        "properties": stamp | asked | own,
        "required": [*stamp, *needed],
        "additionalProperties": False,
    }


def _key(name: str) -> str:
    return JSON_KEYS.get(name, name)


def _bare(hint: Any) -> Any:
    """The type without `| None`: a key whose value is unknown is left out."""
    if hint in _TYPES:
        return hint
    (bare,) = (part for part in hint.__args__ if part is not type(None))
    return bare


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), indent=1) + "\n")
