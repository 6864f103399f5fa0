"""What was asked, told back.

Shape: as httpbin, `{"args": {…}, "headers": {…}, "origin": "…", "url": "…", "method": "…", "data": "…", "files": {…},
"form": {…}, "json": …}`; and `"fields"` are the header fields in order and as they were written. Bytes that are no text
are a `data:` URL.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from tnet.protocols.http1.fields import as_text
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.inspector.endpoints.call import Answer, Call, as_json
from tnet.servers.web.writing.forms import boundary_of, malformed, parse_urlencoded

MAX_PARTS = 1000

_FORM = "application/x-www-form-urlencoded"
_BYTES = "application/octet-stream"


def brief(call: Call) -> Answer:
    """A request without a body."""
    return as_json(_asked(call))


async def whole(call: Call) -> Answer:
    """A request with its body, taken apart."""
    media = (call.request.getHeader(b"content-type") or b"").decode("latin-1")
    found: dict[str, Any] = await call.workers.run(taken_apart, call.body, media)
    asked = _asked(call) | found | {"method": call.request.method.decode("ascii")}
    answer: Answer = await call.workers.run(as_json, asked)
    return answer


def headers(call: Call) -> Answer:
    """The header fields."""
    return as_json({"headers": header_fields(call)})


def ip(call: Call) -> Answer:
    """Who asks."""
    return as_json({"origin": origin(call)})


def user_agent(call: Call) -> Answer:
    """What the client calls itself."""
    return as_json({"user-agent": header_fields(call, lower=True).get("user-agent")})


def raw(call: Call) -> Answer:
    """The head of the request, byte for byte as it came.

    Raises: Refusal, 501 over HTTP/2, where there are no such bytes.
    """
    found = call.request.channel.head.raw
    if not found:
        raise Refusal(501, "a request of HTTP/2 has no such bytes: /headers tells what was in it")
    return Answer(found, b"text/plain; charset=iso-8859-1")


def header_fields(call: Call, *, lower: bool = False) -> dict[str, str]:
    """Each name as it was first written, with all its values."""
    found: dict[str, str] = {}
    spelled: dict[bytes, str] = {}
    for name, value in call.request.channel.head.fields:
        key = name.lower() if lower else name
        shown = spelled.setdefault(name.lower(), key.decode("latin-1"))
        found[shown] = f"{found[shown]},{as_text(value)}" if shown in found else as_text(value)
    return found


def origin(call: Call) -> str:
    """The address of whoever asks."""
    peer = call.request.channel.getPeer()
    return str(getattr(peer, "host", None) or "local")


def url(call: Call) -> str:
    """The URL that was asked for."""
    request = call.request
    scheme = "https" if request.isSecure() else "http"
    host = (request.getHeader(b"host") or b"localhost").decode("latin-1")
    return f"{scheme}://{host}{request.uri.decode('latin-1')}"


def taken_apart(body: bytes, media_type: str) -> dict[str, Any]:
    """What a body holds. It may block.

    Raises: Refusal.
    """
    found: dict[str, Any] = {"data": "", "files": {}, "form": {}, "json": None}
    kind = media_type.partition(";")[0].strip().lower()
    if kind == _FORM:
        return found | {"form": _plain(parse_urlencoded(body))}
    if kind == "multipart/form-data":
        form, files = _multipart(body, media_type)
        return found | {"form": form, "files": files}
    return found | {"data": text_or_url(body, kind or _BYTES), "json": read_json(body)}


def read_json(body: bytes) -> Any:
    """The value of a JSON text; None when it is none."""
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def text_or_url(data: bytes, media_type: str) -> str:
    """`data` as text if it is some, else as a `data:` URL."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _asked(call: Call) -> dict[str, Any]:
    head = call.request.channel.head
    return {
        "args": _plain(parse_urlencoded(call.request.uri.partition(b"?")[2])),
        "headers": header_fields(call),
        "fields": [[name.decode("latin-1"), as_text(value)] for name, value in head.fields],
        "origin": origin(call),
        "url": url(call),
        "version": head.version.decode("ascii"),
    }


def _plain(found: Mapping[bytes, list[bytes]]) -> dict[str, Any]:
    """A single value as itself, several as a list."""
    return {as_text(name): _one(list(map(as_text, values))) for name, values in found.items()}


def _one(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _multipart(body: bytes, media_type: str) -> tuple[dict[str, Any], dict[str, Any]]:
    form: dict[str, list[str]] = {}
    files: dict[str, list[str]] = {}
    for part, content in _parts(body, boundary_of(media_type.encode("latin-1"))):
        shown = text_or_url(content, part.content_type or _BYTES)
        (form if part.filename is None else files).setdefault(part.name or "", []).append(shown)
    return {name: _one(values) for name, values in form.items()}, {name: _one(v) for name, v in files.items()}


def _parts(body: bytes, boundary: str) -> Iterable[tuple[MultipartSegment, bytes]]:
    found: list[tuple[MultipartSegment, bytes]] = []
    current, content = None, bytearray()
    try:
        with PushMultipartParser(boundary, max_segment_count=MAX_PARTS) as parser:
            for event in (*parser.parse(body), *parser.parse(b"")) if body else ():
                if isinstance(event, MultipartSegment):
                    current, content = event, bytearray()
                elif event is not None:
                    content += event
                elif current is not None:
                    found.append((current, bytes(content)))
    except MultipartError as error:
        raise malformed(error) from error
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")
