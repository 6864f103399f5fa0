"""What can be done on a listing besides following its links: each with a form, so that no script is needed."""

from __future__ import annotations

import html
from enum import Flag, auto

from tnet.servers.web.listing.choice import Choice
from tnet.servers.web.page.icons import icon
from tnet.servers.web.page.menus import menu, share_menu


class Offer(Flag):
    """What a visitor may do in a directory. A drop box takes files and shows none."""

    NOTHING = 0
    ARCHIVE = auto()
    WRITE = auto()
    MODIFY = auto()
    SHARE = auto()
    DROP_BOX = auto()
    SELECTING = ARCHIVE | MODIFY


def tools(choice: Choice, offer: Offer) -> str:
    """What stands above the list: the filter, and what concerns the directory as a whole."""
    if Offer.DROP_BOX in offer:
        return f'<div class="tools">{_upload(offer)}</div>{_QUEUE}'
    found = _filter(choice) + _layout(choice)
    if Offer.ARCHIVE in offer:
        found += menu("down", "Download", '<a href="?archive=zip">as .zip</a><a href="?archive=tar">as .tar</a>')
    if Offer.SHARE in offer:
        found += share_menu("folder")
    if Offer.MODIFY in offer:
        found += menu("plus", "New folder", _new_folder(), "make")
    if Offer.WRITE in offer:
        found += _upload(offer)
    return f'<div class="tools">{found}</div>{_QUEUE if Offer.WRITE in offer else ""}'


def actions(offer: Offer) -> str:
    """What can be done with the entries that are ticked; part of their form."""
    if not offer & Offer.SELECTING:
        return ""
    buttons = '<span id="ticked"></span>'
    if Offer.ARCHIVE in offer:
        buttons += _button("archive", "down", "Download .zip")
    if Offer.MODIFY in offer:
        buttons += (
            '<label class="to"><span class="unseen">New name</span>'
            '<input name="to" placeholder="New name" autocomplete="off"></label>'
            + _button("rename", "", "Rename")
            + '<label class="sure"><input type="checkbox" name="sure" required> Yes, for good</label>'
            + '<button class="danger" name="action" value="delete">Delete</button>'
        )
    buttons += (
        f'<button type="button" class="live" id="untick">{icon("close")}<span class="unseen">Clear</span></button>'
    )
    return f'<div class="actions" role="group" aria-label="With what is ticked">{buttons}</div>'


_QUEUE = (
    '<section id="queue" aria-label="Uploads" hidden><header><strong id="progress"></strong>'
    '<progress id="total" max="1" value="0" aria-label="All uploads"></progress>'
    '<button type="button" id="stop">Cancel all</button></header><ul></ul></section>'
)


def _filter(choice: Choice) -> str:
    kept = {"sort": choice.sort, "order": "desc" if choice.descending else "asc"}
    if choice.grid:
        kept["layout"] = "grid"
    hidden = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in kept.items())
    return (
        f'<form id="filter" role="search">{hidden}<label class="unseen" for="q">Filter by name</label>'
        f'<input type="search" id="q" name="q" value="{html.escape(choice.query)}" placeholder="Filter" '
        'autocomplete="off" autocapitalize="off" spellcheck="false" aria-keyshortcuts="/" aria-controls="listing">'
        "<kbd>/</kbd><noscript><button>Filter</button></noscript></form>"
    )


def _layout(choice: Choice) -> str:
    other, name = ("list", "Show as a list") if choice.grid else ("grid", "Show pictures")
    href = html.escape(choice.link(grid=not choice.grid, page=1))
    return f'<a class="button" href="{href}" title="{name}">{icon(other)}<span class="unseen">{name}</span></a>'


def _new_folder() -> str:
    return (
        '<form method="post"><input type="hidden" name="action" value="mkdir"><label>Name '
        '<input name="name" required autocomplete="off"></label><button class="primary">Create</button></form>'
    )


def _upload(offer: Offer) -> str:
    replace = " data-replace" if Offer.MODIFY in offer else ""
    return (
        f'<form method="post" enctype="multipart/form-data" id="upload"{replace}>'
        f'<label class="button primary">{icon("up")}<span>Upload</span>'
        '<input type="file" name="file" multiple required></label>'
        "<noscript><button>Send</button></noscript></form>"
    )


def _button(action: str, drawing: str, text: str) -> str:
    drawn = icon(drawing) if drawing else ""
    return f'<button name="action" value="{action}" formnovalidate>{drawn}<span>{text}</span></button>'
