"""`tnet serve web` under slow attacks: whoever asks for a page meanwhile, from the same address even, gets it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from twisted.trial.unittest import SkipTest

from tests.end_to_end.command import TNET, Running
from tests.end_to_end.test_web import SECONDS, WebTestCase, everything

CONNECTIONS = 500
ATTACK_SECONDS = 4
PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 2.0
FEW_DESCRIPTORS = 256
BUSY = 0.5
ASKED = b"GET /a.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


class SlowTestCase(WebTestCase):
    """Asks for a page all the time, and wants each answer at the first attempt and soon."""

    def setUp(self) -> None:
        super().setUp()
        with (self.root / "large").open("wb") as file:
            file.truncate(100_000_000)
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def probe(self) -> None:
        """One page, over a connection of its own."""
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.server.port), SECONDS) as sock:
            stream = self.context.wrap_socket(sock) if self.url.startswith("https") else sock
            with stream:
                stream.sendall(ASKED)
                got = everything(stream)
        self.assertTrue(got.startswith(b"HTTP/1.1 200 ") and got.endswith(b"hello\n"), got)
        self.assertLess(time.monotonic() - began, PATIENCE_SECONDS)

    def probe_while(self, going: Callable[[], bool]) -> None:
        """Ask until it is over; the server's processor must have had time to rest."""
        began, used, probes = time.monotonic(), self.processor_seconds(), 0
        while going():
            self.probe()
            probes += 1
            time.sleep(PAUSE_SECONDS)
        self.assertGreater(probes, 2)
        self.assertLess(self.processor_seconds() - used, 1 + BUSY * (time.monotonic() - began))

    def processor_seconds(self) -> float:
        """How long the server has computed so far."""
        fields = Path(f"/proc/{self.server.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def attack(self, path: str, *argv: str) -> None:
        """slowhttptest, with probes while it runs."""
        if shutil.which("slowhttptest") is None:
            raise SkipTest("slowhttptest is not installed")
        many = ("-c", str(CONNECTIONS), "-r", "500", "-l", str(ATTACK_SECONDS), "-p", "3")
        command = ["slowhttptest", *many, "-u", self.url + path, *argv]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as attacker:
            try:
                self.probe_while(lambda: attacker.poll() is None)
            finally:
                attacker.kill()

    @property
    def made_room(self) -> int:
        """How many connections were ended for others."""
        reasons = [event.get("reason") for event in self.server.events if event["event"] == "connection.close"]
        return sum("made room" in reason for reason in reasons if reason)


class SlowTests(SlowTestCase):
    """Under the limits that hold when nobody asks for others."""

    def test_headers(self) -> None:
        """Heads that never end (slowloris)."""
        self.serve()
        self.attack("/", "-H", "-i", "1")
        self.assertGreater(self.made_room, 0)

    def test_headers_under_tls(self) -> None:
        """The same where each connection costs a handshake as well."""
        self.serve("--tls")
        self.attack("/", "-H", "-i", "1")
        self.assertGreater(self.made_room, 0)

    def test_bodies(self) -> None:
        """Bodies that nobody asked for, a few bytes at a time: they are refused, and the refusals wait to be read."""
        self.serve()
        self.attack("/", "-B", "-i", "1", "-s", "8192")

    def test_reading(self) -> None:
        """Clients that take a large file a few bytes a second."""
        self.serve()
        self.attack("/large", "-X", "-w", "1", "-y", "512", "-n", "1", "-z", "32", "-k", "3")
        self.assertGreater(self.made_room, 0)

    def test_ranges(self) -> None:
        """Requests for a thousand parts of a file (the Apache killer)."""
        self.serve()
        self.attack("/large", "-R", "-a", "1", "-b", "3000")

    def test_uploads(self) -> None:
        """Uploads that are welcome, a byte at a time."""
        self.serve("--upload")
        crowd = self.crowd(b"PUT /%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
        with crowd as drip:
            began = time.monotonic()
            self.probe_while(lambda: drip() or time.monotonic() - began < ATTACK_SECONDS)
        self.assertGreater(self.made_room, 0)
        self.assertEqual([name for name in os.listdir(self.root) if name.isdigit()], [])

    @contextlib.contextmanager
    def crowd(self, head: bytes) -> Iterator[Callable[[], None]]:
        """Many connections, each with a head of its own; the function sends a byte more on each that is left."""
        socks: list[socket.socket] = []

        def drip() -> None:
            for sock in socks:
                with contextlib.suppress(OSError):
                    sock.send(b"x")

        try:
            for number in range(CONNECTIONS):
                socks.append(socket.create_connection(("127.0.0.1", self.server.port), SECONDS))
                with contextlib.suppress(OSError):
                    socks[-1].sendall(head % number)
            yield drip
        finally:
            for sock in socks:
                sock.close()


class DescriptorTests(SlowTestCase):
    """A server that may not open many descriptors, with connections that hold a file each."""

    def test_files_that_are_read_slowly(self) -> None:
        """There is always one left for the next client, and for its file."""
        argv = ("serve", "web", str(self.root), "-p", "0", "-H", "127.0.0.1", "--output", "json", "--max-per-peer", "0")
        limited = ["sh", "-c", f'ulimit -n {FEW_DESCRIPTORS} && exec "$@"', "sh", *TNET]
        self.server = Running(self, self.folder / "home", *argv, program=limited)
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.attack("/large", "-X", "-w", "1", "-y", "512", "-n", "1", "-z", "32")
        self.assertGreater(self.made_room, FEW_DESCRIPTORS)
