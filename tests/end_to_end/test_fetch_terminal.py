"""`tnet fetch` at a terminal: what a person sees, and what a terminal is spared."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pyte
from twisted.trial.unittest import TestCase

from tests.end_to_end.command import PATIENCE_SECONDS, environment
from tests.end_to_end.real_world import ThreadedServer, receive_until
from tests.view.staging import HOSTILE

NASTY = b"\x1b]0;owned\x07\x9b2J \xe2\x80\xae \xc2\x9b2J end\r\n"
MIB = 1 << 20
PAUSE_SECONDS = 0.2


class Case(TestCase):
    timeout = 60

    def server(self, head, *pieces, gate=None):
        """The URL of a server that answers with these pieces; until the gate opens it takes its time for each."""

        def talk(peer):
            receive_until(peer, b"\r\n\r\n")
            length = sum(map(len, pieces))
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n" % (length, head))
            for piece in pieces:
                peer.sendall(piece)
                if gate is not None:
                    gate.wait(PAUSE_SECONDS)

        return f"http://127.0.0.1:{ThreadedServer(self, talk).port}/big.iso"

    def start(self, *argv, stderr=subprocess.PIPE, **variables):
        """`tnet fetch` with a terminal for its standard output, and the terminal's other end."""
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        home = environment(self.folder())
        process = subprocess.Popen(
            [sys.executable, "-m", "tnet", "fetch", *argv],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs if stderr is None else stderr,
            env={name: value for name, value in home.items() if name not in ("CI", "NO_COLOR")}
            | {"TERM": "xterm"}
            | variables,
        )
        os.close(theirs)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, ours

    def folder(self):
        return Path(self.mktemp()).absolute()

    def shown(self, *argv, status=0, **variables):
        """What `tnet fetch -q` shows at a terminal, once it has ended with this status."""
        process, ours = self.start("-q", *argv, **variables)
        data = _everything(ours)
        _, self.complaints = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(process.returncode, status, self.complaints)
        return data.replace(b"\r\n", b"\n")


class FetchTerminalTests(Case):
    """Standard output is a terminal."""

    def test_json(self):
        """It is laid out and coloured; no number, key or escape is changed."""
        url = self.server(b"Content-Type: application/json\r\n", b'{"z":1.10,"a":', b'[1e400,"\\u00e9"],"z":{}}')
        self.assertEqual(
            self.shown(url, NO_COLOR="1"),
            b'{\n    "z": 1.10,\n    "a": [\n        1e400,\n        "\\u00e9"\n    ],\n    "z": {}\n}\n',
        )
        url = self.server(b"Content-Type: application/json\r\n", b"[1]")
        self.assertEqual(self.shown(url), b"[\n    \x1b[33m1\x1b[0m\n]\n")

    def test_hostile(self):
        """Case 44: neither head nor body of an answer moves the terminal."""
        url = self.server(b"Content-Type: text/plain\r\nX: \x9b2J\xe2\x80\xae\r\n", NASTY)
        text = self.shown("-i", url, NO_COLOR="1").decode()
        self.assertIsNone(HOSTILE.search(text))
        self.assertIn("\\x1b]0;owned\\x07\\x9b2J \\u202e \\x9b2J end\n", text)

    def test_raw(self):
        """Case 44: with --raw the terminal gets what came."""
        self.assertIn(b"\x1b]0;owned\x07", self.shown("--raw", self.server(b"", NASTY)))

    def test_binary(self):
        """Case 46: binary data is refused with a hint, and none of it is written."""
        self.assertEqual(self.shown(self.server(b"", b"\x7fELF\0\1\2"), status=23), b"")
        self.assertIn(b"-o FILE", self.complaints)

    def test_pager(self):
        """What would be shown goes through the pager, which has the terminal."""
        url = self.server(b"Content-Type: application/json\r\n", b"[1]")
        self.assertEqual(
            self.shown("--pager", "sed s/^/paged:/", url, NO_COLOR="1"), b"paged:[\npaged:    1\npaged:]\n"
        )

    def test_a_pager_that_is_left(self):
        """Whoever has seen enough ends the fetch, without a complaint and long before the server does."""
        gate = threading.Event()
        self.addCleanup(gate.set)
        url = self.server(b"", *[b"line\n" * 50_000] * 300, gate=gate)
        self.assertEqual(self.shown("--pager", "head -n 1", url, status=141), b"line\n")
        self.assertEqual(self.complaints, b"")

    def test_no_pager(self):
        """A pager that is not there is an error of whoever named it."""
        self.assertEqual(self.shown("--pager", "no-such-pager", self.server(b"", b"x"), status=2), b"")


class ProgressTests(Case):
    """Standard error is a terminal, too."""

    def test_progress(self):
        """Case 47: while it comes a download is drawn in place; in the end a line says that it is there."""
        gate = threading.Event()
        self.addCleanup(gate.set)
        url = self.server(b"", *[b"x" * MIB] * 100, gate=gate)
        folder = self.folder()
        process, ours = self.start("-O", "--output-dir", str(folder.parent), url, stderr=None, NO_COLOR="1")
        screen = pyte.Screen(80, 24)
        stream = pyte.ByteStream(screen)
        while not re.search(r"^big\.iso +[1-9]% .*MiB/s", "\n".join(screen.display), re.MULTILINE):
            stream.feed(os.read(ours, 1 << 16))
        gate.set()
        stream.feed(_everything(ours))
        self.assertEqual(process.wait(PATIENCE_SECONDS), 0)
        shown = [line.rstrip() for line in screen.display if line.strip()]
        self.assertIn("saved      ", shown[0])
        self.assertIn("100 MiB", "".join(screen.display))
        self.assertFalse(any("%" in line for line in shown), shown)
        self.assertFalse(screen.cursor.hidden)


def _everything(fd):
    """What comes until the other end of the terminal is closed."""
    data = b""
    while True:
        try:
            piece = os.read(fd, 1 << 16)
        except OSError:
            return data
        if not piece:
            return data
        data += piece
