"""What a client calls itself, in a word or two: a browser's own text is a hundred characters about its ancestors."""

from __future__ import annotations

import re

# The first one that is there: each later browser also names those that it wants to be taken for.
_BROWSERS = (
    (re.compile(r"\bEdg[A-Za-z]*/(\d{1,4})"), "Edge"),
    (re.compile(r"\bOPR/(\d{1,4})"), "Opera"),
    (re.compile(r"\bSamsungBrowser/(\d{1,4})"), "Samsung Internet"),
    (re.compile(r"\b(?:Firefox|FxiOS)/(\d{1,4})"), "Firefox"),
    (re.compile(r"\bHeadlessChrome/(\d{1,4})"), "headless Chrome"),
    (re.compile(r"\b(?:Chrome|CriOS)/(\d{1,4})"), "Chrome"),
    (re.compile(r"\bVersion/(\d{1,4}).* Safari/"), "Safari"),
)
_ROBOT = re.compile(r"\bcompatible; ([^;)/]+)")
_LONGEST = 24


def agent(text: str | None) -> str:
    """`Firefox 131`, `curl/8.5.0`, `Googlebot`: at most a few words; nothing for a client that says nothing."""
    if not text:
        return ""
    for pattern, name in _BROWSERS:
        if found := pattern.search(text):
            return f"{name} {found[1]}"
    robot = _ROBOT.search(text)
    word = robot[1] if robot else text.split(maxsplit=1)[0] if text.strip() else ""
    return word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…"
