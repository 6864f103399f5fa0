"""What a request says about who sends it: HTTP Basic or a bearer token, out of an Authorization field.

Source: RFC 7617 for Basic, RFC 6750 section 2.1 for Bearer, RFC 9110 section 11 for both.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass, field

from tnet.servers.web.bodies import Refusal

BASIC = b'Basic realm="tnet", charset="UTF-8"'
BEARER = b'Bearer realm="tnet"'

_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) +([A-Za-z0-9\-._~+/]+=*)")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Password:
    """A name and the password that goes with it."""

    user: bytes
    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """Something that was given to whoever sends it."""

    token: bytes = field(repr=False)


def read_credentials(lines: Sequence[bytes]) -> Password | Token:
    """What the lines of an Authorization field hold.

    Raises: Refusal, 400 for what no scheme can mean, 401 for a scheme that is not ours.
    """
    match = _FIELD.fullmatch(lines[0].strip(b" \t"))
    scheme = lines[0].strip(b" \t").partition(b" ")[0].lower()
    if scheme not in (b"basic", b"bearer") and len(lines) == 1:
        raise challenge("log in with Basic or Bearer")
    if match is None or len(lines) > 1:
        raise Refusal(400, "the Authorization field is malformed")
    return _password(match[2]) if scheme == b"basic" else Token(match[2])


def challenge(reason: str = "") -> Refusal:
    """The refusal that asks for a login."""
    return Refusal(401, reason, {b"WWW-Authenticate": BASIC})


def _password(encoded: bytes) -> Password:
    try:
        user, colon, password = b64decode(encoded, validate=True).partition(b":")
    except Error:
        colon, user, password = b"", b"", b""
    if not colon or _CONTROL.search(user + password):
        raise Refusal(400, "the Authorization field is malformed")
    return Password(user, password)
