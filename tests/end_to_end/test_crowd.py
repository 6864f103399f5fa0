"""`tnet serve auth` with a thousand who are logged in."""

from __future__ import annotations

import resource
import selectors
import socket
import threading
import time
from pathlib import Path

from twisted.trial.unittest import SkipTest, TestCase

from tests.end_to_end.command import Running, tnet

MEMBERS = 1000
DEAF = 20
SAYINGS = 20
LOGINS = 10
TEXT = b"x" * 1000
DESCRIPTORS = MEMBERS + 200
MOST_GROWTH_BYTES = 150 << 20
SECONDS = 60.0


class Member:
    """One of the crowd, logged in; `heard` counts what was said to all of them."""

    def __init__(self, port: int, *, deaf: bool) -> None:
        self.deaf = deaf
        self.heard = 0
        self._rest = b""
        self.socket = socket.socket()
        if deaf:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(SECONDS)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(b"guest\n")

    def welcomed(self) -> bool:
        """Whether the server lets it in."""
        while b"Welcome, guest!\r\n" not in self._rest and (more := self.socket.recv(4096)):
            self._rest += more
        _, welcome, self._rest = self._rest.partition(b"Welcome, guest!\r\n")
        return bool(welcome)

    def listen(self) -> None:
        """Take what has come."""
        data = self.socket.recv(1 << 18)
        if not data:
            raise AssertionError("a member that reads was cut off")
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        self.heard += sum(line.startswith(b"<guest> ") for line in lines)


class CrowdTests(TestCase):
    """A server in a process of its own; a crowd of guests without a password, and alice, who has one."""

    def setUp(self) -> None:
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        if limits[1] != resource.RLIM_INFINITY and limits[1] < DESCRIPTORS:
            raise SkipTest(f"needs {DESCRIPTORS} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], DESCRIPTORS), limits[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        self.home = Path(self.mktemp()).absolute()
        for name, stdin, options in (("alice", b"pw\n", ("--password-file", "-")), ("guest", b"", ("--no-password",))):
            self.assertEqual(tnet(self.home, "users", "add", name, *options, stdin=stdin).returncode, 0)
        self.server = Running(
            self, self.home, "serve", "auth", "-p", "0", "--output", "json", "-q", "--max-per-peer", "0"
        )

    def gather(self) -> list[Member]:
        """The crowd; every so many of them never read again."""
        crowd = [Member(self.server.port, deaf=number < DEAF) for number in range(MEMBERS)]
        for member in crowd:
            self.addCleanup(member.socket.close)
        self.assertTrue(all(member.welcomed() for member in crowd))
        return crowd

    def log_in(self, over: threading.Event, answers: list[str]) -> None:
        """Alice comes and goes until it is over."""
        while not over.is_set():
            with socket.create_connection(("127.0.0.1", self.server.port), SECONDS) as peer:
                peer.sendall(b"alice\npw\n")
                peer.shutdown(socket.SHUT_WR)
                with peer.makefile() as lines:
                    answers.append(lines.read().splitlines()[2])

    def resident_bytes(self) -> int:
        """The memory of the server."""
        status = Path(f"/proc/{self.server.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) << 10

    def test_chat_while_others_log_in(self) -> None:
        """Everybody who reads hears everything, in bounded time and memory, though some never read and logins go on."""
        port, before = self.server.port, self.resident_bytes()
        self.assertGreater(port, 0)
        crowd = self.gather()
        over, answers = threading.Event(), list[str]()
        visitor = threading.Thread(target=self.log_in, args=(over, answers))
        visitor.start()
        deadline = time.monotonic() + SECONDS
        try:
            while len(answers) < LOGINS:
                self.chat(crowd, deadline)
        finally:
            over.set()
            visitor.join(SECONDS)
        self.assertEqual(set(answers), {"Welcome, alice!"})
        self.assertLess(self.resident_bytes() - before, MOST_GROWTH_BYTES)

    def chat(self, crowd: list[Member], deadline: float) -> None:
        """Some of them say something to all; wait until all who read have heard it."""
        listeners = [member for member in crowd if not member.deaf]
        heard = listeners[0].heard + SAYINGS
        with selectors.DefaultSelector() as ready:
            for member in listeners:
                ready.register(member.socket, selectors.EVENT_READ, member)
            for speaker in listeners[:SAYINGS]:
                speaker.socket.sendall(b"/say " + TEXT + b"\n")
            while ready.get_map() and time.monotonic() < deadline:
                for key, _ in ready.select(1):
                    key.data.listen()
                    if key.data.heard == heard:
                        ready.unregister(key.data.socket)
        self.assertEqual({member.heard for member in listeners}, {heard})
