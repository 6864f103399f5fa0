"""The command line before anything is started: what it prints, where that cannot go, and who interrupts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.end_to_end.command import PATIENCE_SECONDS, TNET, environment
from tests.end_to_end.test_commands import CommandTestCase

PRINTING = (("--help",), ("--version",), ("serve", "echo", "-h"), ("completion", "zsh"), ("man",), ("config", "path"))


class PrintingTests(CommandTestCase):
    """Streams that take nothing."""

    def sh(self, redirection: str, *argv: str) -> Any:
        """A command with a redirection of the shell's."""
        words = ["bash", "-c", f'"$@" {redirection}; exit ${{PIPESTATUS[0]}}', "bash", *TNET, *argv]
        return subprocess.run(
            words, capture_output=True, env=environment(self.home), timeout=PATIENCE_SECONDS, check=False
        )

    def test_full_output(self) -> None:
        """What cannot be printed is status 23 and one line that says why."""
        for argv in PRINTING:
            self.assertFails(self.sh(">/dev/full", *argv), 23, "standard output: No space left on device")

    def test_reader_has_left(self) -> None:
        """A pipe that nobody reads any more is status 141, and no word."""
        for argv in PRINTING:
            done = self.sh("| true", *argv)
            self.assertEqual((done.returncode, done.stderr), (141, b""), argv)

    def test_closed_streams(self) -> None:
        """Where a stream is closed, what would go there goes nowhere."""
        for argv in PRINTING:
            for redirection in (">&-", "2>&-", "<&- >&- 2>&-"):
                done = self.sh(redirection, *argv)
                self.assertEqual((done.returncode, done.stderr), (0, b""), (argv, redirection))

    def test_usage_errors_keep_their_status(self) -> None:
        """A usage error that nobody can read is a usage error still, and never lands among the data."""
        for redirection in ("2>&-", "2>/dev/full", "2> >(true)"):
            done = self.sh(redirection, "fetch", "ftp://x/")
            self.assertEqual((done.returncode, done.stdout), (2, b""), redirection)

    def test_nothing_to_read_from(self) -> None:
        """A password that is to come from a closed stdin is one error line."""
        self.assertFails(self.sh("<&-", "users", "add", "x", "--password-file", "-"), 2, "empty")


class InterruptTests(CommandTestCase):
    """Somebody is faster than the start."""

    def test_interrupted_while_starting(self) -> None:
        """INT while modules are being imported is status 130 without a word."""
        site = Path(self.mktemp()).absolute()
        site.mkdir()
        (site / "click.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGINT)\nwhile True: pass\n")
        python_path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", ""), *filter(None, sys.path)])
        done = subprocess.run(
            [*TNET, "--help"],
            capture_output=True,
            env=environment(self.home) | {"PYTHONPATH": python_path},
            timeout=PATIENCE_SECONDS,
            check=False,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        self.assertEqual((done.returncode, done.stderr), (130, b""))


class EndTests(CommandTestCase):
    """The end of a process that has something left to write."""

    def end(self, *argv: str, stdout: int | None = subprocess.PIPE) -> Any:
        """A command in a process that has printed, and would print once more if its interpreter were taken apart."""
        program = "import atexit, sys, tnet.__main__ as tnet; atexit.register(print, 'apart'); print('before'); "
        return subprocess.run(
            [sys.executable, "-c", f"{program}sys.argv = {['tnet', *argv]}; tnet.main()"],
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=environment(self.home) | {"PYTHONUNBUFFERED": ""},
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def test_at_once(self) -> None:
        """All of it is written, the status is the command's, and nothing is done besides."""
        for argv, status in ((["config", "show"], 0), (["--bogus"], 2)):
            done = self.end(*argv)
            self.assertEqual((done.returncode, done.stdout), (status, b"before\n"))

    def test_what_cannot_be_written(self) -> None:
        """What cannot be written is status 23, unless something went wrong before."""
        for argv, status in ((["config", "show"], 23), (["--bogus"], 2)):
            with open("/dev/full", "w") as full:
                self.assertEqual(self.end(*argv, stdout=full.fileno()).returncode, status)
