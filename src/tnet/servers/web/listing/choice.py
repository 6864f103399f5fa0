"""What of a directory a visitor wants to see, and how: read from a query, and written into links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from tnet.servers.web.listing.entries import Entry

QUERY_CHARACTERS = 200


class Sort(StrEnum):
    """By what entries are ordered."""

    NAME = "name"
    SIZE = "size"
    TIME = "time"

    @property
    def begins_descending(self) -> bool:
        """Whether the largest and latest come first unless something else is said."""
        return self is not Sort.NAME


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen; pages are counted from 1."""

    sort: Sort = Sort.NAME
    descending: bool = False
    query: str = ""
    page: int = 1
    grid: bool = False

    @classmethod
    def of(cls, arguments: Mapping[bytes, Sequence[bytes]]) -> Choice:
        """What the arguments of a request ask for; what they say wrong counts as not said."""

        def said(name: bytes) -> str:
            return (arguments.get(name) or [b""])[0].decode("utf-8", "replace")

        sort = Sort(said(b"sort")) if said(b"sort") in list(Sort) else Sort.NAME
        order, page = said(b"order"), said(b"page")
        return cls(
            sort=sort,
            descending=order == "desc" or (sort.begins_descending and order != "asc"),
            query=said(b"q").strip()[:QUERY_CHARACTERS],
            page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 8 else 1,
            grid=said(b"layout") == "grid",
        )

    def link(self, **changes: Any) -> str:
        """A link to the same directory with some of it chosen otherwise."""
        return replace(self, **changes)._as_link()

    def by(self, sort: Sort) -> str:
        """A link that orders by `sort`, or turns the order around when it is that already."""
        if sort is self.sort:
            return self.link(descending=not self.descending, page=1)
        return self.link(sort=sort, descending=sort.begins_descending, page=1)

    def select(self, entries: Iterable[Entry]) -> list[Entry]:
        """The entries that match, in order; directories come first. They are given by name."""
        words = self.query.casefold().split()
        found = [entry for entry in entries if all(word in entry.shown.casefold() for word in words)]
        if self.sort is Sort.NAME and self.descending:
            found.reverse()
        elif self.sort is Sort.SIZE:
            found.sort(key=lambda entry: entry.size, reverse=self.descending)
        elif self.sort is Sort.TIME:
            found.sort(key=lambda entry: entry.modified, reverse=self.descending)
        found.sort(key=lambda entry: not entry.is_directory)
        return found

    def _as_link(self) -> str:
        fields: dict[str, str] = {}
        if self.sort is not Sort.NAME:
            fields["sort"] = self.sort
        if self.descending is not self.sort.begins_descending:
            fields["order"] = "desc" if self.descending else "asc"
        if self.query:
            fields["q"] = self.query
        if self.page > 1:
            fields["page"] = str(self.page)
        if self.grid:
            fields["layout"] = "grid"
        return "?" + urlencode(fields)
