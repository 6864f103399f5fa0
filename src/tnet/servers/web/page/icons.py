"""Small drawings, one stroke wide, in the colour of the text around them."""

from __future__ import annotations

from collections.abc import Iterable

_DOT = "a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 1 1 3.6 0"
_SHEET = "M9.5 1.5h-5a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1v-9zM9.5 1.5v3h3"
_DRAWINGS = {
    "archive": "M2 2.5h12v3H2zM3 5.5v8h10v-8M6.5 8.5h3",
    "audio": f"M5.5 12.5v-9l7-1.5v9M5.5 12.5{_DOT}M12.5 11{_DOT}",
    "code": "M5 4.5 1.5 8 5 11.5M11 4.5 14.5 8 11 11.5M9 3 7 13",
    "close": "M4 4l8 8M12 4l-8 8",
    "document": _SHEET + "M5.8 7.5h4.4M5.8 9.5h4.4M5.8 11.5h2.4",
    "down": "M8 2v8.5M4.5 7.5 8 11l3.5-3.5M2.5 14h11",
    "file": _SHEET,
    "folder": "M1.5 12.5v-9a1 1 0 0 1 1-1h3.3l1.7 2h6a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1z",
    "grid": "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z",
    "home": "M1.8 7.8 8 2l6.2 5.8M3.5 6.5v7h3.3v-4h2.4v4h3.3v-7",
    "image": "M2 2.5h12v11H2zM2 11l3.5-3.5 3 3 2-2L14 12M11.5 5.6a.9.9 0 1 1-1.8 0 .9.9 0 1 1 1.8 0",
    "list": "M2 3.5h12M2 8h12M2 12.5h12",
    "plus": "M8 2.5v11M2.5 8h11",
    "share": f"M10.8 4.2 5.2 7.2M5.2 8.8l5.6 3M5.4 8{_DOT}M14.4 3.3{_DOT}M14.4 12.7{_DOT}",
    "up": "M8 14V5.5M4.5 8.5 8 5l3.5 3.5M2.5 2h11",
    "video": "M1.5 3.5h9v9h-9zM10.5 7l4-2.5v7l-4-2.5z",
    "view": "M1 8s2.5-4.5 7-4.5S15 8 15 8s-2.5 4.5-7 4.5S1 8 1 8zM10 8a2 2 0 1 1-4 0 2 2 0 1 1 4 0",
}


def icon(name: str) -> str:
    """A drawing, for one place; says nothing to who cannot see it. The document needs `drawings` of it, too."""
    return f'<svg class="i" aria-hidden="true"><use href="#i-{name}"/></svg>'


def drawings(names: Iterable[str]) -> str:
    """What `icon` draws, to be put once into a document."""
    symbols = (f'<symbol id="i-{name}" viewBox="0 0 16 16"><path d="{_DRAWINGS[name]}"/></symbol>' for name in names)
    return f'<svg class="drawings" aria-hidden="true">{"".join(symbols)}</svg>'


def favicon() -> bytes:
    """A folder for the tab of a browser, as a file of its own."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
        f'<path d="{_DRAWINGS["folder"]}" fill="#cfe0fb" stroke="#2f6fd6" stroke-width="1.25" '
        'stroke-linejoin="round"/></svg>\n'
    ).encode("ascii")
