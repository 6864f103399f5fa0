"""`tnet connect` and `tnet serve echo` as commands that record, replay, dump and follow scripts: what a user sees."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

from tests.end_to_end.command import Running
from tests.end_to_end.connecting import ConnectCase
from tests.end_to_end.peers import Peer
from tests.end_to_end.test_talk import echo, greeter, rude
from tnet.net.recordings import read_recording

LOGIN = ("--expect", r"^\+OK ready", "--send", r"PASS secret\r\n", "--expect", "hello")


class CommandTests(ConnectCase):
    """Options, output and exit statuses."""

    def record(self) -> str:
        """The path of a recorded login."""
        path = os.path.join(self.folder, "talk.jsonl")
        done = self.connect(Peer(greeter).target, *LOGIN, "--record", path)
        self.assertEqual((done.returncode, done.stdout), (0, b"+OK ready\r\n+OK hello\r\n"))
        return path

    def test_record_and_replay(self) -> None:
        """A recorded login is nobody else's to read, holds no password, and can be played against its like."""
        path = self.record()
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertNotIn(b"secret", Path(path).read_bytes())
        done = self.connect(Peer(greeter).target, "--replay", path)
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertIn(b"what is sent in its place are stars", done.stderr)

    def test_mismatch(self) -> None:
        """A server that says something else: a diff on standard output, status 111."""
        done = self.connect(Peer(rude).target, "--replay", self.record())
        self.assertEqual(done.returncode, 111)
        self.assertIn(b"-+OK hello\\x0d\n+-ERR no\\x0d\n", done.stdout)
        self.assertIn(b"not as expected: ", done.stderr)

    def test_serve(self) -> None:
        """The same file makes a server, which the recorded client and any other like it can talk to."""
        path = self.record()
        server = Running(
            self, Path(self.folder) / "home", "serve", "echo", "-p", "0", "--replay", path, "--output", "json"
        )
        for words in (LOGIN, ("--replay", path)):
            self.assertEqual(self.connect(f"127.0.0.1:{server.port}", *words).returncode, 0)
        server.end()

    def test_failing_step(self) -> None:
        """A step that fails is named, with what came instead; what came is written; status 111."""
        done = self.connect(Peer(greeter).target, "--expect", "never", "--step-timeout", "300ms")
        self.assertEqual((done.returncode, done.stdout), (111, b"+OK ready\r\n"))
        self.assertIn(b"step 1 (expect never): timed out after 0.3 s; what came: +OK ready", done.stderr)

    def test_script(self) -> None:
        """A script from a file, plain or TOML."""
        plain = self.path("a", b"expect ready\nsend x\\r\\n\nexpect hello\nshutdown\nexpect-eof\n")
        toml = self.path("b.toml", b"[[step]]\nexpect = 'ready'\n[[step]]\nsend = 'x\\r\\n'\nexpect = 'hello'\n")
        for path in (plain, toml):
            peer = Peer(greeter)
            self.assertEqual(self.connect(peer.target, "--script", path).returncode, 0)
            self.assertEqual(peer.result, b"x\r\n")

    def test_bad_files(self) -> None:
        """A recording of another version, a script with a bad expression: a usage error that names file and line."""
        other = self.path("r", b'{"schema": "tnet.record/9"}\n')
        script = self.path("s", b"send x\nexpect (\n")
        for words, text in ((("--replay", other), f"{other}:1:"), (("--script", script), f"{script}:2:")):
            done = self.connect("127.0.0.1:1", *words)
            self.assertEqual(done.returncode, 2)
            self.assertIn(text, done.stderr.decode())

    def test_interrupted_recording(self) -> None:
        """Whoever interrupts has a recording of all that was said until then."""
        path = os.path.join(self.folder, "talk.jsonl")
        process = self.start(Peer(echo).target, "--send", "hello", "--expect", "never", "--record", path, stdout=-1)
        assert process.stdout is not None
        self.assertEqual(process.stdout.read(5), b"hello")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 130)
        self.assertEqual(
            {chunk.data for chunk in read_recording(path).chunks if chunk.by == "peer"} - {b""}, {b"hello"}
        )

    def test_dump(self) -> None:
        """The dump has both directions, and is exact."""
        done = self.connect(Peer(echo).target, "--hex", input=b"hello\n")
        marks = [(row[:1], row[25:42]) for row in done.stdout.splitlines() if b"end of file" not in row]
        self.assertEqual(sorted(marks), [(b"<", b"68 65 6c 6c 6f 0a"), (b">", b"68 65 6c 6c 6f 0a")])
