"""What a server wants to be shown before it answers: the challenges in WWW-Authenticate and Proxy-Authenticate.

Source: RFC 9110 sections 11.2, 11.3 and 11.6.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_END = r"[ \t]*(?=,|\Z)"
_SCHEME = re.compile(rf"({_WORD})(?:( +)(?=[^ ,])|{_END})")
_PARAM = re.compile(rf'({_WORD})[ \t]*=[ \t]*(?:({_WORD})|"((?:[^"\\]|\\.)*)"){_END}', re.DOTALL)
_TOKEN68 = re.compile(rf"([A-Za-z0-9\-._~+/]+=*){_END}")
_BETWEEN = re.compile(r"[ \t,]*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in: its scheme and the names of its parameters in lower case; `token` where it has no parameters.

    An Authorization field has the same grammar. Bytes that are not UTF-8 are kept as lone surrogates.
    """

    scheme: str
    params: Mapping[str, str] = field(default_factory=dict)
    token: str = field(default="", repr=False)


def parse_challenges(values: Iterable[bytes]) -> list[Challenge]:
    """The challenges of all header fields together, in their order.

    From where a field is malformed nothing of it counts, the challenge that was being read included; one that has a
    parameter twice does not count either.
    """
    return [each for value in values for each in _challenges(value.decode("utf-8", "surrogateescape"))]


def quoted(text: str) -> str:
    """`text` as a quoted string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _challenges(text: str) -> Iterator[Challenge]:
    at = _skipped(text, 0)
    while scheme := _SCHEME.match(text, at):
        name, promised = scheme.groups()
        token, params, at = _told(text, scheme.end())
        untold = promised and not token and not params
        if untold or (at < len(text) and not _SCHEME.match(text, at)):
            return
        if len(dict(params)) == len(params):
            yield Challenge(name.lower(), dict(params), token)


def _told(text: str, at: int) -> tuple[str, list[tuple[str, str]], int]:
    """What follows a scheme, either a token or parameters, and where the next one begins."""
    params: list[tuple[str, str]] = []
    if not _PARAM.match(text, at) and (token := _TOKEN68.match(text, at)):
        return token[1], params, _skipped(text, token.end())
    at = _skipped(text, at)
    while param := _PARAM.match(text, at):
        name, word, string = param.groups()
        params.append((name.lower(), word if string is None else _ESCAPED.sub(r"\1", string)))
        at = _skipped(text, param.end())
    return "", params, at


def _skipped(text: str, at: int) -> int:
    between = _BETWEEN.match(text, at)
    assert between is not None
    return between.end()
