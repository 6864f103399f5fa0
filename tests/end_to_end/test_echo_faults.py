"""`tnet serve echo --fault …`, as clients of all kinds meet it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

from twisted.trial.unittest import SkipTest, TestCase

from tests.end_to_end.command import Running, tnet
from tests.end_to_end.peers import everything

SECONDS = 20.0
PAYLOAD = bytes(range(256)) * 1024


class FaultTests(TestCase):
    """One server a test, with its faults."""

    def serve(self, *faults: str, more: tuple[str, ...] = ()) -> Running:
        """An echo with these faults, and seed 7."""
        words = [word for fault in faults for word in ("--fault", fault)]
        home = Path(self.mktemp()).absolute()
        return Running(self, home, "serve", "echo", "-p", "0", "--output", "json", "--seed", "7", *words, *more)

    def connect(self, server: Running) -> socket.socket:
        """A client."""
        client = socket.create_connection(("127.0.0.1", server.port), SECONDS)
        self.addCleanup(client.close)
        return client

    def talk(self, client: socket.socket, said: bytes) -> tuple[bytes, float]:
        """Say it and end: what came back until the server's end, and after how many seconds."""
        began = time.monotonic()
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        return everything(client), time.monotonic() - began

    def told(self, server: Running, count: int = 1) -> list[tuple[str, str]]:
        """What the story says has gone wrong."""
        return [(event["fault"], event["detail"]) for event in server.wait_for("fault", count)]

    def test_latency(self) -> None:
        """An answer is as late as was asked, and complete."""
        server = self.serve("latency=300ms±100ms")
        for _ in range(3):
            got, seconds = self.talk(self.connect(server), b"hello")
            self.assertEqual(got, b"hello")
            self.assertTrue(0.2 <= seconds <= 1.5, seconds)
        self.assertEqual(set(self.told(server, 3)), {("latency", "300ms±100ms")})

    def test_bandwidth(self) -> None:
        """256 KiB at 512 KiB a second take half a second; another connection has its own."""
        server = self.serve("bandwidth=512KiB")
        for _ in range(2):
            got, seconds = self.talk(self.connect(server), PAYLOAD)
            self.assertEqual(got, PAYLOAD)
            self.assertTrue(0.4 <= seconds <= 3, seconds)

    def test_slices(self) -> None:
        """A client sees short reads, and every byte."""
        client = self.connect(self.serve("slice=1-64"))
        client.sendall(PAYLOAD)
        first = client.recv(len(PAYLOAD))
        self.assertLess(len(first), len(PAYLOAD))
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(first + everything(client), PAYLOAD)

    def test_limit_then_close(self) -> None:
        """The first 1000 bytes and an end, whatever was sent."""
        server = self.serve("limit=1000:close")
        client = self.connect(server)
        client.sendall(PAYLOAD)
        self.assertEqual(everything(client), PAYLOAD[:1000])
        client.close()
        self.assertEqual(server.wait_for("connection.close")[0]["bytes_out"], 1000)
        self.assertEqual(self.told(server), [("limit", "1000:close")])

    def test_limit_then_reset(self) -> None:
        """The first 1000 bytes and an RST."""
        server = self.serve("limit=1000:reset")
        client = self.connect(server)
        client.sendall(b"x" * 5000)
        self.assertEqual(everything(client, 1000), b"x" * 1000)
        self.assertRaises(ConnectionResetError, client.recv, 1)
        self.assertEqual(server.wait_for("connection.close")[0]["reason"], "reset on purpose")

    def test_limit_then_stall(self) -> None:
        """The first 1000 bytes and then nothing, as long as anybody waits; the server leaves all the same."""
        server = self.serve("limit=1000:stall")
        client = self.connect(server)
        client.sendall(b"x" * 5000)
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(everything(client, 1000), b"x" * 1000)
        client.settimeout(1)
        self.assertRaises(TimeoutError, client.recv, 1)
        began = time.monotonic()
        self.assertEqual(server.end(), 143)
        self.assertLess(time.monotonic() - began, 5)

    def refused(self, server: Running) -> list[bool]:
        """Which of 30 clients, one after the other, are reset."""
        found = []
        for _ in range(30):
            try:
                client = self.connect(server)
                client.sendall(b"x")
                found.append(client.recv(1) != b"x")
                client.close()
            except (ConnectionResetError, BrokenPipeError):
                found.append(True)
        return found

    def test_refuse(self) -> None:
        """A share of the clients is reset, and with the same seed the same ones."""
        first, second = (self.refused(self.serve("refuse=50%")) for _ in range(2))
        self.assertTrue(5 <= sum(first) <= 25)
        self.assertEqual(first, second)

    def test_secured(self) -> None:
        """Under TLS the handshake is sound, and what is said inside is late and limited."""
        server = self.serve("latency=200ms", "limit=1000:close", more=("--tls",))
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(self.connect(server)) as client:
            began = time.monotonic()
            client.sendall(b"x" * 5000)
            self.assertEqual(everything(client), b"x" * 1000)
            self.assertGreater(time.monotonic() - began, 0.19)

    def test_refuse_before_tls(self) -> None:
        """Under TLS a refusal comes before the handshake."""
        server = self.serve("refuse=100%", more=("--tls",))
        client = self.connect(server)
        with self.assertRaises(ConnectionResetError):
            client.sendall(b"\x16")
            client.recv(1)
        self.assertEqual(server.wait_for("connection.close")[0]["reason"], "refused on purpose")

    def test_unix(self) -> None:
        """On a UNIX socket it is the same."""
        path = os.path.relpath(self.mktemp())
        server = self.serve("limit=1000:close", more=("--listen", f"unix:{path}"))
        server.wait_for("listening")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(SECONDS)
            client.connect(path)
            client.sendall(b"x" * 5000)
            self.assertEqual(everything(client), b"x" * 1000)

    def test_real_peers(self) -> None:
        """ncat and socat get all of it through a slow, late network in pieces."""
        server = self.serve("latency=50ms±50ms", "bandwidth=1MiB", "slice=100-1000")
        for program, words in (
            ("ncat", ["127.0.0.1", str(server.port)]),
            ("socat", ["-t", "10", "-", f"TCP:127.0.0.1:{server.port}"]),
        ):
            if shutil.which(program) is None:
                raise SkipTest(f"{program} is not installed")
            done = subprocess.run([program, *words], input=PAYLOAD, capture_output=True, timeout=SECONDS, check=True)
            self.assertEqual(done.stdout, PAYLOAD)

    def test_replay(self) -> None:
        """Somebody else's server can be late and in pieces, too."""
        recording = Path(self.mktemp()).absolute()
        lines: list[dict[str, object]] = [
            {"schema": "tnet.record/1", "started": "2026-01-31T12:00:00Z", "target": "mail.example:110", "redacts": []},
            {"t": 0.0, "by": "peer", "text": "+OK ready\r\n"},
            {"t": 0.1, "by": "us", "text": "QUIT\r\n"},
            {"t": 0.1, "by": "peer", "text": "+OK bye\r\n"},
            {"t": 0.1, "by": "peer", "eof": True},
        ]
        recording.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        client = self.connect(self.serve("latency=300ms", "slice=1-3", more=("--replay", str(recording))))
        began = time.monotonic()
        self.assertEqual(everything(client, 11), b"+OK ready\r\n")
        self.assertGreater(time.monotonic() - began, 0.29)
        client.sendall(b"QUIT\r\n")
        self.assertEqual(everything(client), b"+OK bye\r\n")

    def test_note(self) -> None:
        """Whoever starts it is told what will happen, and how to repeat it."""
        home = Path(self.mktemp()).absolute()
        server = Running(self, home, "serve", "echo", "-p", "0", "--output", "json", "--fault", "slice=1-2")
        server.wait_for("listening")
        self.assertEqual(server.end(), 143)
        self.assertRegex(server.story.read_text("utf-8"), r"on purpose: slice=1-2; --seed \d+ repeats it")

    def test_bad_usage(self) -> None:
        """A fault that is none ends with 2 before anything is opened, and names the option."""
        for words, reason in (
            (("--fault", "lag=1s"), "--fault: 'lag' is none of"),
            (("--fault", "slice=1", "--fault", "slice=2"), "--fault: slice is there 2 times"),
            (("--udp", "--fault", "slice=1"), "--fault: it happens to connections"),
        ):
            done = tnet(Path(self.mktemp()).absolute(), "serve", "echo", "-p", "0", *words)
            self.assertEqual(done.returncode, 2)
            self.assertIn(reason, done.stderr.decode())
            self.assertNotIn("listening", done.stderr.decode())
