"""What a body is said to be: the part of its head that decides how it is shown."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_CHARSET = re.compile(r';[ \t]*charset[ \t]*=[ \t]*"?([A-Za-z0-9._:-]{1,40})"?[ \t]*(?:;|$)', re.IGNORECASE)
_JSON = re.compile(r"(?:application|text)/(?:[^;+]+\+)?json")
# What WHATWG's Encoding standard knows, as far as Python does: others of its codecs are slow, or no encodings of text.
_ENCODINGS = re.compile(
    r"utf-8|utf-16(-[lb]e)?|ascii|iso8859-\d+|cp(866|874|932|949|125\d)|koi8-[ru]|mac-(roman|cyrillic)"
    r"|gb2312|gbk|gb18030|big5(hkscs)?|euc_(jp|kr)|shift_jis|iso2022_jp"
)
_ORDERED = {"utf-16": "utf-16-le"}


@dataclass(frozen=True, slots=True)
class Media:
    """A type such as `application/json`, and the encoding of its text, as Python calls it.

    `codings` are its Content-Encodings, whether or not somebody undoes them.
    """

    type: str = ""
    encoding: str = "utf-8"
    codings: str = ""

    @property
    def is_json(self) -> bool:
        """Whether it is one JSON value."""
        return _JSON.fullmatch(self.type) is not None

    def is_binary(self, data: bytes) -> bool:
        """Whether `data`, a piece of it, is nothing to be read: where text has no zero bytes, binary data has."""
        return b"\0" in data and not self.encoding.startswith("utf-16")


def media_of(content_type: bytes, codings: bytes = b"") -> Media:
    """What these fields say; UTF-8 where they do not, or where they name an encoding that nobody should use."""
    text = content_type.decode("latin-1")
    charset = _CHARSET.search(text)
    encoding = _encoding(charset[1] if charset else "")
    return Media(text.partition(";")[0].strip(" \t").lower(), encoding, codings.decode("latin-1"))


def _encoding(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name if charset else "utf-8"
    except (LookupError, ValueError):
        return "utf-8"
    return _ORDERED.get(name, name) if _ENCODINGS.fullmatch(name) else "utf-8"
