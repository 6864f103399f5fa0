"""Menus that open without a script."""

from __future__ import annotations

from tnet.servers.web.page.icons import icon

_EXPIRIES = (("3600", "an hour"), ("86400", "a day"), ("604800", "a week"), ("2592000", "30 days"))


def menu(drawing: str, text: str, inside: str, name: str = "") -> str:
    """A button that shows `inside`, which is HTML; the drawing must be among those of the document."""
    called = f' id="{name}"' if name else ""
    return (
        f'<details class="menu"{called}><summary class="button">{icon(drawing)}<span>{text}</span></summary>'
        f"<div>{inside}</div></details>"
    )


def share_menu(thing: str) -> str:
    """A menu that makes a link to the `thing` that is shown."""
    options = "".join(f'<option value="{seconds}">{text}</option>' for seconds, text in _EXPIRIES)
    form = (
        '<form method="post" id="share"><input type="hidden" name="action" value="share">'
        f'<label>Whoever has the link can read this {thing} for <select name="expires">{options}</select></label>'
        '<button class="primary">Make a link</button><output></output></form>'
    )
    return menu("share", "Share", form)
