"""What runs in a session: Python at a terminal, Python from lines, or one command of Python.

All three run inside the server, in its one thread: code that blocks, blocks every connection.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from tnet import __version__
from tnet.protocols.ssh.session import Program, Request, Session, Terminal
from tnet.servers.ssh.interpreter import Interpreter, Output, encoded, exit_status
from tnet.servers.ssh.line_editor import LineEditor, Screen

OUTPUT_BYTES = 1 << 25
LINE_BYTES = 1 << 16


class PythonPrograms:
    """Gives each session its program, with `namespace` as what its code begins with."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def launch(self, request: Request) -> Program | None:
        """The program for a request; None for a subsystem, since there are none."""
        fresh = {"__name__": "__console__", "__doc__": None, **self._namespace}
        if request.kind == "exec":
            return Command(request.text, fresh)
        if request.kind == "shell":
            return LineShell(fresh) if request.terminal is None else TerminalShell(request.terminal, fresh)
        return None


class PythonProgram:
    """What the three have in common: a session, streams into it, and an end with a status."""

    session: Session

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace

    def start(self, session: Session) -> None:
        """Begin, in this session."""
        self.session = session

    def receive(self, data: bytes) -> None:
        """What comes in is not for us."""

    def receive_eof(self) -> None:
        """The end of what comes in is not for us."""

    def resize(self, terminal: Terminal) -> None:
        """A new size is nothing to us."""

    def stop(self) -> None:
        """Nothing is left to do."""

    def addOutput(self, data: str, isAsync: bool | None = None) -> None:
        """Write a late result, as a line of its own."""
        self.session.write(encoded(f"{data}\n"))

    def is_choked(self) -> bool:
        """Whether so much waits for the peer that code should stop printing."""
        return self.session.waiting_bytes > OUTPUT_BYTES

    def interpreter(self) -> Interpreter:
        """An interpreter that writes into the session."""
        streams = (Output(write, self.is_choked) for write in (self.session.write, self.session.write_error))
        return Interpreter(self, self.namespace, *streams)

    def leave(self, stop: SystemExit) -> None:
        """End the session as `exit()` asked."""
        status, text = exit_status(stop)
        self.session.write_error(encoded(text))
        self.session.exit(status)


class Command(PythonProgram):
    """`ssh HOST 'EXPRESSION'`: runs its text as a program; status 1 when that fails."""

    def __init__(self, text: bytes, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self._text = text

    def start(self, session: Session) -> None:
        """Run the text and end."""
        super().start(session)
        interpreter = self.interpreter()
        try:
            interpreter.run(self._text.decode("utf-8", "replace"))
        except SystemExit as stop:
            self.leave(stop)
        else:
            session.exit(1 if interpreter.failed else 0)


class LineShell(PythonProgram):
    """`ssh -T HOST`: each line is pushed into an interpreter; no prompt, no echo."""

    def start(self, session: Session) -> None:
        """Wait for lines."""
        super().start(session)
        self._interpreter = self.interpreter()
        self._rest = b""

    def receive(self, data: bytes) -> None:
        """Take bytes, and run every line that is complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LINE_BYTES:
            self.session.write_error(b"the line is too long\n")
            self.session.exit(1)
            return
        for line in lines:
            self._push(line)

    def receive_eof(self) -> None:
        """Run what is left, as if a line and an empty line had ended it, and end."""
        for line in (self._rest, b""):
            self._push(line)
        self.session.exit(0)

    def _push(self, line: bytes) -> None:
        if self.session.is_ending:
            return
        try:
            self._interpreter.push(line.rstrip(b"\r").decode("utf-8", "replace").encode())
        except SystemExit as stop:
            self.leave(stop)


class TerminalShell(PythonProgram):
    """`ssh HOST`: a Python prompt at a terminal."""

    def __init__(self, terminal: Terminal, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self._terminal = terminal

    def start(self, session: Session) -> None:
        """Greet and prompt."""
        super().start(session)
        self._screen = Screen(lambda: PythonShell(self))
        self._screen.makeConnection(_Wire(session))
        self.resize(self._terminal)

    def receive(self, data: bytes) -> None:
        """Take what was typed."""
        self._screen.dataReceived(data)

    def receive_eof(self) -> None:
        """End, since nothing more can be typed."""
        if self._screen.terminalProtocol is not None:
            self._screen.terminalProtocol.handle_QUIT()

    def resize(self, terminal: Terminal) -> None:
        """Draw for a terminal of this size."""
        self._screen.resize(terminal.columns, terminal.rows)

    def stop(self) -> None:
        """Let go of the screen."""
        self._screen.connectionLost(Failure(ConnectionDone()))


class _Wire:
    """The session as the screen's transport."""

    def __init__(self, session: Session) -> None:
        self.write = session.write
        self.loseConnection = session.loseConnection


class PythonShell(LineEditor):
    """The prompt: reads lines, runs them, and ends its session as `exit()` says."""

    def __init__(self, program: TerminalShell) -> None:
        super().__init__()
        self._program = program

    def connectionMade(self) -> None:
        super().connectionMade()
        stream = Output(self.terminal.write, self._program.is_choked)
        self.interpreter = Interpreter(self, self._program.namespace, stream, stream)

    def initializeScreen(self) -> None:
        names = ", ".join(name for name in self._program.namespace if not name.startswith("__"))
        version = ".".join(map(str, sys.version_info[:3]))
        self.terminal.write(f"tnet {__version__}, Python {version}, inside the server. Names: {names}\n")
        super().initializeScreen()

    def keystrokeReceived(self, keyID: bytes, modifier: Any) -> None:
        if not self._program.session.is_ending:
            super().keystrokeReceived(keyID, modifier)

    def lineReceived(self, line: bytes) -> None:
        try:
            super().lineReceived(line)
        except SystemExit as stop:
            if self._needsNewline():
                self.terminal.nextLine()
            self._program.leave(stop)

    def handle_QUIT(self) -> None:
        self.terminal.nextLine()
        self._program.session.exit(0)

    def complete(self, word: str) -> Sequence[str]:
        """The names and attributes that begin with `word`."""
        from rlcompleter import Completer  # it touches the terminal's readline, so only where somebody asks

        completer: Any = Completer(self._program.namespace)
        find = completer.attr_matches if "." in word else completer.global_matches
        try:
            return sorted(set(find(word)))
        except Exception:  # noqa: BLE001 (the objects are the user's: looking at them may raise anything)
            return ()
