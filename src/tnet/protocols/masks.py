"""Which header fields and parameters hold secrets, and fields and URLs as they may be shown.

Shape: a secret value is shown as `***`, whole: neither its length nor a part of it is told.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from tnet.escape import safe_line
from tnet.protocols.http1.fields import as_text
from tnet.protocols.http1.responses import Fields

MASK = "***"
VALUE_CHARACTERS = 8 * 1024

_SECRET_NAMES = frozenset({"authorization", "proxy-authorization", "cookie", "cookie2", "set-cookie", "set-cookie2"})
_SECRET_WORDS = frozenset(
    {
        *("token", "secret", "password", "passwd", "passphrase", "credential", "credentials", "apikey", "jwt"),
        *("session", "sessionid", "authorization"),
    }
)
_OPENING_WORDS = frozenset({"api", "auth", "access", "private", "subscription", "functions", "account", "master"})
_SECRET_PARAMETERS = frozenset({"code", "key", "pwd", "pass", "auth", "sid"})
_SIGNATURES = frozenset({"sig", "signature"})
_WORD_ENDS = re.compile(r"[-_.\[\]]|(?<=[a-z])(?=[A-Z])")
_PARAMETER = re.compile(r"""([?&#]([^?&#=\s]+)=)[^&#\s"<>]+""")
_FIELD = re.compile(r"((?:^|&)([^&=]+)=)[^&]+")
_USER_INFORMATION = re.compile(r"://[^/?#\s]*@")


def is_secret(name: str) -> bool:
    """Whether fields called `name` hold what lets somebody in.

    Besides those of HTTP itself: names with a word like token, secret or password, and keys to an API. Keys that open
    nothing, as in `Sec-WebSocket-Key` and `Idempotency-Key`, are none.
    """
    lower, words = name.lower(), _words(name)
    return lower in _SECRET_NAMES or bool(words & _SECRET_WORDS) or ("key" in words and bool(words & _OPENING_WORDS))


def is_secret_parameter(name: str) -> bool:
    """Whether a parameter of a query or a form called `name` does: in those, codes, keys and signatures do as well."""
    return is_secret(name) or name.lower() in _SECRET_PARAMETERS or bool(_words(name) & _SIGNATURES)


def mask_user_information(text: str) -> str:
    """`text`, in which every URL has lost its user information."""
    return _USER_INFORMATION.sub(f"://{MASK}@", text) if "@" in text else text


def mask_url(text: str) -> str:
    """`text`, in which every URL has lost its user information, and the secrets in its query and its fragment."""
    text = mask_user_information(text)
    return _PARAMETER.sub(_masked_parameter, text) if "=" in text else text


def mask_form(text: str) -> str:
    """`text`, which is a form in the coding of URLs, without its secrets."""
    return _FIELD.sub(_masked_parameter, text)


def mask_value(name: str, value: str) -> str:
    """The value of a field, as much of it as may be shown."""
    return MASK if is_secret(name) and value else mask_url(value)


def mask_pairs(fields: Fields, show_secrets: bool) -> tuple[tuple[str, str], ...]:
    """Names and values as text, unescaped, with secrets masked unless they are to be shown.

    Bytes that are no UTF-8 are read as Latin-1, which can hold any.
    """
    pairs = ((as_text(name), as_text(value)) for name, value in fields)
    return tuple((name, value if show_secrets else mask_value(name, value)) for name, value in pairs)


def mask_fields(fields: Fields, show_secrets: bool) -> tuple[str, ...]:
    """Fields as lines for people: harmless, secrets masked unless they are to be shown, each of bounded length."""
    return tuple(safe_line(f"{name}: {_cut(value)}") for name, value in mask_pairs(fields, show_secrets))


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD_ENDS.split(name)}


def _masked_parameter(found: re.Match[str]) -> str:
    return found[1] + MASK if is_secret_parameter(unquote_plus(found[2])) else found[0]


def _cut(value: str) -> str:
    return value if len(value) <= VALUE_CHARACTERS else value[:VALUE_CHARACTERS] + "…"
