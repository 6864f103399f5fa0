"""What `tnet connect` tells about a conversation: events as JSON, arrows in plain lines, and what a terminal shows."""

from __future__ import annotations

import json
import os
import re
import select
import socket
import subprocess
from typing import Any

from tests.end_to_end.connecting import ConnectCase
from tests.end_to_end.peers import SECONDS, Peer, command, environment, everything

EVERY_BYTE = bytes(range(256)) * 40
LINE = re.compile(r"^ *\d+\.\d ms +#1 (. \w[\w-]*) +(.*)$")


class JsonTests(ConnectCase):
    """The stream of events."""

    def story(self, target: str, data: bytes) -> tuple[list[dict[str, Any]], bytes]:
        """The events of a conversation in which `data` is sent, and what came; each write is a line of JSON."""
        reading, writing = os.pipe2(os.O_DIRECT)  # each read gives what one write gave
        self.addCleanup(os.close, reading)
        process = subprocess.Popen(
            command("connect", target, "--output", "json"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=writing,
            env=environment(self.folder),
        )
        os.close(writing)
        self.addCleanup(self.finish, process)
        came, _ = process.communicate(data, timeout=SECONDS)
        events = []
        while select.select([reading], [], [], SECONDS)[0] and (line := os.read(reading, 1 << 16)):
            self.assertEqual((line[-1:], line.count(b"\n")), (b"\n", 1))
            events.append(json.loads(line))
        return events, came

    def test_binary(self) -> None:
        """C39: whatever the bytes are, each event is a line of valid JSON that is written at once; none is missing."""
        peer = Peer(lambda sock: sock.sendall(everything(sock)))
        events, came = self.story(peer.target, EVERY_BYTE)
        self.assertEqual(came, EVERY_BYTE)
        self.assertEqual([event["seq"] for event in events], list(range(1, len(events) + 1)))
        for by in ("us", "peer"):
            chunks = [event for event in events if event["event"] == "connection.data" and event["by"] == by]
            at = 0
            for chunk in chunks:
                self.assertEqual(chunk["offset"], at)
                at += chunk["bytes"]
            self.assertEqual(at, len(EVERY_BYTE))
            self.assertTrue(chunks[0]["text"].startswith("\\x00\\x01"))

    def test_order(self) -> None:
        """The story is told in the order in which it happened."""
        peer = Peer(lambda sock: sock.sendall(everything(sock)))
        events, _ = self.story(peer.target, b"hello\n")
        told = [event["event"] + (f" {event['by']}" if "by" in event else "") for event in events]
        wanted = [
            "dial.attempt",
            "connection.open",
            "connection.data us",
            "connection.half_close us",
            "connection.data peer",
            "connection.half_close peer",
            "connection.close",
            "stopped",
        ]
        self.assertEqual([each for each in told if each in wanted], wanted)


class PlainTests(ConnectCase):
    """`-v`, in a pipe."""

    def lines(self, target: str, *words: str, **kwargs: Any) -> list[tuple[str, str]]:
        """The mark and word, and the text, of each line of the story."""
        done = self.connect(target, "-v", *words, **kwargs)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [found.groups() for line in done.stderr.decode().splitlines() if (found := LINE.match(line))]

    def test_arrows(self) -> None:
        """Each chunk has an arrow and its time, among the other events; passwords are left out."""

        def script(sock: socket.socket) -> None:
            sock.sendall(b"+OK ready\r\n")
            everything(sock, len(b"USER bilbo\r\n"))
            sock.sendall(b"+OK\r\n")
            everything(sock)

        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        os.write(writing, b"USER bilbo\r\nPASS precious\r\n")
        os.close(writing)
        lines = self.lines(Peer(script).target, stdin=reading)
        self.assertIn(("← received", "+OK ready"), lines)
        self.assertIn(("→ sent", "USER bilbo"), lines)
        self.assertNotIn("precious", str(lines))
        words = [word for word, _ in lines]
        self.assertLess(words.index("▸ open"), words.index("→ sent"))
        self.assertLess(words.index("← received"), words.index("◂ close"))
        self.assertIn("we send no more", str(lines))

    def test_much(self) -> None:
        """Of a large chunk the beginning is shown, and how large it was."""
        lines = self.lines(Peer(lambda sock: sock.sendall(b"x" * 10_000)).target, stdin=subprocess.DEVNULL)
        shown = [text for word, text in lines if word == "← received"]
        self.assertRegex(shown[0], r"^x{64}… \S+ (B|KiB)$")

    def test_timings(self) -> None:
        """C20: `--timings` draws each attempt, also when none was good, and the wait for the first answer."""
        peer = Peer(lambda sock: sock.sendall(everything(sock, 5)))
        done = self.connect(peer.target, "--timings", input=b"hello")
        rows = [line.split()[0] for line in done.stderr.decode().splitlines() if line.startswith("  ")]
        self.assertEqual(rows, ["connect", "wait"])
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            target = f"127.0.0.1:{bound.getsockname()[1]}"
            done = self.connect(target, "--timings", stdin=subprocess.DEVNULL)
        self.assertIn(f"✗ {target} conn", done.stderr.decode())
