"""`tnet connect` as a process, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import time
from typing import Any

from twisted.trial.unittest import TestCase

from tests.end_to_end.peers import command, environment, run


class ConnectCase(TestCase):
    """Runs `tnet connect` in a folder of its own."""

    def setUp(self) -> None:
        self.folder = self.mktemp()
        os.mkdir(self.folder)

    def connect(self, *words: str, **kwargs: Any) -> subprocess.CompletedProcess[bytes]:
        """The command, run to its end; it must not have crashed."""
        began = time.monotonic()
        done = run([*words, "--output", "plain"], self.folder, **kwargs)
        self.seconds = time.monotonic() - began
        self.assertNotIn(b"Traceback", done.stderr)
        self.assertNotIn(b"internal error", done.stderr)
        return done

    def start(self, *words: str, **kwargs: Any) -> subprocess.Popen[bytes]:
        """The command, begun; it is killed when the test is over."""
        process = subprocess.Popen(
            command("connect", *words, "-q"), env=environment(self.folder), stderr=subprocess.PIPE, **kwargs
        )
        self.addCleanup(self.finish, process)
        return process

    def finish(self, process: subprocess.Popen[bytes]) -> None:
        """Leave nothing behind."""
        if process.poll() is None:
            process.kill()
        process.communicate()

    def path(self, name: str, content: bytes = b"") -> str:
        """A file of that content."""
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def quiet_input(self) -> int:
        """A standard input that gives nothing and does not end."""
        reading, self.writing = os.pipe()
        self.addCleanup(os.close, self.writing)
        self.addCleanup(os.close, reading)
        return reading
