"""The one place where a Rich console is made, and the way its output becomes painted lines."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from tnet.view.terminal import Terminal


def make_console(terminal: Terminal) -> Console:
    """A console that looks like `terminal`, and writes into memory: the outlet does the writing.

    Nothing is left for Rich to guess from the environment, and nothing in our text is taken for markup.
    """
    return Console(
        file=io.StringIO(),
        force_terminal=terminal.color,
        no_color=not terminal.color,
        color_system="standard" if terminal.color else None,
        width=terminal.size.columns,
        height=terminal.size.lines,
        force_interactive=False,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )


def painted(console: Console, line: Text, columns: int) -> str:
    """One line as text with its colours, cut to `columns` cells, without an end."""
    line = line.copy()
    line.truncate(columns, overflow="ellipsis")
    with console.capture() as captured:
        console.print(line, no_wrap=True, overflow="ignore", crop=False, end="", width=columns)
    return captured.get()


def flowed(pieces: Iterable[Text], columns: int, separator: str) -> Iterator[Text]:
    """The pieces on as few lines as they fit on, in their order."""
    line = Text()
    for piece in pieces:
        if line and line.cell_len + len(separator) + piece.cell_len > columns:
            yield line
            line = Text()
        line.append_text(Text(separator) + piece if line else piece)
    yield line
