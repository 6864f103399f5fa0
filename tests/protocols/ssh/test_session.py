"""A session: its terminal, its one program, and what the two say to each other."""

from __future__ import annotations

import struct

from twisted.conch.ssh.common import NS
from twisted.trial.unittest import TestCase

from tests.protocols.ssh.peers import ADJUST, DATA, FAILURE, REQUEST, SUCCESS, Pair, Programme, numbers
from tests.protocols.ssh.peers import EOF as END
from tnet.protocols.ssh.session import Program, Request, Terminal


def pty(kind: bytes, columns: int, rows: int) -> bytes:
    """The fields of a request for a terminal."""
    return NS(kind) + struct.pack(">4L", columns, rows, 0, 0) + NS(b"\0")


def data(text: bytes) -> tuple[int, bytes]:
    """A message with data for the first channel."""
    return DATA, struct.pack(">L", 0) + NS(text)


class SessionTests(TestCase):
    """Requests and what they lead to."""

    def setUp(self) -> None:
        self.asked: list[Request] = []
        self.programme = Programme()
        self.pair = Pair(launch=self.launch)
        self.pair.log_in()
        self.pair.open()

    def launch(self, request: Request) -> Program | None:
        self.asked.append(request)
        return None if request.kind == "subsystem" else self.programme

    def ask(self, name: bytes, fields: bytes = b"") -> list[int]:
        return numbers(self.pair.request(name, fields))

    def test_shell_with_terminal(self) -> None:
        """A shell knows the terminal that was asked for before it."""
        self.assertEqual(self.ask(b"pty-req", pty(b"xterm", 100, 30)), [SUCCESS])
        self.assertEqual(self.ask(b"shell"), [SUCCESS])
        self.assertEqual(self.asked, [Request("shell", b"", Terminal("xterm", 100, 30))])

    def test_exec(self) -> None:
        """A command comes with its bytes."""
        self.assertEqual(self.ask(b"exec", NS(b"6*7")), [SUCCESS])
        self.assertEqual(self.asked, [Request("exec", b"6*7")])

    def test_one_program(self) -> None:
        """A session runs one program; a second is refused, and so is a terminal that comes too late."""
        self.ask(b"shell")
        for name, fields in ((b"shell", b""), (b"exec", NS(b"x")), (b"pty-req", pty(b"x", 1, 1))):
            self.assertEqual(self.ask(name, fields), [FAILURE])
        self.assertEqual(len(self.asked), 1)

    def test_refused_program(self) -> None:
        """What cannot be launched is refused, and something else may then be asked for."""
        self.assertEqual(self.ask(b"subsystem", NS(b"sftp")), [FAILURE])
        self.assertEqual(self.ask(b"shell"), [SUCCESS])

    def test_unknown_requests(self) -> None:
        """Environment, agent, X11, signals and names that are none are refused, and nothing more happens."""
        names = (b"env", b"auth-agent-req@openssh.com", b"x11-req", b"signal", b"\xff", b"")
        for name in names:
            self.assertEqual(self.ask(name, NS(b"LD_PRELOAD") + NS(b"x")), [FAILURE], name)

    def test_size_of_the_window(self) -> None:
        """A new size reaches the program; sizes of nothing and of far too much are made sane."""
        self.assertEqual(self.ask(b"window-change", struct.pack(">4L", 9, 9, 0, 0)), [FAILURE])
        self.ask(b"pty-req", pty(b"\x1b]0;x\x07", 0, 0xFFFFFFFF))
        self.ask(b"shell")
        self.assertEqual(self.asked[0].terminal, Terminal("\\x1b]0;x\\x07", 80, 1000))
        self.assertEqual(self.ask(b"window-change", struct.pack(">4L", 120, 40, 0, 0)), [SUCCESS])
        self.assertEqual(self.programme.happened, ["start", (120, 40)])

    def test_malformed_request(self) -> None:
        """A request whose fields are cut short ends the connection."""
        self.ask(b"pty-req", b"\0\0")
        self.assertTrue(self.pair.is_closed)

    def test_data_before_the_program(self) -> None:
        """What comes before the program is kept for it, with its end; the window stays shut meanwhile."""
        self.assertEqual(self.pair.send_all(data(b""), *[data(bytes(30_000))] * 4, (END, struct.pack(">L", 0))), [])
        heard = self.pair.request(b"shell")
        self.assertEqual(self.programme.happened, ["start", *[bytes(30_000)] * 4, "eof"])
        self.assertEqual(numbers(heard), [SUCCESS, ADJUST])

    def test_data_after_exit(self) -> None:
        """A program that has ended hears nothing more, though the peer has not closed yet."""
        self.ask(b"shell")
        self.programme.session.exit(0)
        self.pair.send_all(data(b"late"), (END, struct.pack(">L", 0)))
        self.assertEqual(self.programme.happened, ["start"])

    def test_status(self) -> None:
        """The exit status is told modulo 256, as a shell sees it."""
        self.ask(b"shell")
        before = len(self.pair.client.heard)
        self.programme.session.exit(257)
        self.pair.pump.flush()
        number, payload = self.pair.client.heard[before]
        self.assertEqual((number, payload), (REQUEST, struct.pack(">L", 7) + NS(b"exit-status") + b"\0\0\0\0\1"))
