"""The session channel: a terminal, then one program.

What a program is, the avatar's owner decides: a Python shell, one day a child process or SFTP. The channel carries
its bytes, its window's size and its end.

Source: RFC 4254 section 6.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from tnet.escape import excerpt
from tnet.protocols.ssh.channel import Channel
from tnet.protocols.ssh.wire import Reader

MOST_CELLS = 1000


@dataclass(frozen=True, slots=True)
class Terminal:
    """The peer's terminal.

    Units: `columns` and `rows` in characters, never 0.
    """

    kind: str = "dumb"
    columns: int = 80
    rows: int = 24


@dataclass(frozen=True, slots=True)
class Request:
    """What a session is to run: `shell`, `exec` with a command, or `subsystem` with a name."""

    kind: str
    text: bytes = b""
    terminal: Terminal | None = None


class Program(Protocol):
    """What runs in a session. After `stop` nothing is called any more."""

    def start(self, session: Session) -> None: ...
    def receive(self, data: bytes) -> None: ...
    def receive_eof(self) -> None: ...
    def resize(self, terminal: Terminal) -> None: ...
    def stop(self) -> None: ...


Launch = Callable[[Request], Program | None]
Answer = bool | Callable[[], None]


class Session(Channel):
    """Runs one program, as `launch` gives it; None from `launch` refuses the request.

    What the peer sends before there is a program is kept, at most one window of it.
    """

    name = b"session"

    def __init__(self, *, launch: Launch, **options: Any) -> None:
        super().__init__(**options)
        self.terminal: Terminal | None = None
        self._launch = launch
        self._program: Program | None = None
        self._started = self._at_eof = False
        self._early: list[bytes] = []
        self._requests: dict[bytes, Callable[[Reader], Answer]] = {
            b"pty-req": self._take_terminal,
            b"window-change": self._take_size,
            b"shell": lambda fields: self._run("shell", b""),
            b"exec": lambda fields: self._run("exec", fields.string()),
            b"subsystem": lambda fields: self._run("subsystem", fields.string()),
        }

    @property
    def is_full(self) -> bool:
        """Also full until there is a program, so that a peer cannot send without end to nobody."""
        return super().is_full or not self._started

    # ── what the program does ──

    def exit(self, status: int) -> None:
        """End with `status`, after all that was written before.

        Units: 0 to 255, as a shell sees it.
        """
        self.send_request(b"exit-status", struct.pack(">L", status & 0xFF))
        self.write_eof()
        self.loseConnection()

    def goodbye(self, text: str) -> None:
        """Write a last line and end."""
        self.write_error(f"\r\n{text}\r\n".encode())
        self.signal_end(b"TERM")

    # ── what the peer does ──

    def requestReceived(self, requestType: bytes, data: bytes) -> Answer:
        """Answer a request; those that we do not know, such as `env`, are refused."""
        take = self._requests.get(requestType)
        answer = take(Reader(data)) if take is not None else False
        action = excerpt(requestType, 64)
        self.conn.report(self, action if answer else "refused", "" if answer else action)
        return answer

    def dataReceived(self, data: bytes) -> None:
        if not self._started:
            self._early += [data] if data else []
        elif self._program is not None and not self.is_ending:
            self._program.receive(data)

    def extReceived(self, dataType: int, data: bytes) -> None:
        """A client has no stderr to send: what it sends there is dropped."""

    def eofReceived(self) -> None:
        self._at_eof = True
        if self._started and self._program is not None and not self.is_ending:
            self._program.receive_eof()

    def closed(self) -> None:
        """Both sides have closed, or the connection is lost: the program must stop."""
        super().closed()
        program, self._program = self._program, None
        if program is not None:
            program.stop()

    def _take_terminal(self, fields: Reader) -> Answer:
        if self._program is not None:
            return False
        kind = excerpt(fields.string(), 64)
        self.terminal = Terminal(kind, *_size(fields))
        return True

    def _take_size(self, fields: Reader) -> Answer:
        if self.terminal is None:
            return False
        self.terminal = Terminal(self.terminal.kind, *_size(fields))
        if self._started and self._program is not None:
            self._program.resize(self.terminal)
        return True

    def _run(self, kind: str, text: bytes) -> Answer:
        if self._program is not None:
            return False
        self._program = self._launch(Request(kind, text, self.terminal))
        return False if self._program is None else partial(self._start, self._program)

    def _start(self, program: Program) -> None:
        self._started = True
        program.start(self)
        early, self._early = self._early, []
        for data in early:
            self.dataReceived(data)
        if self._at_eof:
            self.eofReceived()
        self.conn.refill(self)


def _size(fields: Reader) -> tuple[int, int]:
    columns, rows = fields.number(), fields.number()
    return min(columns, MOST_CELLS) or 80, min(rows, MOST_CELLS) or 24
