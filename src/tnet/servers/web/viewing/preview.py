"""What is in a file, as a piece of HTML that harms nobody: nothing of the file is ever taken for markup of ours.

Everything here may block: it runs in a worker.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass

from tnet.servers.web.files.root import OpenFile
from tnet.servers.web.page import words
from tnet.servers.web.page.words import human_size
from tnet.servers.web.viewing import markdown
from tnet.servers.web.viewing.code import as_lines
from tnet.servers.web.viewing.kinds import Kind, ending_of, is_picture, kind_of
from tnet.servers.web.viewing.text import decoded, dumped

MAX_BYTES = 512 * 1024
DUMPED_BYTES = 1024

_PROSE = frozenset((b"md", b"markdown"))


@dataclass(frozen=True, slots=True)
class Subject:
    """A file to show: its name, a link to it, and how to read it. As `source`, prose is shown as it was written.

    Units: `size` in bytes.
    """

    name: bytes
    href: str
    size: int
    read: Callable[[int, int], bytes]
    source: bool = False

    @classmethod
    def of(cls, opened: OpenFile, name: bytes, href: str, *, source: bool = False) -> Subject:
        """An open file, which must stay open."""
        return cls(name, href, opened.status.st_size, opened.read, source)

    @property
    def is_prose(self) -> bool:
        """Whether it can be shown as Markdown."""
        return ending_of(self.name) in _PROSE and self.size <= markdown.MAX_BYTES


def shown(subject: Subject) -> str:
    """What is inside, or as much as it takes to see what it is."""
    link = html.escape(subject.href)
    if is_picture(subject.name):
        return f'<figure class="shown"><img src="{link}" alt="{html.escape(words.shown(subject.name))}"></figure>'
    kind = kind_of(subject.name)
    if kind in (Kind.AUDIO, Kind.VIDEO):
        return f'<figure class="shown"><{kind} src="{link}" controls preload="metadata"></{kind}></figure>'
    if ending_of(subject.name) == b"pdf":
        return f'<p class="empty"><a class="button primary" href="{link}">Open the document</a></p>'
    return _inside(subject)


def readme(data: bytes, name: bytes) -> str:
    """A README for the page of its directory; nothing when it is no text."""
    text = decoded(data)
    if text is None:
        return ""
    prose = _prose(text) if ending_of(name) in _PROSE else f"<pre>{html.escape(text)}</pre>"
    title = html.escape(words.shown(name))
    return f'<section class="readme" aria-label="{title}"><p class="label">{title}</p>{prose}</section>'


def _inside(subject: Subject) -> str:
    data = subject.read(0, MAX_BYTES)
    text = decoded(data)
    if not data:
        return '<p class="empty">This file is empty.</p>'
    if text is None:
        return f'<pre class="bytes">{dumped(data[:DUMPED_BYTES])}</pre>{_rest(subject, DUMPED_BYTES)}'
    if subject.is_prose and not subject.source:
        return _prose(text)
    lines = as_lines(text, subject.name.decode("utf-8", "replace"))
    return f'<pre class="code" tabindex="0">{lines}</pre>{_rest(subject, MAX_BYTES)}'


def _prose(text: str) -> str:
    try:
        return f'<article class="prose" dir="auto">{markdown.as_html(text)}</article>'
    except RecursionError:
        return f"<pre>{html.escape(text)}</pre>"


def _rest(subject: Subject, shown_bytes: int) -> str:
    if subject.size <= shown_bytes:
        return ""
    return f'<p class="note">These are the first {human_size(shown_bytes)} of {human_size(subject.size)}.</p>'
