"""What a bin's reply repeats of the request: `{method}`, `{path}`, `{query.NAME}`, `{header.NAME}`, `{json.NAME.NAME}`.

A value is written as the reply's media type wants it, so that none can break out of JSON or become HTML. What a request
does not have is empty; every other brace stays.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_PLACE = re.compile(r"\{(method|path|(?:query|header|json)\.[^{}\s]{1,200})\}")


@dataclass(frozen=True, slots=True)
class Told:
    """What a request says; names of header fields are in lower case, `json` is None where there is none."""

    method: str
    path: str
    query: Mapping[str, str]
    header: Mapping[str, str]
    json: Any = None


def asks_for_json(text: str) -> bool:
    """Whether a template repeats anything of a body."""
    return "{json." in text


def fill(text: str, told: Told, media_type: str) -> str:
    """A template with its places filled."""
    write = _writer(media_type)
    return _PLACE.sub(lambda found: write(_value(found[1], told)), text)


def _value(place: str, told: Told) -> Any:
    kind, _, name = place.partition(".")
    match kind:
        case "method":
            return told.method
        case "path":
            return told.path
        case "query":
            return told.query.get(name, "")
        case "header":
            return told.header.get(name.lower(), "")
        case _:
            return _inside(told.json, name)


def _inside(value: Any, name: str) -> Any:
    """What `name` leads to: a member of that very name, or the way there in steps."""
    if isinstance(value, dict) and name in value:
        return value[name]
    first, dot, rest = name.partition(".")
    if isinstance(value, list) and first.isdecimal() and len(first) < 7 and int(first) < len(value):
        found = value[int(first)]
    elif isinstance(value, dict) and first in value:
        found = value[first]
    else:
        return ""
    return _inside(found, rest) if dot else found


def _writer(media_type: str) -> Callable[[Any], str]:
    kind = media_type.partition(";")[0].strip().lower()
    if kind.endswith(("/json", "+json")):
        return lambda value: json.dumps(value)[1:-1] if isinstance(value, str) else json.dumps(value)
    if kind.endswith(("/html", "/xml", "+xml")):
        return lambda value: html.escape(_plain(value))
    return _plain


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
