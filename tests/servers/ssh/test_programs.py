"""What runs in a session, over SSH in memory."""

from __future__ import annotations

import struct

from twisted.conch.ssh.common import NS
from twisted.trial.unittest import TestCase

from tests.protocols.ssh.peers import CLOSE, DATA, EXTENDED, FAILURE, REQUEST, Pair, numbers, received
from tests.protocols.ssh.peers import EOF as END
from tests.protocols.ssh.test_session import data, pty
from tnet.servers.ssh import programs
from tnet.servers.ssh.programs import PythonPrograms


class _Session(TestCase):
    def setUp(self) -> None:
        self.pair = Pair(launch=PythonPrograms({"answer": 42}).launch)
        self.pair.log_in()
        self.pair.open()

    def type(self, text: bytes) -> bytes:
        """Send bytes; what the program writes to stdout."""
        return received(self.pair.send(*data(text)))

    def assert_ends(self, heard: list[tuple[int, bytes]], status: int) -> None:
        """The session ended with a status, after everything else."""
        self.assertEqual(numbers(heard)[-3:], [REQUEST, END, CLOSE])
        self.assertTrue(heard[-3][1].endswith(NS(b"exit-status") + b"\0" + struct.pack(">L", status)))


class CommandTests(_Session):
    """`ssh HOST 'EXPRESSION'`."""

    def run_command(self, text: bytes) -> list[tuple[int, bytes]]:
        return self.pair.request(b"exec", NS(text))

    def test_expression(self) -> None:
        """A value is written, and the status is 0."""
        heard = self.run_command("answer, 'é'".encode())
        self.assertEqual(received(heard), "(42, 'é')\n".encode())
        self.assert_ends(heard, 0)

    def test_failure(self) -> None:
        """A failure is told on stderr, and the status is 1."""
        heard = self.run_command(b"print('before'); 1/0")
        self.assertEqual(received(heard), b"before\n")
        self.assertIn(b"ZeroDivisionError", received(heard, EXTENDED))
        self.assert_ends(heard, 1)

    def test_exit(self) -> None:
        """`exit` gives the status, and its text goes to stderr."""
        self.assert_ends(self.run_command(b"exit(7)"), 7)
        self.pair.open()
        heard = self.pair.request(b"exec", NS(b"exit('no')"), 1)
        self.assertEqual(received(heard, EXTENDED), b"no\n")
        self.assert_ends(heard, 1)

    def test_not_text(self) -> None:
        """A command that is not UTF-8 is bad Python, and nothing worse."""
        self.assert_ends(self.run_command(b"\xff\0"), 1)

    def test_subsystem(self) -> None:
        """There is no SFTP."""
        self.assertEqual(numbers(self.pair.request(b"subsystem", NS(b"sftp"))), [FAILURE])

    def test_endless_output(self) -> None:
        """A loop that prints without end is ended once so much waits that nobody reads."""
        self.run_command(b"while True: print('x' * 10_000)")
        session = self.pair.realm.avatar.sessions[0]
        self.assertLess(session.waiting_bytes, programs.OUTPUT_BYTES + (1 << 16))


class LineTests(_Session):
    """`ssh -T HOST`."""

    def setUp(self) -> None:
        super().setUp()
        self.pair.request(b"shell")

    def test_lines(self) -> None:
        """Lines in any pieces are run as they are complete; there is neither prompt nor echo."""
        self.assertEqual(self.type(b"ans"), b"")
        self.assertEqual(self.type(b"wer\r\nfor i in 'ab':\n  print(i)\n\n'\xff'\n"), "42\na\nb\n'�'\n".encode())

    def test_end(self) -> None:
        """The end of stdin runs what is left, and ends with 0."""
        self.type(b"if answer:\n  print(1)")
        heard = self.pair.send(END, struct.pack(">L", 0))
        self.assertEqual(received(heard), b"1\n")
        self.assert_ends(heard, 0)

    def test_exit(self) -> None:
        """`exit` ends at once; what came with it is not run."""
        heard = self.pair.send(*data(b"exit(3)\nprint('late')\n"))
        self.assertEqual(received(heard), b"")
        self.assert_ends(heard, 3)

    def test_endless_line(self) -> None:
        """A line without end is refused."""
        for _ in range(3):
            heard = self.pair.send(*data(b"x" * 30_000))
        self.assertIn(b"too long", received(heard, EXTENDED))
        self.assert_ends([message for message in heard if message[0] != 93], 1)


class TerminalTests(_Session):
    """`ssh HOST`."""

    def setUp(self) -> None:
        super().setUp()
        self.pair.request(b"pty-req", pty(b"xterm", 80, 24))
        self.greeting = received(self.pair.request(b"shell"))

    def test_greeting(self) -> None:
        """The prompt comes after a line that names what there is; the screen is not cleared."""
        self.assertIn(b"Names: answer\r\n>>> ", self.greeting)
        self.assertNotIn(b"\x1bc", self.greeting)
        self.assertNotIn(b"\x1b[2J", self.greeting)

    def test_sum(self) -> None:
        """6*7 is 42."""
        self.assertTrue(self.type(b"6*7\r").endswith(b"\r\n42\r\n>>> "))

    def test_block(self) -> None:
        """An open block is prompted for with dots, and an error with its traceback."""
        self.assertTrue(self.type(b"if 1:\r").endswith(b"... "))
        self.assertIn(b"ZeroDivisionError", self.type(b"    1/0\r\r"))

    def test_leaving(self) -> None:
        """^D, ^\\, exit(), quit() and SystemExit end the session with their status, not the connection."""
        for text, status in (
            (b"\x04", 0),
            (b"\x1c", 0),
            (b"exit()\r", 0),
            (b"quit(4)\r", 4),
            (b"raise SystemExit\r", 0),
        ):
            self.setUp()
            self.assert_ends(self.pair.send(*data(text)), status)
            self.assertFalse(self.pair.is_closed)

    def test_end_of_input(self) -> None:
        """Where nothing more can be typed, as from a pipe, the lines that came are run and the session ends."""
        heard = self.pair.send_all(data(b"answer\r"), (END, struct.pack(">L", 0)))
        self.assertIn(b"\r\n42\r\n", received(heard))
        self.assert_ends(heard, 0)

    def test_nothing_after_exit(self) -> None:
        """What was typed behind `exit()` is not run."""
        heard = self.pair.send(*data(b"exit()\rprint('late')\r"))
        self.assertEqual(numbers(heard)[-1], CLOSE)
        self.assertNotIn(b"late\r\n", received(heard))

    def test_completion(self) -> None:
        """Names and attributes are completed, also where looking at them fails."""
        self.assertIn(b"answer", self.type(b"answ\t"))
        self.type(b"\x15class Bad:\r  __getattr__ = lambda *a: 1/0\r  __dir__ = lambda *a: 1/0\r\rbad = Bad()\r")
        self.assertIn(b"\a", self.type(b"bad.\t"))
        self.assertFalse(self.pair.is_closed)

    def test_late_result(self) -> None:
        """A Deferred's result comes when it comes; after the end of the session it goes nowhere."""
        self.type(b"from twisted.internet.defer import Deferred; d = Deferred(); e = Deferred()\r")
        self.type(b"d\re\r")
        self.assertIn(b"called back: 7", self.type(b"d.callback(7)\r"))
        self.type(b"\x04")
        self.assertEqual(numbers(self.pair.send(CLOSE, struct.pack(">L", 0))), [])

    def test_two_sessions(self) -> None:
        """Two sessions have names of their own."""
        self.type(b"mine = 1\r")
        self.pair.open()
        self.pair.request(b"shell", channel=1)
        heard = self.pair.send(DATA, struct.pack(">L", 1) + NS(b"mine\n"))
        self.assertIn(b"NameError", received(heard, EXTENDED))

    def test_resize(self) -> None:
        """A new size draws the line for it."""
        heard = self.pair.request(b"window-change", struct.pack(">4L", 40, 10, 0, 0))
        self.assertIn(b">>> ", received(heard))
