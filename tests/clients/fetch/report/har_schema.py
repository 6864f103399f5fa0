"""HAR 1.2 as a JSON Schema, written down from its specification; names that begin with `_` are anybody's.

Source: http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": -1}
_TIME = {"type": "number", "minimum": 0}
_TIME_OR_NEVER = {"anyOf": [_TIME, {"const": -1}]}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}


def _object(needed: dict[str, Any], may: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": needed | (may or {}) | {"comment": _TEXT},
        "patternProperties": {"^_": {}},
        "required": list(needed),
        "additionalProperties": False,
    }


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


_PAIR = _object({"name": _TEXT, "value": _TEXT})
_COOKIE = _object(
    {"name": _TEXT, "value": _TEXT},
    {
        "path": _TEXT,
        "domain": _TEXT,
        "expires": _MOMENT,
        "httpOnly": {"type": "boolean"},
        "secure": {"type": "boolean"},
    },
)
_MESSAGE = {
    "httpVersion": _TEXT,
    "cookies": _list(_COOKIE),
    "headers": _list(_PAIR),
    "headersSize": _COUNT,
    "bodySize": _COUNT,
}
_REQUEST = _object(
    _MESSAGE | {"method": _TEXT, "url": _TEXT, "queryString": _list(_PAIR)},
    {"postData": _object({"mimeType": _TEXT}, {"params": _list(_object({"name": _TEXT})), "text": _TEXT})},
)
_CONTENT = _object(
    {"size": {"type": "integer", "minimum": 0}, "mimeType": _TEXT},
    {"compression": {"type": "integer"}, "text": _TEXT, "encoding": _TEXT},
)
_RESPONSE = _object(
    _MESSAGE
    | {
        "status": {"type": "integer", "minimum": 0},
        "statusText": _TEXT,
        "content": _CONTENT,
        "redirectURL": _TEXT,
    }
)
_TIMINGS = _object(
    {"send": _TIME, "wait": _TIME, "receive": _TIME},
    {"blocked": _TIME_OR_NEVER, "dns": _TIME_OR_NEVER, "connect": _TIME_OR_NEVER, "ssl": _TIME_OR_NEVER},
)
_ENTRY = _object(
    {
        "startedDateTime": _MOMENT,
        "time": _TIME,
        "request": _REQUEST,
        "response": _RESPONSE,
        "cache": {"type": "object"},
        "timings": _TIMINGS,
    },
    {"pageref": _TEXT, "serverIPAddress": _TEXT, "connection": _TEXT},
)
_MAKER = _object({"name": _TEXT, "version": _TEXT})

HAR: dict[str, Any] = _object(
    {"log": _object({"version": {"const": "1.2"}, "creator": _MAKER, "entries": _list(_ENTRY)}, {"browser": _MAKER})}
)
