"""Runs a session's Python: its output goes to the session, and nothing reads the server's own stdin.

The streams of the process are exchanged only while the session's code runs. Code that does not end keeps the reactor
from hearing a signal to the server, so a signal interrupts it.
"""

from __future__ import annotations

import ast
import io
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol

from twisted.conch.manhole import ManholeInterpreter
from twisted.python.monkey import MonkeyPatcher

COALESCE_CHARACTERS = 8192
SIGNALS = (signal.SIGINT, signal.SIGTERM)
COMPILE_FAILURES = (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError)


class LateReader(Protocol):
    """Whoever sees what comes after the code has returned: a Deferred's result."""

    def addOutput(self, data: str, isAsync: bool | None = None) -> None: ...


def encoded(text: str) -> bytes:
    """`text` in UTF-8, with what cannot be said in it spelled out."""
    return text.encode("utf-8", "backslashreplace")


class Output(io.TextIOBase):
    """A text stream that hands what is written to `sink`, in UTF-8 and in pieces of some size.

    Writing fails while `is_choked()`, which ends code that prints without end; `put` always succeeds.
    """

    encoding = "utf-8"

    def __init__(self, sink: Callable[[bytes], None], is_choked: Callable[[], bool]) -> None:
        self._sink = sink
        self._is_choked = is_choked
        self._pending: list[str] = []
        self._count = 0

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Take text from the session's code.

        Raises: OSError, while nobody reads.
        """
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._is_choked():
            raise OSError("too much output waits for a slow reader")
        self.put(text)
        return len(text)

    def put(self, text: str) -> None:
        """Write, whoever reads or not."""
        self._pending.append(text)
        self._count += len(text)
        if self._count >= COALESCE_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Hand on what is pending."""
        pending, self._pending, self._count = self._pending, [], 0
        if pending:
            self._sink(encoded("".join(pending)))


class NoInput(io.TextIOBase):
    """A stdin that refuses: to wait for a line would stop every connection of the server."""

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]  # TextIOBase takes it by position
        """Refuse."""
        raise EOFError("input() cannot wait here: it would stop the whole server")

    def read(self, size: int | None = -1) -> str:
        """Refuse."""
        return self.readline()

    def close(self) -> None:
        """Stay open: `exit()` closes stdin before it raises SystemExit."""


class Interpreter(ManholeInterpreter):
    """Conch's interpreter, which also shows Deferreds and their results, with streams of the session's own.

    Results go to `out`; tracebacks go to `err` and set `failed`.
    """

    def __init__(self, reader: LateReader, namespace: dict[str, Any], out: Output, err: Output) -> None:
        super().__init__(reader, namespace, "<ssh>")
        self.failed = False
        self._out, self._err, self._into = out, err, err
        self.monkeyPatcher = MonkeyPatcher(
            (sys, "stdin", NoInput()),
            (sys, "stdout", out),
            (sys, "stderr", err),
            (sys, "displayhook", self.displayhook),
            (sys, "excepthook", self.excepthook),
        )

    def push(self, line: bytes) -> bool:
        """Take one line; true while the statement is not complete."""
        self.failed = False
        try:
            return bool(super().push(line))
        except COMPILE_FAILURES:
            self.resetBuffer()
            self.showtraceback()
            return False
        finally:
            self._flush()

    def run(self, source: str) -> None:
        """Run a whole program, showing the value of each of its expression statements."""
        try:
            self.runcode(compile(ast.Interactive(ast.parse(source, self.filename).body), self.filename, "single"))
        except COMPILE_FAILURES:
            self.showsyntaxerror(self.filename)
        finally:
            self._flush()

    def runcode(self, *args: Any, **kwargs: Any) -> None:
        """Run compiled code, until it ends or the server is asked to."""
        with _interrupted_by_signals(self.filename):
            super().runcode(*args, **kwargs)

    def displayhook(self, obj: Any) -> None:
        """Show a value on a line of its own; None is not shown and does not become `_`."""
        if obj is None:
            return
        self._into = self._out
        try:
            super().displayhook(obj)
            self.write("\n")
        finally:
            self._into = self._err

    def showtraceback(self) -> None:
        """Show the error that is being handled."""
        self.failed = True
        super().showtraceback()

    def showsyntaxerror(self, filename: str | None = None, **kwargs: Any) -> None:
        """Show why a text is not Python."""
        self.failed = True
        super().showsyntaxerror(filename, **kwargs)

    def write(self, data: str, isAsync: bool | None = None) -> None:
        """Show text of the interpreter's own: a value, a traceback, or later a Deferred's result."""
        if isAsync:
            self.handler.addOutput(data, True)
        else:
            self._into.put(data)

    def _flush(self) -> None:
        self._out.flush()
        self._err.flush()


@contextmanager
def _interrupted_by_signals(filename: str) -> Iterator[None]:
    """Meanwhile, a signal that this process minds is heard, and then raises KeyboardInterrupt in code of `filename`."""
    heard_by = {number: heard for number in SIGNALS if callable(heard := signal.getsignal(number))}

    def interrupt(number: int, frame: FrameType | None) -> None:
        heard_by[signal.Signals(number)](number, frame)
        if _is_within(frame, filename):
            raise KeyboardInterrupt

    for number in heard_by:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, heard in heard_by.items():
            signal.signal(number, heard)


def _is_within(frame: FrameType | None, filename: str) -> bool:
    """Whether code of `filename` is running, or waits for what it called."""
    while frame is not None and frame.f_code.co_filename != filename:
        frame = frame.f_back
    return frame is not None


def exit_status(stop: SystemExit) -> tuple[int, str]:
    """The status that Python would exit with, and what it would write to stderr."""
    if stop.code is None:
        return 0, ""
    if isinstance(stop.code, int):
        return stop.code & 0xFF, ""
    return 1, f"{stop.code}\n"
