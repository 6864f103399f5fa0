"""The page about one file: what is in it, what it is, and what stands before and after it."""

from __future__ import annotations

import html
from dataclasses import dataclass

from tnet.servers.web.page.crumbs import Place
from tnet.servers.web.page.document import Look
from tnet.servers.web.page.icons import drawings, icon
from tnet.servers.web.page.menus import share_menu
from tnet.servers.web.page.words import exact_size, human_size, iso, minute
from tnet.servers.web.viewing.code import language_of
from tnet.servers.web.viewing.preview import Subject, shown

LOOK = Look(("base.css", "listing.css", "prose.css", "code.css"), ("viewing.js",), media=True)


@dataclass(frozen=True, slots=True)
class FileSheet:
    """A file for people. `before` and `after` are links to its neighbours, empty where there are none.

    Units: `modified` in seconds since the epoch.
    """

    place: Place
    subject: Subject
    media: str
    modified: float
    before: str = ""
    after: str = ""
    may_share: bool = False

    def render(self) -> bytes:
        """The whole document."""
        body = (
            f'<a class="skip" href="#inside">Skip to the file</a>{drawings(("home", "down", "share"))}'
            f"<header>{self.place.crumbs()}</header>"
            f'<main class="file"><div class="tools">{self._facts()}{self._links()}</div>'
            f'<div id="inside" tabindex="-1">{shown(self.subject)}</div></main>'
        )
        tab = "./?icon" if self.place.leads_up else ""
        return LOOK.document(self.place.title, body, tab).encode("utf-8", "replace")

    def _facts(self) -> str:
        language = language_of(self.subject.name.decode("utf-8", "replace"))
        kind = language if language and language != "Text only" else self.media.partition(";")[0]
        return (
            f'<p class="facts"><span title="{exact_size(self.subject.size)}">{human_size(self.subject.size)}</span> · '
            f'<time datetime="{iso(self.modified)}">{minute(self.modified)} UTC</time> · {html.escape(kind)}</p>'
        )

    def _links(self) -> str:
        href = html.escape(self.subject.href)
        links = ""
        for rel, text, target in (("prev", "Previous", self.before), ("next", "Next", self.after)):
            if target:
                links += f'<a class="button" rel="{rel}" href="{html.escape(target)}">{text}</a>'
        if self.subject.is_prose:
            other, text = ("?view", "Rendered") if self.subject.source else ("?view=source", "Source")
            links += f'<a class="button" href="{href}{other}">{text}</a>'
        links += f'<a class="button" href="{href}">Raw</a>'
        links += share_menu("file") if self.may_share else ""
        links += f'<a class="button primary" href="{href}" download>{icon("down")}<span>Download</span></a>'
        return f'<nav aria-label="This file">{links}</nav>'
