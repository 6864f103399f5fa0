"""The command that asks for the same again, for a shell. Secrets that are not shown are `***` in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from tnet.escape import safe
from tnet.servers.web.inspector.shown import Shown

# What follows from the URL, the body and the connection.
_IMPLIED = frozenset(("host", "content-length", "transfer-encoding", "connection", "keep-alive", "expect", "upgrade"))
_HARMLESS = re.compile(rb"[A-Za-z0-9 ,.:;=&{}\[\]\"_/+*()<>|~^#@-]")
_METHOD = re.compile(r"[A-Z][A-Z-]*")
_IMPLIES_BODY = frozenset(("POST", "PUT", "PATCH"))


def as_curl(shown: Shown) -> str:
    """For curl."""
    seen, body = shown.seen, shown.request_body
    words = ["curl", *_curl_version(shown)]
    if seen.method == "HEAD" and not body.data:
        words.append("--head")
    elif seen.method != ("POST" if body.data else "GET"):
        words += ["--request", _quoted(seen.method)]
    words += [word for name, value in _fields(shown) for word in ("--header", _field(name, value, ": ", ";"))]
    words += [word for name in _absent(shown) for word in ("--header", f"{name}:")]
    if set("[]{}") & set(shown.target):
        words.append("--globoff")
    if "/." in shown.target:
        words.append("--path-as-is")
    return _with_body(shown, words, "--data-binary", "@-")


def as_fetch(shown: Shown) -> str:
    """For tnet fetch."""
    seen = shown.seen
    words = ["tnet", "fetch", *(["--http2"] if seen.head.version == b"HTTP/2" else [])]
    if _METHOD.fullmatch(seen.method):
        words.append(seen.method)
    items = [_field(name, value, ": ", ";") for name, value in _fields(shown)]
    given = {name.lower() for name, _ in shown.request_fields}
    items += [f"{name}:" for name in ("User-Agent", "Accept") if name.lower() not in given]
    return _with_body(shown, words, "--data", "-", items)


def _fields(shown: Shown) -> Iterator[tuple[str, str]]:
    decoded = shown.request_body.decoded
    for name, value in shown.request_fields:
        if name.lower() not in _IMPLIED and not (decoded and name.lower() == "content-encoding"):
            yield name, value


def _field(name: str, value: str, colon: str, empty: str) -> str:
    return _quoted(f"{name}{colon}{value}" if value else f"{name}{empty}")


def _absent(shown: Shown) -> Iterator[str]:
    """The fields that curl would add of its own."""
    given = {name.lower() for name, _ in shown.request_fields}
    names = ("User-Agent", "Accept", *(["Content-Type"] if shown.request_body.data else []))
    return (name for name in names if name.lower() not in given)


def _curl_version(shown: Shown) -> list[str]:
    match shown.seen.head.version:
        case b"HTTP/2":
            return ["--http2" if shown.seen.secure else "--http2-prior-knowledge"]
        case b"HTTP/1.0":
            return ["--http1.0"]
        case _:
            return ["--http1.1"] if shown.seen.secure else []


def _with_body(shown: Shown, words: list[str], option: str, piped: str, after: list[str] | None = None) -> str:
    data, place = shown.request_body.data, [_quoted(shown.url), *(after or [])]
    if not data:
        length = (
            ["--header", "'Content-Length: 0'"] if words[0] == "curl" and shown.seen.method in _IMPLIES_BODY else []
        )
        return " ".join([*words, *length, *place])
    text = shown.request_body.text
    if text is not None and "\0" not in text and not text.startswith(("@", "-")):
        command = " ".join([*words, *place[:1], option, _quoted(text), *place[1:]])
    else:
        command = f"printf {_octal(data, quote='')} | " + " ".join([*words, *place[:1], option, piped, *place[1:]])
    return command if shown.request_body.whole else f"{command}  # the body went on"


def _quoted(text: str) -> str:
    """One word for a shell: as it is if nobody can be misled by it, else byte for byte."""
    return shlex.quote(text) if safe(text) == text else _octal(text.encode("utf-8", "surrogateescape"), quote="$")


def _octal(data: bytes, quote: str) -> str:
    return quote + "'" + "".join(chr(b) if _HARMLESS.match(bytes((b,))) else f"\\{b:03o}" for b in data) + "'"
