"""`tnet connect` against the tools that it is held against: ncat, nc, socat and openssl."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import time
from hashlib import sha256

from twisted.trial.unittest import SkipTest, TestCase

from tests.certificates import make_authority, write_pair
from tests.end_to_end.peers import SECONDS, run

MANY = random.Random(2).randbytes(5_000_000)


def free_port() -> int:
    """A port of loopback that was free just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class ToolCase(TestCase):
    """Starts a tool that listens."""

    def setUp(self) -> None:
        self.folder = self.mktemp()
        os.mkdir(self.folder)
        self.port = free_port()
        self.target = f"127.0.0.1:{self.port}"

    def listen(self, tool: str, *words: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """The tool, once it listens on `self.port`."""
        path = shutil.which(tool)
        if path is None:
            raise SkipTest(f"{tool} is not installed")
        with open(os.path.join(self.folder, "received"), "wb") as out:
            process = subprocess.Popen(
                [path, *words], stdin=stdin, stdout=out, stderr=subprocess.DEVNULL, cwd=self.folder
            )
        self.addCleanup(self.finish, process)
        deadline = time.monotonic() + SECONDS
        while not self.listening() and time.monotonic() < deadline:
            time.sleep(0.02)
        return process

    def listening(self) -> bool:
        """Whether somebody listens on the port; asked of the system, as each tool serves one connection."""
        wanted = f"0100007F:{self.port:04X}"
        with open("/proc/net/tcp", encoding="ascii") as table:
            return any(line.split()[1:4:2] == [wanted, "0A"] for line in table)

    def finish(self, process: subprocess.Popen[bytes]) -> None:
        """Leave nothing behind."""
        if process.poll() is None:
            process.kill()
        process.communicate()

    def received(self, process: subprocess.Popen[bytes]) -> bytes:
        """What the tool wrote until it ended."""
        process.wait(SECONDS)
        with open(os.path.join(self.folder, "received"), "rb") as file:
            return file.read()

    def check(self, *words: str) -> None:
        """5 MB go out and come back whole."""
        done = run([*words, "-q"], self.folder, input=MANY)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sha256(done.stdout).digest(), sha256(MANY).digest())


class ToolTests(ToolCase):
    """One tool each."""

    def test_socat_echo(self) -> None:
        """An echo by socat."""
        self.listen("socat", "-t10", f"TCP-LISTEN:{self.port},bind=127.0.0.1,reuseaddr", "EXEC:cat")
        self.check(self.target)

    def test_socat_unix(self) -> None:
        """An echo by socat on a UNIX socket, in the file system and in the abstract namespace."""
        path = os.path.join(os.path.abspath(self.folder), "s")
        for listener, target in ((f"UNIX-LISTEN:{path}", path), (f"ABSTRACT-LISTEN:tnet-{self.port}", "@")):
            process = self.listen_unix(listener)
            self.check(f"unix:{target}" if target != "@" else f"unix:@tnet-{self.port}")
            process.wait(SECONDS)

    def listen_unix(self, listener: str) -> subprocess.Popen[bytes]:
        """socat, once it listens there."""
        if shutil.which("socat") is None:
            raise SkipTest("socat is not installed")
        process = subprocess.Popen(["socat", "-t10", listener, "EXEC:cat"], stderr=subprocess.DEVNULL)
        self.addCleanup(self.finish, process)
        name = listener.partition(":")[2]
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            with open("/proc/net/unix", encoding="utf-8") as table:
                if any(line.rstrip().endswith(name) for line in table):
                    break
            time.sleep(0.02)
        return process

    def test_ncat_receives(self) -> None:
        """ncat, whose own input is at its end from the beginning, receives everything."""
        process = self.listen("ncat", "-l", "127.0.0.1", str(self.port))
        done = run([self.target, "-q"], self.folder, input=MANY)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sha256(self.received(process)).digest(), sha256(MANY).digest())

    def test_nc_receives(self) -> None:
        """nc receives everything, and ends with us."""
        process = self.listen("nc", "-l", "-N", "127.0.0.1", str(self.port))
        done = run([self.target, "-q"], self.folder, input=MANY)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sha256(self.received(process)).digest(), sha256(MANY).digest())

    def test_ncat_sends(self) -> None:
        """What ncat sends arrives, and its end is ours while our input stays open."""
        process = self.listen("ncat", "-l", "--send-only", "127.0.0.1", str(self.port), stdin=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(b"from ncat")
        process.stdin.close()
        process.stdin = None
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        self.addCleanup(os.close, writing)
        done = run([self.target, "-q"], self.folder, stdin=reading)
        self.assertEqual((done.returncode, done.stdout), (0, b"from ncat"))

    def test_openssl_s_server(self) -> None:
        """C16: s_server's reversed echo over TLS: verified, answered, and closed when we have been silent."""
        authority = make_authority()
        with open(os.path.join(self.folder, "ca.pem"), "wb") as file:
            file.write(authority.pem)
        certificate, key = map(os.path.abspath, write_pair(self.folder, authority.leaf(["127.0.0.1"])))
        words = ("-accept", self.target, "-cert", certificate, "-key", key, "-rev", "-quiet", "-naccept", "1")
        self.listen("openssl", "s_server", *words)
        ca = os.path.join(self.folder, "ca.pem")
        done = run([f"tls://{self.target}", "--ca", ca, "--linger", "1", "-q"], self.folder, input=b"Renegotiate Q\n")
        self.assertEqual((done.returncode, done.stdout), (0, b"Q etaitogeneR\n"), done.stderr)
