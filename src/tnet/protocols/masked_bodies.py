"""The bodies of requests as they may be shown: forms and JSON without the values whose names are secret."""

from __future__ import annotations

import re

from tnet.protocols.masks import MASK, is_secret_parameter, mask_form

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_PART = re.compile(r'(\bname="([^"]*)"(?:[^\r\n]|\r\n(?!\r\n))*\r\n\r\n)(.*?)(?=\r\n--|\Z)', re.DOTALL)


def mask_body(data: bytes, media_type: str) -> bytes:
    """`data`, or the beginning of a body, with its secrets masked, if `media_type` is that of a form or of JSON."""
    kind = media_type.partition(";")[0].strip().lower()
    text = data.decode("latin-1")
    match kind:
        case "application/x-www-form-urlencoded":
            text = mask_form(text)
        case "multipart/form-data":
            text = _PART.sub(_masked_part, text)
        case _ if kind.endswith(("/json", "+json", "json-seq", "/x-ndjson", "/jsonl")):
            text = _Json().masked(text)
    return text.encode("latin-1")


def _masked_part(found: re.Match[str]) -> str:
    return found[1] + MASK if found[3] and is_secret_parameter(found[2]) else found[0]


class _Json:
    """Goes through JSON token by token, so that one which is cut off or broken hides nothing less.

    Under a secret name every text and number is masked, however deep.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._hidden: int | None = None
        self._last = ""
        self._secret = False

    def masked(self, text: str) -> str:
        return _TOKEN.sub(self._token, text)

    def _token(self, found: re.Match[str]) -> str:
        token = found[0]
        match token:
            case "{" | "[":
                self._hidden = self._depth if self._secret and self._hidden is None else self._hidden
                self._depth, self._secret = self._depth + 1, False
            case "}" | "]":
                self._depth, self._secret = self._depth - 1, False
                self._hidden = None if self._hidden == self._depth else self._hidden
            case ":":
                self._secret = is_secret_parameter(self._last.strip('"'))
            case ",":
                self._secret = False
            case _:
                self._last = token
                hidden = self._secret or self._hidden is not None
                return f'"{MASK}"' if hidden else token
        return token
