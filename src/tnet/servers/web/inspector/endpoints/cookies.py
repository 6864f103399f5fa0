"""Cookies that are the endpoints' own: no other path of the server gets them."""

from __future__ import annotations

import re

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.inspector.endpoints.call import Answer, Call, Fields, as_json

MOST_COOKIES = 50

_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OURS = "Path=/_tnet/; SameSite=Lax"


def shown(call: Call) -> Answer:
    """The cookies that came."""
    return as_json({"cookies": given(call)})


def given(call: Call) -> dict[str, str]:
    """The cookies of a request."""
    found: dict[str, str] = {}
    for value in call.request.requestHeaders.getRawHeaders(b"cookie", []):
        for crumb in value.decode("utf-8", "replace").split(";"):
            name, equals, worth = crumb.strip().partition("=")
            if equals:
                found[name] = worth
    return found


def put(call: Call) -> Answer:
    """Set the cookies that the query, or the path, says; then show them.

    Raises: Refusal, 400.
    """
    asked = [(call.names["name"], call.names["value"])] if "name" in call.names else _pairs(call)
    return _back(call, tuple((b"Set-Cookie", _cookie(name, value, _OURS)) for name, value in asked))


def delete(call: Call) -> Answer:
    """Delete the cookies that the query names; then show the rest.

    Raises: Refusal, 400.
    """
    past = f"{_OURS}; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    return _back(call, tuple((b"Set-Cookie", _cookie(name, "", past)) for name, _ in _pairs(call)))


def _pairs(call: Call) -> list[tuple[str, str]]:
    found = [
        (name.decode("utf-8", "replace"), value.decode("utf-8", "replace"))
        for name, values in call.request.args.items()
        for value in values
    ]
    if len(found) > MOST_COOKIES:
        raise Refusal(400, f"at most {MOST_COOKIES} cookies at once")
    return found


def _cookie(name: str, value: str, attributes: str) -> bytes:
    if not _NAME.fullmatch(name) or name.startswith(("__Host-", "__Secure-")) or not _VALUE.fullmatch(value):
        raise Refusal(400, "this cannot be a cookie of ours")
    return f"{name}={value}; {attributes}".encode("ascii")


def _back(call: Call, fields: Fields) -> Answer:
    up = "../" * (len(call.names) + 1)
    return Answer(status=302, fields=((b"Location", f"{up}cookies".encode()), *fields))
