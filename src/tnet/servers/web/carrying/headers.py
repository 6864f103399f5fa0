"""The `Headers` of twisted.web, filled and read without its checks where they have been made already.

Setting a field costs Twisted a search for line ends in list after list; for the four or five fields of each response
that is more than everything else about them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Generic, TypeVar, overload

from twisted.web.http_headers import Headers

# Twisted's own: a contract test says when it goes.
RELIES_ON = "_rawHeaders"

T = TypeVar("T")


def raw(headers: Headers) -> dict[bytes, list[bytes]]:
    """The values of each field by its canonical name; what is changed in it is changed in `headers`."""
    found: dict[bytes, list[bytes]] = headers._rawHeaders
    return found


@lru_cache(maxsize=1024)
def canonical(name: bytes) -> bytes:
    """A field's name as twisted.web writes it.

    Raises: InvalidHeaderName.
    """
    ((found, _),) = Headers({name: [b""]}).getAllRawHeaders()
    return found


def received(fields: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Fields that a parser has found to be without fault."""
    headers = Headers()
    values = raw(headers)
    for name, value in fields:
        values.setdefault(canonical(name), []).append(value)
    return headers


def set_field(headers: Headers, name: Any, value: Any) -> None:
    """`headers.setRawHeaders(name, [value])`."""
    if type(name) is bytes and type(value) is bytes and b"\n" not in value and b"\r" not in value:
        raw(headers)[canonical(name)] = [value]
    else:
        headers.setRawHeaders(name, [value])


def vary(headers: Headers, *names: bytes) -> None:
    """Say that the response would be another one for another value of these request fields, too."""
    said = headers.getRawHeaders(b"Vary", [])
    known = {name.strip().lower() for line in said for name in line.split(b",")}
    more = [name for name in names if name.lower() not in known]
    if more and b"*" not in known:
        headers.setRawHeaders(b"Vary", [b", ".join([*said, *more])])


class Later(Generic[T]):
    """An attribute that is made when somebody asks for it, and from then on is like every other."""

    def __init__(self, make: Any) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Later[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> T | Later[T]:
        if instance is None:
            return self
        made: T = self._make(instance)
        instance.__dict__[self._name] = made
        return made
