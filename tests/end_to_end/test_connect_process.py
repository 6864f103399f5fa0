"""`tnet connect` as a process among others: how it fails, how soon, and what it does to those it shares with."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.end_to_end.connecting import ConnectCase
from tests.end_to_end.peers import SOURCE, Peer, command, environment, everything

MANY = 3_000_000
RESOLVER = """
import socket, time

asked = socket.getaddrinfo

def getaddrinfo(host, *args, **kwargs):
    if host == "stuck.example":
        open({began!r}, "w").close()
        time.sleep(60)
    if host == "missing.example":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if host == "busy.example":
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return asked(host, *args, **kwargs)

socket.getaddrinfo = getaddrinfo
"""


class FailureTests(ConnectCase):
    """Who cannot be connected to."""

    def setUp(self) -> None:
        super().setUp()
        self.began = os.path.abspath(os.path.join(self.folder, "began"))
        self.path("sitecustomize.py", RESOLVER.format(began=self.began).encode())
        paths = os.pathsep.join((os.path.abspath(self.folder), SOURCE))
        self.environment = environment(self.folder) | {"PYTHONPATH": paths}

    def fail(self, *words: str) -> tuple[int, str]:  # type: ignore[override]  # the other fail is never called here
        """The exit status and the first complaint."""
        began = time.monotonic()
        done = subprocess.run(
            command("connect", *words),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
            check=False,
        )
        self.seconds = time.monotonic() - began
        self.assertEqual(done.stdout, b"")
        return done.returncode, done.stderr.decode().partition("\n")[0]

    def test_refused_at_once(self) -> None:
        """C18: a literal address that refuses is known in far less than 50 ms: 7."""
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            status, story = self.fail(f"127.0.0.1:{bound.getsockname()[1]}", "--output", "json")
        attempt = json.loads(story)
        self.assertEqual((status, attempt["event"], attempt["outcome"]), (7, "dial.attempt", "failed"))
        self.assertLess(attempt["seconds"], 0.05)

    def test_names(self) -> None:
        """C21: a name that is not there, one that nobody can look up now, and one that is none: three complaints."""
        told = [self.fail(f"{name}:80") for name in ("missing.example", "busy.example", "a..example")]
        self.assertEqual([status for status, _ in told][:2], [6, 6])
        self.assertIn(told[2][0], (2, 6))
        self.assertEqual(len({text.replace("missing", "busy") for _, text in told}), 3, told)
        for name, (_, text) in zip(("missing.example", "busy.example", "a..example"), told, strict=True):
            self.assertIn(name, text)

    def test_stuck_lookup(self) -> None:
        """C22: the limit holds for the lookup, too, though its thread cannot be stopped: 28, and the phase."""
        status, text = self.fail("stuck.example:80", "--connect-timeout", "0.5")
        self.assertEqual((status, "name lookup" in text), (28, True), text)
        self.assertLess(self.seconds, 5)

    def test_interrupt_while_the_lookup_is_stuck(self) -> None:
        """C22: Ctrl-C ends it at once, while getaddrinfo blocks."""
        process = subprocess.Popen(
            command("connect", "stuck.example:80", "-q"), env=self.environment, stderr=subprocess.PIPE
        )
        self.addCleanup(self.finish, process)
        deadline = time.monotonic() + 20
        while not os.path.exists(self.began) and time.monotonic() < deadline:
            time.sleep(0.02)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(5), 130)
        self.assertLess(time.monotonic() - began, 2)

    def test_no_tls(self) -> None:
        """C31: a peer that never answers the ClientHello is 28, and the phase is named."""
        over = threading.Event()
        self.addCleanup(over.set)
        peer = Peer(lambda _: over.wait(20))
        status, text = self.fail(f"tls://{peer.target}", "--connect-timeout", "0.5")
        self.assertEqual((status, "TLS handshake" in text), (28, True), text)

    def test_silent_address(self) -> None:
        """C22: an address that never answers is 28, and the phase is another one."""
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            waiting = [socket.socket() for _ in range(4)]
            for each in waiting:
                self.addCleanup(each.close)
                each.setblocking(False)
                each.connect_ex(full.getsockname())
            status, text = self.fail(f"127.0.0.1:{full.getsockname()[1]}", "--connect-timeout", "0.5")
        self.assertEqual((status, "connecting" in text), (28, True), text)
        self.assertLess(self.seconds, 5)


class SharedTests(ConnectCase):
    """Descriptors and signals that belong to others as well."""

    def test_somebody_else_writes_there(self) -> None:
        """C15: who writes to the same slow pipe meanwhile loses nothing, and neither do we."""
        peer = Peer(lambda sock: (sock.sendall(b"x" * MANY), everything(sock)))
        other = f"import sys; sys.stderr.write('y' * {MANY}); sys.stderr.flush()"
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        shared: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": writing, "stderr": writing}
        ours = subprocess.Popen(command("connect", peer.target), env=environment(self.folder), **shared)
        self.addCleanup(self.finish, ours)
        self.assertEqual(os.read(reading, 1)[:1], b"x")
        theirs = subprocess.Popen([sys.executable, "-c", other], env=os.environ | {"PYTHONUNBUFFERED": "1"}, **shared)
        self.addCleanup(self.finish, theirs)
        os.close(writing)
        time.sleep(0.3)
        came = bytearray(b"x")
        while data := os.read(reading, 1 << 16):
            came += data
        self.assertEqual((ours.wait(10), theirs.wait(10)), (0, 0))
        self.assertEqual((came.count(b"x"), came.count(b"y"), len(came)), (MANY, MANY, 2 * MANY))

    def test_story_without_a_reader(self) -> None:
        """C37: nobody who reads stderr is no reason to stop; the bytes come whole."""
        reading, writing = os.pipe()
        os.close(reading)
        peer = Peer(lambda sock: sock.sendall(everything(sock)))
        process = subprocess.Popen(
            command("connect", peer.target, "-vv"),
            env=environment(self.folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=writing,
        )
        os.close(writing)
        self.addCleanup(self.finish, process)
        came, _ = process.communicate(b"z" * MANY, timeout=20)
        self.assertEqual((process.returncode, came == b"z" * MANY), (0, True))

    def test_broken_pipe_is_no_signal(self) -> None:
        """C37: SIGPIPE is ignored."""
        process = self.start(
            Peer(lambda sock: (sock.sendall(b"hello"), everything(sock))).target,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        self.assertEqual(process.stdout.read(5), b"hello")
        status = Path(f"/proc/{process.pid}/status").read_text()
        ignored = int(status.partition("SigIgn:")[2].split()[0], 16)
        self.assertTrue(ignored & (1 << (signal.SIGPIPE - 1)))
