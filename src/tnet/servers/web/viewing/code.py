"""Source text as HTML, its words marked by Pygments with classes; the colours are in `page/code.css`."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Iterator
from io import StringIO
from typing import TYPE_CHECKING, Any

from tnet.escape import safe

if TYPE_CHECKING:
    from pygments.lexer import Lexer

PATIENCE_SECONDS = 2.0


def highlighted(text: str, language: str) -> str:
    """Text in a language that is called by its name, as HTML; plain when nobody knows the language."""
    from pygments.lexers import get_lexer_by_name

    return _marked(text, lambda options: get_lexer_by_name(language, **options))


def as_lines(text: str, filename: str) -> str:
    """The text of a file as HTML: each line an element with the id `L1`, `L2` …; the language goes by its name.

    Characters that could make the text look like another are made visible.
    """
    from pygments.lexers import get_lexer_for_filename

    text = safe(text.replace("\r\n", "\n")).removesuffix("\n")
    marked = _marked(text, lambda options: get_lexer_for_filename(filename, text, **options))
    lines = enumerate(marked.split("\n"), 1)
    return "".join(f'<span class="l" id="L{number}">{line}\n</span>' for number, line in lines)


def language_of(filename: str) -> str:
    """What Pygments calls the language of a file with this name; empty when it knows none."""
    from pygments.lexers import find_lexer_class_for_filename

    found = find_lexer_class_for_filename(filename)
    return "" if found is None else str(found.name)


def _marked(text: str, find: Callable[[dict[str, Any]], Lexer]) -> str:
    """Each line's elements end on that line."""
    from pygments.formatters.html import HtmlFormatter
    from pygments.util import ClassNotFound

    try:
        lexer = find({"stripnl": False, "ensurenl": False})
    except ClassNotFound:
        return html.escape(text)
    written = StringIO()
    HtmlFormatter(nowrap=True).format(_in_time(lexer, text), written)
    marked = written.getvalue()
    return marked if text.endswith("\n") else marked.removesuffix("\n")


def _in_time(lexer: Lexer, text: str) -> Iterator[tuple[Any, str]]:
    """The tokens of the text; what has not been looked at when patience ends is one token."""
    from pygments.token import Text

    end, done = time.monotonic() + PATIENCE_SECONDS, 0
    for kind, value in lexer.get_tokens(text):
        yield kind, value
        done += len(value)
        if time.monotonic() > end:
            yield Text, text[done:]
            return
