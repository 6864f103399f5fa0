"""Every example of the README, run as it is written."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import TestCase

from tests.end_to_end.command import environment
from tnet.cli.main import parse

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
SET_UP = "python3 -m venv "

PROLOGUE = """
set -euo pipefail
set -m
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
sleep() { command sleep 3; }
"""


def free_port() -> str:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


class ReadmeTests(TestCase):
    """Shell and Python blocks are run; captures show commands that exist."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        self.ran: set[str] = set()
        self.environment = environment(self.home)
        self.environment["PATH"] = f"{Path(sys.executable).parent}:{self.environment['PATH']}"

    def run_shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """The outcome of a block, in an empty folder and with a port that is free."""
        folder = Path(self.mktemp())
        folder.mkdir()
        return subprocess.run(
            ["bash", "-c", PROLOGUE + script.replace("8000", free_port())],
            capture_output=True,
            text=True,
            cwd=folder,
            env=self.environment,
            timeout=90,
            check=False,
        )

    def example(self, heading: str, number: int = 0) -> subprocess.CompletedProcess[str]:
        """The outcome of the first shell block below a heading, or another one; it must succeed."""
        section = README.partition(f"## {heading}\n")[2]
        block = re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)[number]
        done = self.run_shell(block)
        self.assertIn(done.returncode, (0, 143), done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.ran.add(block)
        return done

    def test_examples(self) -> None:
        """Each command's example does what the text says, and no example is left out."""
        self.assertIn("hello\n", self.example("tnet serve echo").stdout)
        self.assertIn("slowly\n", self.example("tnet serve echo", 1).stdout)
        auth = self.example("tnet serve auth").stdout
        for line in ("Username:", "Welcome, alice!", "Echo: hello", "Logged in: alice", "Goodbye."):
            self.assertIn(line, auth)
        self.assertIn("wash the car", self.example("tnet serve web").stdout)
        inspected = self.example("tnet serve web", 1).stdout
        self.assertTrue(inspected.startswith("thanks"), inspected)
        self.assertIn("42\n", self.example("tnet serve ssh").stdout)
        self.assertIn("in secret\nhello\n", self.example("tnet connect").stdout)
        fetched = self.example("tnet fetch").stderr
        for phase in ("connect", "send", "wait", "receive"):
            self.assertIn(phase, fetched)
        self.assertIn('"bytes_in":6', self.example("The story as data").stdout)
        self.example("Under a service manager, and inside Twisted")
        examples = {text for kind, text in BLOCKS if kind == "sh" and not text.startswith(SET_UP)}
        self.assertEqual(examples - self.ran, set())

    def test_python_example(self) -> None:
        """The program that uses a factory of ours serves."""
        (program,) = (text for kind, text in BLOCKS if kind == "python")
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-c", program.replace("8000", port)], env=self.environment, stderr=subprocess.PIPE
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        script = f"for i in $(seq 100); do printf x | tnet connect 127.0.0.1:{port} 2>/dev/null && exit; done; exit 1"
        done = self.run_shell(script)
        self.assertEqual((done.returncode, done.stdout), (0, "x"), done.stderr)

    def test_captures_show_commands_that_exist(self) -> None:
        """The command line of each capture is one that tnet accepts today."""
        shown = [
            line[2:].split()
            for kind, text in BLOCKS
            if kind == "text"
            for line in text.splitlines()
            if line[:2] == "$ "
        ]
        self.assertGreater(len(shown), 4)
        for words in shown:
            if words[0] == "tnet":
                self.assertIsNotNone(parse(words[1:]), words)

    def test_set_up_commands(self) -> None:
        """The two commands that set themselves up install this checkout, then serve auth and run trial."""
        serve, test = (text.strip() for kind, text in BLOCKS if kind == "sh" and text.startswith(SET_UP))
        self.assertTrue(serve.endswith(".venv/bin/tnet serve auth --port 8000"))
        self.assertTrue(test.endswith(".venv/bin/trial tests"))
        self.assertNotIn("\n", serve + test)
