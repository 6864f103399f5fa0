"""Markdown as HTML that is safe to show: no markup of the author's own, and no links but to the web and to here.

Shape: CommonMark with tables, strikethrough, task lists and anchors of headings. Pictures of other sites are not shown
(a page tells nobody who reads it), their descriptions are.

Source: the CommonMark specification 0.31.2; GitHub Flavored Markdown, sections 4.10, 5.3 and 6.5.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from tnet.servers.web.viewing.code import highlighted

MAX_BYTES = 128 * 1024
ANCHOR = "md-"

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_ALLOWED = ("http:", "https:", "mailto:")
_TASK = re.compile(r"\[([ xX])\]\s+")
_NOT_IN_AN_ANCHOR = re.compile(r"[^\w\- ]")


def as_html(text: str) -> str:
    """The prose as HTML; its anchors begin with `md-`, so that none can be taken for ours.

    Raises: RecursionError for what no person wrote.
    """
    rendered: str = _reader().render(text)
    return rendered


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False, "highlight": _code})
    reader.enable(["table", "strikethrough"])
    reader.validateLink = _may_link  # type: ignore[method-assign]  # how markdown-it-py is told
    reader.core.ruler.push("mended", _mend)
    reader.add_render_rule("image", _picture)
    return reader


def _may_link(url: str) -> bool:
    """Whether a link leads to the web, to a mail address, or to somewhere on this site."""
    scheme = _SCHEME.match(url.strip())
    return scheme is None or scheme[0].lower() in _ALLOWED


def _code(text: str, language: str, _: str) -> str:
    return highlighted(text, language) if language else ""


def _mend(state: StateCore) -> None:
    """Give headings their anchors, tasks their boxes, and links what they need."""
    seen: dict[str, int] = {}
    before: Token | None = None
    for at, token in enumerate(state.tokens):
        if token.type == "inline":
            if before is not None and before.type == "heading_open":
                before.attrSet("id", ANCHOR + _anchor(token, seen))
            if at >= 2 and before is not None and before.type == "paragraph_open":
                _task(token, state.tokens[at - 2])
            for child in token.children or ():
                _mend_link(child)
        elif token.type in ("th_open", "td_open") and (style := token.attrs.pop("style", None)):
            token.attrSet("class", str(style).replace("text-align:", "to-"))
        before = token


def _mend_link(token: Token) -> None:
    href = str(token.attrGet("href") or "")
    if href.startswith("#"):
        token.attrSet("href", "#" + ANCHOR + href[1:].lower())
    elif _leads_away(href):
        token.attrSet("rel", "noopener noreferrer nofollow")


def _leads_away(url: str) -> bool:
    return _SCHEME.match(url) is not None or url.startswith(("//", "/\\", "\\"))


def _picture(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    if _leads_away(str(token.attrGet("src") or "")):
        return f'<span class="away">{html.escape(renderer.renderInlineAsText(token.children, options, env))}</span>'
    token.attrSet("loading", "lazy")
    shown: str = renderer.image(tokens, at, options, env)
    return shown


def _task(inline: Token, item: Token) -> None:
    """A list item that begins with `[ ]` or `[x]` gets a box, which cannot be ticked."""
    first = inline.children[0] if inline.children else None
    if item.type != "list_item_open" or first is None or not (found := _TASK.match(first.content)):
        return
    first.content = first.content[found.end() :]
    box: dict[str, str | int | float] = {"type": "checkbox", "disabled": "", "aria-label": "done"}
    if found[1] != " ":
        box["checked"] = ""
    (inline.children or []).insert(0, Token("task", "input", 0, attrs=box))
    item.attrSet("class", "task")


def _anchor(heading: Token, seen: dict[str, int]) -> str:
    """What GitHub calls a heading in links; the second of the same words gets a number."""
    words = "".join(_words(heading.children or ()))
    slug = _NOT_IN_AN_ANCHOR.sub("", words.strip().lower()).replace(" ", "-")
    seen[slug] = count = seen.get(slug, -1) + 1
    return f"{slug}-{count}" if count else slug


def _words(tokens: Sequence[Any]) -> list[str]:
    return [token.content for token in tokens if token.type in ("text", "code_inline")]
