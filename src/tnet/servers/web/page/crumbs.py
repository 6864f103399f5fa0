"""The way to a place, each step of it a link."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tnet.servers.web.page.icons import icon
from tnet.servers.web.page.words import shown
from tnet.servers.web.permissions import Right

if TYPE_CHECKING:
    from tnet.servers.web.request import WebRequest


@dataclass(frozen=True, slots=True)
class Place:
    """A directory or, as a `leaf`, a file, as one visitor knows it.

    `start` is what the beginning of the way is called; `hidden` is how many names at the beginning this visitor is not
    told of; `closed` are the lengths of the ways that the visitor may not go.
    """

    names: tuple[bytes, ...]
    start: str = "/"
    hidden: int = 0
    leaf: bool = False
    closed: frozenset[int] = frozenset()

    @classmethod
    def of(cls, request: WebRequest, names: Sequence[bytes], *, leaf: bool = False) -> Place:
        """The place of a request; the beginning is called as the visitor calls this host."""
        start = shown(request.getHeader(b"host") or b"") or "Files"
        ways = range(len(names) + 1 - leaf)
        closed = frozenset(way for way in ways if not request.permissions.allows(Right.LIST, names[:way]))
        return cls(tuple(names), start, request.unshown, leaf, closed)

    @property
    def known(self) -> tuple[bytes, ...]:
        """The names that the visitor knows."""
        return self.names[self.hidden :]

    @property
    def title(self) -> str:
        """The place in one line."""
        return shown(self.known[-1]) if self.known else self.start

    @property
    def leads_up(self) -> bool:
        """Whether the visitor may go to the directory above."""
        return bool(self.known) and len(self.names) - 1 not in self.closed

    def crumbs(self) -> str:
        """The way as HTML, the last step a heading."""
        texts = [self.start, *map(shown, self.known)]
        steps = "".join(self._step(at, text) for at, text in enumerate(texts[:-1]))
        home = icon("home") if len(texts) == 1 else ""
        here = f'<li><h1 aria-current="page">{home}<bdi>{html.escape(texts[-1])}</bdi></h1></li>'
        return f'<nav class="crumbs" aria-label="You are here"><ol>{steps}{here}</ol></nav>'

    def _step(self, at: int, text: str) -> str:
        called = f"{icon('home') if not at else ''}<bdi>{html.escape(text)}</bdi>"
        if (at + self.hidden if at else 0) in self.closed:
            return f"<li><span>{called}</span></li>"
        up = "../" * (len(self.known) - self.leaf - at) or "./"
        return f'<li><a href="{up}">{called}</a></li>'
