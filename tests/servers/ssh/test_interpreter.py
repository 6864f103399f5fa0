"""The interpreter of a session: its streams, its results, its failures."""

from __future__ import annotations

import builtins
import signal
import sys
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from tnet.servers.ssh.interpreter import COALESCE_CHARACTERS, Interpreter, Output, exit_status


class InterpreterTests(TestCase):
    """Code and what it shows."""

    def setUp(self) -> None:
        self.out, self.err, self.late = b"", b"", ""
        self.choked = False
        self.namespace: dict[str, Any] = {}
        streams = Output(self._to_out, lambda: self.choked), Output(self._to_err, lambda: self.choked)
        self.interpreter = Interpreter(self, self.namespace, *streams)

    def _to_out(self, data: bytes) -> None:
        self.out += data

    def _to_err(self, data: bytes) -> None:
        self.err += data

    def addOutput(self, data: str, isAsync: bool | None = None) -> None:
        assert isAsync
        self.late += data

    def push(self, *lines: str) -> list[bool]:
        return [self.interpreter.push(line.encode()) for line in lines]

    def test_values(self) -> None:
        """A value is shown on its own line and kept as `_`; None is not."""
        self.push("6*7", "None", "_ + 1", "'é'; 'b'")
        self.assertEqual(self.out.decode(), "42\n43\n'é'\n'b'\n")
        self.assertEqual(self.err, b"")

    def test_blocks(self) -> None:
        """A block is run when it is complete."""
        self.assertEqual(self.push("for i in range(2):", "    print(i)", ""), [True, True, False])
        self.assertEqual(self.out, b"0\n1\n")

    def test_streams(self) -> None:
        """What is printed goes to the session, stderr apart; the process has its own streams back afterwards."""
        before = sys.stdin, sys.stdout, sys.stderr, sys.displayhook, sys.excepthook
        self.push("import sys; print('o'); print('e', file=sys.stderr)")
        self.assertEqual((self.out, self.err), (b"o\n", b"e\n"))
        self.assertEqual((sys.stdin, sys.stdout, sys.stderr, sys.displayhook, sys.excepthook), before)

    def test_traceback(self) -> None:
        """An error is shown on stderr and remembered until the next line."""
        self.push("1/0")
        self.assertIn(b"ZeroDivisionError", self.err)
        self.assertTrue(self.interpreter.failed)
        self.push("1")
        self.assertFalse(self.interpreter.failed)

    def test_what_does_not_compile(self) -> None:
        """Bad syntax, NUL, a wrong indent and far too deep nesting are shown, and the next line works."""
        for line in ("a b", "\0", "  x", "-" * 100_000 + "1", "(" * 10_000):
            self.err = b""
            self.push(line)
            self.assertTrue(self.err, line[:9])
            self.interpreter.resetBuffer()
        self.push("1")
        self.assertEqual(self.out, b"1\n")

    def test_no_input(self) -> None:
        """`input()` and reading stdin fail with a reason, and do not wait."""
        self.push("input()", "import sys; sys.stdin.read()")
        self.assertEqual(self.err.count(b"EOFError: input() cannot wait here"), 2)

    def test_signal_to_the_server(self) -> None:
        """A signal to the server interrupts code that would keep it from being heard, and is heard."""
        heard: list[int] = []
        before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
        self.addCleanup(signal.signal, signal.SIGTERM, before)
        self.push("import signal", "for _ in range(3): signal.raise_signal(signal.SIGTERM)", "")
        self.assertIn(b"KeyboardInterrupt", self.err)
        self.assertEqual(heard, [signal.SIGTERM])
        signal.raise_signal(signal.SIGTERM)
        self.assertEqual(heard, [signal.SIGTERM] * 2)

    def test_signals_that_nobody_waits_for(self) -> None:
        """What the process ignores is ignored during a session's code as well."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        self.push("import signal; signal.raise_signal(signal.SIGINT); 'done'")
        self.assertEqual((self.out, self.err), (b"'done'\n", b""))

    def test_exit(self) -> None:
        """`exit()` raises SystemExit, shows what was printed before, and leaves the server's stdin open."""
        stop = self.assertRaises(SystemExit, self.push, "print('bye'); exit(3)")
        self.assertEqual((stop.code, self.out), (3, b"bye\n"))
        self.assertFalse(sys.__stdin__ is not None and sys.__stdin__.closed)

    def test_deferred(self) -> None:
        """A Deferred is shown as such, and its result when it comes."""
        waiting: Deferred[int] = Deferred()
        self.namespace["waiting"] = waiting
        self.push("waiting")
        self.assertEqual(self.out, b"<Deferred #0>\n")
        waiting.callback(7)
        self.assertEqual(self.late, "Deferred #0 called back: 7")

    def test_run(self) -> None:
        """A whole program shows each value, and stops at the first error."""
        self.interpreter.run("x = 6\nif x:\n    x * 7\nprint(x)\n1/0\n9")
        self.assertEqual(self.out, b"42\n6\n")
        self.assertIn(b"line 5", self.err)
        self.assertTrue(self.interpreter.failed)

    def test_run_what_does_not_compile(self) -> None:
        """A program that is none is shown as such."""
        for source in ("((", "\0", "return", "(" * 10_000):
            self.err, self.interpreter.failed = b"", False
            self.interpreter.run(source)
            self.assertTrue(self.err and self.interpreter.failed, source[:9])

    def test_nobody_reads(self) -> None:
        """While nobody reads, code that prints fails, and says so; a value is still shown."""
        self.choked = True
        self.push("while True: print(1)", "", "1")
        self.assertIn(b"too much output", self.err)
        self.assertEqual(self.out, b"1\n")

    def test_pieces(self) -> None:
        """Small writes are handed on together, large ones soon."""
        pieces: list[bytes] = []
        output = Output(pieces.append, lambda: False)
        for _ in range(COALESCE_CHARACTERS + 5):
            output.write("x")
        output.flush()
        self.assertEqual([len(piece) for piece in pieces], [COALESCE_CHARACTERS, 5])

    def test_not_text(self) -> None:
        """A lone surrogate is spelled out; bytes are an error of the code's own."""
        self.push("print('\\ud800')", "import sys; sys.stdout.write(b'x')")
        self.assertEqual(self.out, b"\\ud800\n")
        self.assertIn(b"TypeError", self.err)

    def test_builtins_stay(self) -> None:
        """`_` lives in the session's names, not among the builtins of the process."""
        self.push("41")
        self.assertNotEqual(getattr(builtins, "_", None), 41)


class ExitTests(TestCase):
    """What `exit(…)` means."""

    def test_statuses(self) -> None:
        """None is 0, a number is itself modulo 256, anything else is 1 and is written."""
        codes: tuple[Any, ...] = (None, 0, 5, 256, -1, "bye", [1])
        statuses = [exit_status(SystemExit(code)) for code in codes]
        self.assertEqual(statuses, [(0, ""), (0, ""), (5, ""), (0, ""), (255, ""), (1, "bye\n"), (1, "[1]\n")])
