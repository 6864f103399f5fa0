"""A directory as a page for people, which needs no script and is quicker with it."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tnet.servers.web.listing.choice import Choice, Sort
from tnet.servers.web.listing.entries import Entry, Listing
from tnet.servers.web.listing.tools import Offer, actions, tools
from tnet.servers.web.page.crumbs import Place
from tnet.servers.web.page.document import Look
from tnet.servers.web.page.icons import drawings, icon
from tnet.servers.web.page.words import exact_size, human_size, iso, minute, plural
from tnet.servers.web.viewing.kinds import Kind, is_picture, kind_of

ROWS = 1000
CARDS = 200

_LOOK = Look(("base.css", "listing.css"), ("listing.js",), media=True, talks=True)

_ICONS = (*Kind, "close", "down", "folder", "grid", "home", "list", "plus", "share", "up", "view")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a listing, as one visitor asked for it and may use it; `readme` is HTML that goes below."""

    place: Place
    listing: Listing
    choice: Choice
    offer: Offer = Offer.NOTHING
    readme: str = ""

    @property
    def look(self) -> Look:
        """The look of the document, with no more styles and scripts than it needs."""
        styles, scripts = _LOOK.styles, _LOOK.scripts
        if self.readme:
            styles += ("prose.css", "code.css")
        if self.offer & (Offer.SELECTING | Offer.SHARE):
            scripts += ("changes.js",)
        if Offer.WRITE in self.offer:
            scripts += ("uploads.js",)
        return replace(_LOOK, styles=styles, scripts=scripts)

    def render(self) -> bytes:
        """The whole document."""
        chosen = self.choice.select(self.listing.entries)
        body = (
            f'<a class="skip" href="#listing">Skip to the list</a>{drawings(_ICONS)}'
            f"<header>{self.place.crumbs()}</header><main>{tools(self.choice, self.offer)}"
            f'<div id="listing" tabindex="-1">{self._listing(chosen)}</div>{self.readme}</main>'
            '<p id="said" class="unseen" role="status"></p>'
        )
        return self.look.document(self.place.title, body, icon="./?icon").encode("utf-8", "replace")

    def _listing(self, chosen: Sequence[Entry]) -> str:
        """What a script may put in the place of another choice of the same directory."""
        size = CARDS if self.choice.grid else ROWS
        last = max(1, math.ceil(len(chosen) / size))
        page = min(self.choice.page, last)
        rows = chosen[(page - 1) * size : page * size]
        is_whole = len(chosen) <= size and not self.choice.query
        table = self._table(rows, is_whole) if rows or (self.place.leads_up and not self.choice.query) else ""
        if not rows:
            table += f'<p class="empty">{self._nothing()}</p>'
        return (
            f'<form method="post" id="files"{" data-whole" if is_whole else ""}>{table}'
            f"{actions(self.offer) if rows else ''}</form>"
            f"{self._pager(page, last)}{self._footer(chosen)}"
        )

    def _nothing(self) -> str:
        if self.choice.query:
            clear = f'<a href="{html.escape(self.choice.link(query="", page=1))}">Show everything</a>'
            return f"Nothing here is called “<bdi>{html.escape(self.choice.query)}</bdi>”. {clear}"
        if Offer.DROP_BOX in self.offer:
            return "You can leave files here. What is here already is not shown."
        return "This folder is empty." + (" Drop files here to upload them." if Offer.WRITE in self.offer else "")

    def _table(self, entries: Sequence[Entry], is_whole: bool) -> str:
        ticks = bool(self.offer & Offer.SELECTING)
        head = '<th class="c"><span class="unseen">Select</span></th>' if ticks else ""
        head += self._column(Sort.NAME, "Name", "n") + '<th class="v"><span class="unseen">Preview</span></th>'
        head += self._column(Sort.SIZE, "Size", "s") + self._column(Sort.TIME, "Modified", "t", " (UTC)")
        ranks = {entry.name: rank for rank, entry in enumerate(self.listing.entries)} if is_whole else {}
        rows = "".join(_row(entry, ranks.get(entry.name, 0), ticks, self.choice.grid) for entry in entries)
        up = _up(ticks) if self.place.leads_up and self.choice.page == 1 and not self.choice.query else ""
        return (
            f'<table class="{"grid" if self.choice.grid else "rows"}">'
            f'<caption class="unseen">What is in <bdi>{html.escape(self.place.title)}</bdi></caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{up}{rows}</tbody></table>"
        )

    def _column(self, sort: Sort, text: str, kind: str, unit: str = "") -> str:
        order = ""
        if self.choice.sort is sort:
            order = f' aria-sort="{"descending" if self.choice.descending else "ascending"}"'
        note = f'<span class="unit">{unit}</span>' if unit else ""
        return (
            f'<th class="{kind}" scope="col"{order}><a href="{html.escape(self.choice.by(sort))}" data-sort="{sort}">'
            f"{text}{note}</a></th>"
        )

    def _pager(self, page: int, last: int) -> str:
        if last == 1:
            return ""
        before = html.escape(self.choice.link(page=page - 1))
        after = html.escape(self.choice.link(page=page + 1))
        return (
            '<nav class="pager" aria-label="Pages">'
            + (f'<a rel="prev" href="{before}">Previous</a>' if page > 1 else "<span></span>")
            + f"<span>Page {page:,} of {last:,}</span>"
            + (f'<a rel="next" href="{after}">Next</a>' if page < last else "<span></span>")
            + "</nav>"
        )

    def _footer(self, chosen: Sequence[Entry]) -> str:
        """How much there is, of what was asked for, not only of this page."""
        if Offer.DROP_BOX in self.offer:
            return ""
        directories = sum(entry.is_directory for entry in chosen)
        size = sum(entry.size for entry in chosen)
        counts = [(directories, "folder"), (len(chosen) - directories, "file")]
        words = [plural(count, noun) for count, noun in counts if count] or ["Nothing"]
        words.append(f'<span title="{exact_size(size)}">{human_size(size)}</span>')
        if self.choice.query:
            words[0] = f"Found: {words[0]}"
        if self.listing.more:
            words.append(f"{self.listing.more:,} more are not shown")
        return f'<footer id="count">{" · ".join(words)}</footer>'


def _up(ticks: bool) -> str:
    return (
        f'<tr class="up">{"<td class=c></td>" if ticks else ""}<th class="n" scope="row">'
        f'<a href="../" aria-label="Parent folder">{icon("folder")}<span>..</span></a></th>'
        '<td class="v"></td><td class="s"></td><td class="t"></td></tr>'
    )


def _row(entry: Entry, rank: int, ticks: bool, grid: bool) -> str:
    name, href = html.escape(entry.shown), html.escape(entry.href)
    tick = _tick(entry, name) if ticks else ""
    if entry.is_directory:
        kind, view, size, face = ' class="d"', "", "", icon("folder")
        name += "/"
    else:
        kind, face = "", _face(entry, href, grid)
        view = f'<a href="{href}?view" aria-label="Preview {name}" title="Preview">{icon("view")}</a>'
        size = f'<span title="{exact_size(entry.size)}">{human_size(entry.size)}</span>'
    return (
        f'<tr{kind} data-n="{rank}" data-s="{entry.size}" data-t="{entry.modified:.0f}">{tick}'
        f'<th class="n" scope="row"><a href="{href}">{face}<bdi>{name}</bdi></a></th><td class="v">{view}</td>'
        f'<td class="s">{size}</td>'
        f'<td class="t"><time datetime="{iso(entry.modified)}">{minute(entry.modified)}</time></td></tr>\n'
    )


def _face(entry: Entry, href: str, grid: bool) -> str:
    if grid and is_picture(entry.name):
        return f'<img src="{href}" alt="" loading="lazy" decoding="async">'
    return icon(kind_of(entry.name))


def _tick(entry: Entry, name: str) -> str:
    """A box to tick; a form without a script can send only names that are plain text on one line."""
    value = entry.name.decode("utf-8", "replace")
    can_be_sent = value.encode() == entry.name and not {"\r", "\n"} & set(value)
    sent = f'name="name" value="{html.escape(value)}"' if can_be_sent else "disabled"
    return f'<td class="c"><input type="checkbox" {sent} aria-label="Select {name}"></td>'
