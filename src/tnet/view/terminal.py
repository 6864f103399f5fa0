"""What a stream can show: colour, glyphs, animation and how much of it. Needs nothing but the environment."""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from tnet.plans.output import OutputPlan, wants_color

DEFAULT_SIZE = os.terminal_size((80, 24))


@dataclass(frozen=True, slots=True)
class Terminal:
    """What one of our streams is; `animated` when a display may be redrawn on it."""

    fd: int | None
    encoding: str
    is_tty: bool
    color: bool
    unicode: bool
    animated: bool
    piped_columns: int = DEFAULT_SIZE.columns

    @property
    def size(self) -> os.terminal_size:
        """Columns and rows as they are now; a pipe has COLUMNS columns, or 80."""
        if self.is_tty and self.fd is not None:
            try:
                now = os.get_terminal_size(self.fd)
            except OSError:
                return DEFAULT_SIZE
            return now if now.columns and now.lines else DEFAULT_SIZE
        return os.terminal_size((self.piped_columns, DEFAULT_SIZE.lines))


def look_at(stream: TextIO, output: OutputPlan, environ: Mapping[str, str]) -> Terminal:
    """What `stream` can show, given what was asked for and the environment."""
    is_tty = stream.isatty()
    encoding = stream.encoding or "utf-8"
    columns = environ.get("COLUMNS", "")
    return Terminal(
        fd=descriptor(stream),
        encoding=encoding,
        is_tty=is_tty,
        color=wants_color(output.color, is_tty, environ),
        unicode=not output.ascii_only and _is_utf8(encoding),
        animated=is_tty and environ.get("TERM", "dumb") != "dumb" and not environ.get("CI"),
        piped_columns=int(columns) if columns.isascii() and columns.isdigit() and int(columns) else 80,
    )


def descriptor(stream: TextIO) -> int | None:
    """The file descriptor under a stream; None when it has none."""
    try:
        return stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False
