"""`tnet connect` on a terminal: what it shows, and what it leaves behind."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import termios
import threading
import time
from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SkipTest, TestCase

from tests.end_to_end.peers import SECONDS, Peer, command, environment, everything

HOSTILE = b"\x1b]0;owned\x07 \x9b31m \xe2\x80\xae \x1b]52;c;eA==\x07 [red] \r over\r\nnext\n"


class Terminal:
    """A pseudo-terminal with a program in its foreground; `screen` is all that was written to it."""

    def __init__(self, folder: str, *argv: str) -> None:
        self.ours, self.theirs = os.openpty()
        settings = termios.tcgetattr(self.theirs)
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(self.theirs, termios.TCSANOW, settings)
        self.settings = termios.tcgetattr(self.theirs)
        self.screen = b""
        self.process = subprocess.Popen(
            argv,
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            env=environment(folder) | {"TERM": "xterm", "NO_COLOR": "1"},
            preexec_fn=self._take_over,
        )

    def _take_over(self) -> None:
        import fcntl

        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def wait_for(self, done: Callable[[], bool]) -> None:
        """Read the screen until `done`."""
        deadline = time.monotonic() + SECONDS
        while not done() and time.monotonic() < deadline:
            if select.select([self.ours], [], [], 0.05)[0]:
                self.screen += os.read(self.ours, 1 << 16)
        assert done(), self.screen

    def wait(self) -> int:
        """The exit status, with everything on the screen."""
        self.wait_for(lambda: self.process.poll() is not None)
        while select.select([self.ours], [], [], 0.05)[0]:
            self.screen += os.read(self.ours, 1 << 16)
        return self.process.returncode

    def type(self, data: bytes) -> None:
        """Press keys."""
        os.write(self.ours, data)

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)


class TerminalTests(TestCase):
    """Each on a terminal of its own."""

    def setUp(self) -> None:
        self.folder = self.mktemp()
        os.mkdir(self.folder)

    def open(self, script: Callable[[Any], Any], *words: str) -> Terminal:
        """A terminal on which the command talks to a peer that plays `script`."""
        self.peer = Peer(script)
        return self.run_there(*command("connect", self.peer.target, *(words or ("-q",))))

    def run_there(self, *argv: str) -> Terminal:
        """A terminal on which a program runs."""
        terminal = Terminal(self.folder, *argv)
        self.addCleanup(terminal.close)
        return terminal

    def assertUntouched(self, terminal: Terminal) -> None:
        """The terminal is as it was: settings, and blocking for everybody who shares it."""
        self.assertEqual(termios.tcgetattr(terminal.theirs), terminal.settings)
        self.assertTrue(os.get_blocking(terminal.theirs))

    def test_hostile_bytes_are_shown(self) -> None:
        """C38: nothing that a peer sends is obeyed, and a line ends where the peer's line ends."""
        terminal = self.open(lambda sock: sock.sendall(HOSTILE))
        self.assertEqual(terminal.wait(), 0)
        self.assertIn(
            b"\\x1b]0;owned\\x07 \\x9b31m \\u202e \\x1b]52;c;eA==\\x07 [red] \\x0d over\r\nnext", terminal.screen
        )
        self.assertNotIn(b"\x1b]", terminal.screen)
        self.assertUntouched(terminal)

    def test_raw_is_exact(self) -> None:
        """C38: `--raw` passes everything on."""
        terminal = self.open(lambda sock: sock.sendall(HOSTILE), "--raw", "-q")
        terminal.wait()
        self.assertIn(b"\x1b]0;owned\x07", terminal.screen)

    def test_dialogue(self) -> None:
        """C13: a line is sent when it is typed, a prompt without a line end is shown at once, Ctrl-D ends our half."""

        def script(sock: Any) -> bytes:
            sock.sendall(b"name: ")
            return sock.recv(100) + everything(sock)

        terminal = self.open(script)
        terminal.wait_for(lambda: b"name: " in terminal.screen)
        terminal.type(b"bilbo\n")
        terminal.type(b"\x04")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(self.peer.result, b"bilbo\n")
        self.assertUntouched(terminal)

    def test_peer_ends(self) -> None:
        """C3: the peer's end is ours at once, whoever sits at the keyboard; what is typed later is for the shell."""
        leave = threading.Event()
        terminal = self.open(lambda sock: (sock.sendall(b"hello"), leave.wait(10)))
        terminal.wait_for(lambda: b"hello" in terminal.screen)
        began = time.monotonic()
        leave.set()
        self.assertEqual(terminal.wait(), 0)
        self.assertLess(time.monotonic() - began, 4.5)
        terminal.type(b"ls\n")
        self.assertEqual(os.read(terminal.theirs, 100), b"ls\n")

    def test_signals_leave_the_terminal_alone(self) -> None:
        """C14: Ctrl-C, TERM, HUP and even KILL leave settings and blocking flags as they were."""
        endings: list[tuple[Callable[[Terminal], object], int]] = [
            (lambda terminal: terminal.type(b"\x03"), 130),
            (lambda terminal: terminal.process.terminate(), 143),
            (lambda terminal: terminal.process.send_signal(signal.SIGHUP), 143),
            (lambda terminal: terminal.process.kill(), -signal.SIGKILL),
        ]
        for end, status in endings:
            terminal = self.open(lambda sock: (sock.sendall(b"hello"), everything(sock)))
            terminal.wait_for(lambda terminal=terminal: b"hello" in terminal.screen)
            self.assertUntouched(terminal)
            end(terminal)
            self.assertEqual(terminal.wait(), status)
            self.assertUntouched(terminal)

    def test_much_output_is_whole(self) -> None:
        """C15: a terminal that is slower than the peer shows everything, and others can write to it meanwhile."""
        lines = b"".join(b"%07d\n" % number for number in range(60_000))
        terminal = self.open(lambda sock: sock.sendall(lines))
        terminal.wait_for(lambda: len(terminal.screen) > 1000)
        self.assertTrue(os.get_blocking(terminal.theirs))
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(terminal.screen.replace(b"\r\n", b"\n"), lines)

    def test_what_a_person_is_told(self) -> None:
        """Without options: how it got there; at the end why, who ended first, bytes, rates and the first answer."""
        terminal = self.open(lambda sock: sock.sendall(everything(sock)), "--color", "auto")
        terminal.wait_for(lambda: b"connected" in terminal.screen)
        terminal.type(b"hello\n")
        terminal.type(b"\x04")
        self.assertEqual(terminal.wait(), 0)
        shown = terminal.screen.decode().split("\r\n")
        self.assertRegex(shown[0], rf"^tnet: connected to {self.peer.target} in \S+ ms$")
        self.assertEqual(shown[1], "hello")
        self.assertRegex(shown[2], r"^tnet: closed by us after \S+ m?s( · we ended first, after \S+ m?s)?$")
        rate = r"6 B at \S+ [KM]?i?B/s"
        self.assertRegex(shown[3], rf"^tnet: sent {rate}, received {rate} · first answer after \S+ m?s$")

    def test_arrows_among_the_lines(self) -> None:
        """C38: with `-v` the arrows stand among what comes, and are harmless, too."""
        terminal = self.open(lambda sock: sock.sendall(HOSTILE), "-v")
        self.assertEqual(terminal.wait(), 0)
        self.assertIn("← received   \\x1b]0;owned\\x07".encode(), terminal.screen)
        self.assertNotIn(b"\x1b]", terminal.screen)

    def test_piped_output_is_exact(self) -> None:
        """C38: what hostile bytes are to a terminal they are not to a pipe: there they pass as they are."""
        peer = Peer(lambda sock: sock.sendall(HOSTILE))
        path = os.path.join(self.folder, "out")
        words = " ".join(command("connect", peer.target, "-q"))
        terminal = self.run_there("sh", "-c", f"{words} > {path}")
        self.assertEqual(terminal.wait(), 0)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), HOSTILE)
        self.assertEqual(terminal.screen, b"")

    def test_stopped_and_continued(self) -> None:
        """C14: Ctrl-Z gives the terminal back to the shell as it was, and after `fg` the conversation goes on."""
        shell = shutil.which("bash")
        if shell is None:
            raise SkipTest("bash is not installed")

        def script(sock: Any) -> bytes:
            first = everything(sock, 4)
            sock.sendall(b"hello\n")
            return first + everything(sock)

        self.peer = Peer(script)
        terminal = self.run_there(shell, "--norc", "--noprofile", "--noediting", "-i")
        terminal.type(b"PS1=ready:\n")
        terminal.wait_for(lambda: terminal.screen.endswith(b"ready:"))
        before = termios.tcgetattr(terminal.theirs)
        terminal.type(" ".join(command("connect", self.peer.target, "-q")).encode() + b"\n")
        terminal.type(b"one\n")
        terminal.wait_for(lambda: b"hello" in terminal.screen)
        terminal.type(b"\x1a")
        terminal.wait_for(lambda: b"Stopped" in terminal.screen and terminal.screen.endswith(b"ready:"))
        self.assertEqual(termios.tcgetattr(terminal.theirs), before)
        self.assertTrue(os.get_blocking(terminal.theirs))
        terminal.type(b"echo for the shell\n")
        terminal.wait_for(lambda: b"ready:for the shell\r\nready:" in terminal.screen)
        terminal.type(b"fg\n")
        terminal.wait_for(lambda: b"tnet connect" in terminal.screen.rpartition(b"ready:")[2])
        terminal.type(b"two\n")
        terminal.type(b"\x04")
        terminal.wait_for(lambda: terminal.screen.endswith(b"ready:"))
        self.assertEqual(self.peer.result, b"one\ntwo\n")
        self.assertEqual(termios.tcgetattr(terminal.theirs), before)
        terminal.type(b"exit\n")
        self.assertEqual(terminal.wait(), 0)
