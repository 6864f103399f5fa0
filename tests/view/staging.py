"""What the view's tests share: streams in memory, a publisher with a clock in hand, and any event at all."""

from __future__ import annotations

import io
import re
from collections.abc import Collection
from dataclasses import fields
from typing import Any, get_type_hints

import pyte
from hypothesis import strategies as st

from tnet.events import Publisher, kinds
from tnet.plans.output import OutputPlan
from tnet.view.choose import choose
from tnet.view.story import Story
from tnet.view.terminal import Terminal

HOSTILE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
NASTY = "\x1b]0;owned\x07\x9b2J\x7f\u202e\ud800\r\n\tend"

PIPE = Terminal(fd=None, encoding="utf-8", is_tty=False, color=False, unicode=True, animated=False)


def tty(columns: int = 80, *, color: bool = False, unicode: bool = True) -> Terminal:
    """A terminal of some width and 24 rows."""
    return Terminal(
        fd=None, encoding="utf-8", is_tty=True, color=color, unicode=unicode, animated=True, piped_columns=columns
    )


class Stream(io.StringIO):
    """A text stream in memory that may say that it is a terminal."""

    def __init__(self, *, is_tty: bool = False, encoding: str = "utf-8") -> None:
        super().__init__(newline="")
        self._is_tty = is_tty
        self._encoding = encoding

    @property
    def encoding(self) -> str:
        return self._encoding

    def isatty(self) -> bool:
        return self._is_tty

    @property
    def text(self) -> str:
        return self.getvalue()

    @property
    def lines(self) -> list[str]:
        return self.getvalue().splitlines()


class Stage:
    """A publisher whose clocks the test moves: `now` in seconds since it began, the wall clock from `wall`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.wall = 1_800_000_000.0
        self.publisher = Publisher(lambda: self.now, lambda: self.wall + self.now)

    def record(self, event: kinds.Event, conn: int | None = None, request: int | None = None) -> Any:
        """The event, stamped as the publisher would."""
        from tnet.events import Record

        return Record(1, self.now, self.wall + self.now, conn, event, request)


class Show:
    """A whole story over streams in memory."""

    def __init__(self, command: str, *, is_tty: bool = False, environ: dict[str, str] | None = None, **output: Any):
        self.stage = Stage()
        self.stdout, self.stderr = Stream(is_tty=is_tty), Stream(is_tty=is_tty)
        self.story: Story = choose(
            OutputPlan(**output),
            command,
            stdout=self.stdout,
            stderr=self.stderr,
            environ={"TERM": "xterm"} if environ is None else environ,
        )
        self.publisher = self.stage.publisher
        self.story.attach(self.publisher)
        self.story.start()


def screen_of(text: str, columns: int = 80, rows: int = 24) -> list[str]:
    """What a terminal shows after `text`, without the blanks at the ends of its lines."""
    screen = pyte.Screen(columns, rows)
    screen.set_mode(pyte.modes.LNM)
    pyte.Stream(screen).feed(text)
    return [line.rstrip() for line in screen.display]


LISTENING = kinds.Listening(
    tool="echo",
    endpoint="tcp://127.0.0.1:8000",
    transport="tcp",
    server_address="127.0.0.1",
    server_port=8000,
)


def opened(peer: str = "127.0.0.1", port: int | None = 40000, role: str = "server") -> kinds.ConnectionOpened:
    """A connection's first event."""
    return kinds.ConnectionOpened(
        role=role, transport="tcp", peer_address=peer, peer_port=port, local_address="127.0.0.1", local_port=8000
    )


def closed(bytes_in: int = 10, bytes_out: int = 20, *, clean: bool = True, reason: str = "done") -> Any:
    """A connection's last event."""
    return kinds.ConnectionClosed(reason=reason, clean=clean, bytes_in=bytes_in, bytes_out=bytes_out, seconds=1.5)


def exchanged(status: int = 200, url: str = "/", **more: Any) -> kinds.HttpExchanged:
    """An HTTP exchange."""
    return kinds.HttpExchanged(
        **{"method": "GET", "url": url, "status": status, "bytes_in": 1, "bytes_out": 2, "seconds": 0.003} | more
    )


def saving(transfer: int = 1, *, total: int | None = None, offset: int = 0, **more: Any) -> kinds.TransferStarted:
    """A download's first event."""
    return kinds.TransferStarted(
        **{"transfer": transfer, "url": "http://h/big.iso", "path": "big.iso", "total_bytes": total} | more,
        offset_bytes=offset,
    )


def moved(done: int, *, transfer: int = 1, total: int | None = None) -> kinds.TransferProgressed:
    """A download comes along."""
    return kinds.TransferProgressed(transfer=transfer, done_bytes=done, total_bytes=total)


def ended(transfer: int = 1, *, done: int = 0, outcome: str = "ok") -> kinds.TransferEnded:
    """A download's last event."""
    return kinds.TransferEnded(transfer=transfer, path="big.iso", done_bytes=done, seconds=2.5, outcome=outcome)


def send(publisher: Publisher, event: kinds.Event, conn: int | None = None, request: int | None = None) -> None:
    """Publish an event that is already built."""
    found = {field.name: getattr(event, field.name) for field in fields(event)}
    publisher.report((conn, request), type(event), **found)


_VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(exclude_categories=()), max_size=20),
    int: st.integers(0, 2**40),
    float: st.floats(0, 1e7),
    bool: st.booleans(),
    tuple[str, ...]: st.tuples(st.text(st.characters(exclude_categories=()), max_size=9)),
}


def any_event(only: Collection[type[kinds.Event]] = kinds.ALL_KINDS) -> st.SearchStrategy[kinds.Event]:
    """Any event of any kind, or of these, with any text in it."""
    return st.sampled_from(sorted(only, key=lambda kind: kind.name)).flatmap(_any_of)


def _any_of(kind: type[kinds.Event]) -> st.SearchStrategy[kinds.Event]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: _value(hints[field.name]) for field in fields(kind)})


def _value(hint: Any) -> st.SearchStrategy[Any]:
    if hint in _VALUES:
        return _VALUES[hint]
    return st.none() | st.one_of(*(_VALUES[part] for part in hint.__args__ if part in _VALUES))
