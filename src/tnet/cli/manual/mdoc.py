"""mdoc, the language of man pages: a few words of it.

Source: mdoc(7).
"""

from __future__ import annotations

import re


def text(prose: str) -> str:
    """Prose as running text: nothing in it is a macro or an escape; blank lines part paragraphs."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", prose.strip()) if part.strip()]
    return "\n.Pp\n".join("\n".join(map(line, re.split(r"(?<=[.;:?]) (?=[A-Z])", part))) for part in paragraphs) + "\n"


def line(words: str) -> str:
    """One input line of running text."""
    escaped = escape(words)
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def escape(words: str) -> str:
    """`words` with backslashes, hyphens and quotes shown as they are."""
    return words.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace('"', "\\(dq")


def argument(words: str) -> str:
    """`words` as one argument of a macro."""
    return '"' + words.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq") + '"'


def literal(block: str) -> str:
    """Lines shown as they are."""
    return ".Bd -literal -offset indent\n" + "\n".join(map(line, block.splitlines())) + "\n.Ed\n"


def tagged(rows: list[tuple[str, str]]) -> str:
    """A list of tags (already macros' arguments or text) with their explanations."""
    items = "".join(f".It {tag}\n{text(said) if said else ''}" for tag, said in rows)
    return f".Bl -tag -width Ds\n{items}.El\n" if rows else ""


def header(title: str, chapter: int, date: str) -> str:
    """The beginning of every page."""
    return f".Dd {date}\n.Dt {title.upper()} {chapter}\n.Os\n"
