"""HTML documents of ours: whole in one response, and safe whatever is written in them.

Styles and scripts are files of this package, put into each document. Its Content-Security-Policy names them by their
hashes, so that a browser applies and runs them and nothing else, whatever a hostile name might smuggle in.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Part:
    """A style sheet or script, and what the policy calls it."""

    text: str
    source: str


@cache
def part(name: str) -> Part:
    """A style sheet or script of this package, read once."""
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Part(text, f"'sha256-{digest}'")


@dataclass(frozen=True, slots=True)
class Look:
    """How a kind of document looks and what it can do: the files that are put into it.

    `media` is whether it shows images, sounds and films of this site; `talks` whether its script talks to this site.
    """

    styles: tuple[str, ...] = ("base.css",)
    scripts: tuple[str, ...] = ()
    media: bool = False
    talks: bool = False

    def document(self, title: str, body: str, icon: str = "") -> str:
        """A whole document; `title` is text, `body` is HTML, `icon` a link to what a tab shows."""
        drawn = f'<link rel="icon" href="{html.escape(icon)}">' if icon else ""
        styles = "".join(f"<style>{part(name).text}</style>" for name in self.styles)
        scripts = "".join(f"<script>{part(name).text}</script>" for name in self.scripts)
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            '<meta name="color-scheme" content="light dark">'
            f"<title>{html.escape(title)}</title>{drawn}{styles}</head>\n<body>\n{body}\n{scripts}</body></html>\n"
        )

    @property
    def fields(self) -> dict[bytes, bytes]:
        """The response fields that go with such a document."""
        return {
            b"Content-Security-Policy": _policy(self),
            b"Referrer-Policy": b"same-origin",
            b"X-Content-Type-Options": b"nosniff",
        }


@cache
def _policy(look: Look) -> bytes:
    rules = ["default-src 'none'", "style-src " + _sources(look.styles)]
    if look.scripts:
        rules.append("script-src " + _sources(look.scripts))
    if look.media:
        rules += ["img-src 'self'", "media-src 'self'"]
    if look.talks:
        rules.append("connect-src 'self'")
    rules += ["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
    return "; ".join(rules).encode("ascii")


def _sources(names: Sequence[str]) -> str:
    return " ".join(part(name).source for name in names)
