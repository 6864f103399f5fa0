"""The start card of a server: where it listens, how to reach it, and what else its starter should know."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable

from tnet import __version__
from tnet.events.kinds import Listening
from tnet.view.measures import address
from tnet.view.theme import Brush, Line, Mark, Piece, Tone
from tnet.view.words import Said

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def reach(event: Listening) -> str:
    """A command that reaches a listener from this machine."""
    host = _ANYWHERE.get(event.server_address, event.server_address)
    if event.server_port is None:
        return _reach_unix(event)
    where = address(host, event.server_port)
    match event.tool:
        case "web":
            scheme = "https" if event.tls else "http"
            return f"curl {shlex.quote(f'{scheme}://{where}/')}"
        case "ssh":
            return f"ssh -p {event.server_port} {shlex.quote(f'USER@{host}')}"
        case _ if event.transport == "udp":
            return f"tnet connect {shlex.quote(f'udp://{where}')}"
        case _:
            return f"tnet connect {shlex.quote(f'tls://{where}' if event.tls else where)}"


def _reach_unix(event: Listening) -> str:
    if event.tool == "web":
        return f"curl --unix-socket {shlex.quote(event.endpoint.removeprefix('unix:'))} http://localhost/"
    return f"tnet connect {shlex.quote(event.endpoint)}"


class Card:
    """Writes the lines of a start card as they become known, its title first, and a last card at the end.

    `rows` is how many lines were written so far.
    """

    def __init__(self, command: str, brush: Brush, write: Callable[[str], None]) -> None:
        self._command = command
        self._brush = brush
        self._write = write
        self.rows = 0

    def listening(self, event: Listening) -> None:
        """Where we listen, and a command that gets there."""
        self._row("listening", (Tone.STRONG, f"{event.endpoint:<24}"), (Tone.QUIET, f"  {reach(event)}"))

    def account(self, user: str, password: str) -> None:
        """The account made for this run."""
        made = (Tone.QUIET, "  made for this run, shown once")
        self._row("account", (Tone.STRONG, user), (Tone.PLAIN, "  password "), (Tone.STRONG, password), made)

    def note(self, text: str) -> None:
        """Anything else, a picture of several lines among it."""
        for number, line in enumerate(text.split("\n")):
            self._row("" if number else "note", (Tone.PLAIN, line))

    def farewell(self, how: Said, summary: Iterable[tuple[str, str]]) -> None:
        """How it ended, and what there was."""
        self._title(how.tone, f"{how.word} ", how.text)
        for heading, text in summary:
            self._row(heading, (Tone.PLAIN, text))

    def _row(self, word: str, *pieces: Piece) -> None:
        if not self.rows:
            self._title(Tone.GOOD, "", __version__)
        self._line(((Tone.NAME, f"  {word:<11}  "), *pieces))

    def _title(self, tone: Tone, word: str, rest: str) -> None:
        mark = f"{self._brush.mark(Mark.LISTEN)} {word}"
        self._line(((tone, mark), (Tone.STRONG, f"tnet {self._command}"), (Tone.PLAIN, f"  {rest}")))

    def _line(self, line: Line) -> None:
        self.rows += 1
        self._write(self._brush.line(line) + "\n")
