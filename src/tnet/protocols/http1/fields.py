"""What a header field may be made of.

Source: RFC 9110 sections 5.1, 5.5 and 5.6.2.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_AUTHORITY = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]+)(?::[0-9]{0,5})?")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


def is_token(name: bytes) -> bool:
    """Whether `name` may be a method or a field's name."""
    return _TOKEN.fullmatch(name) is not None


def is_field_value(value: bytes) -> bool:
    """Whether `value` may stand in a field: no control byte but tab, so no line end and no NUL."""
    return _VALUE.fullmatch(value) is not None


def is_authority(value: bytes) -> bool:
    """Whether `value` names a host, with or without a port, as Host may."""
    return _AUTHORITY.fullmatch(value) is not None


def as_text(data: bytes) -> str:
    """What came on the wire as text: UTF-8, which is what people send, else the Latin-1 of old; nothing is lost."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def tokens(value: bytes) -> list[bytes]:
    """The comma-separated members of a list-valued field, in lower case."""
    return [member for part in value.split(b",") if (member := part.strip(b" \t").lower())]
