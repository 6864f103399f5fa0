"""Real `tnet` processes, in a home of their own, for tests that look at what a user would see."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from twisted.trial.unittest import TestCase

PATIENCE_SECONDS = 20.0
TNET = [sys.executable, "-m", "tnet"]


def environment(home: Path) -> dict[str, str]:
    """The variables of a user who has never run tnet, in a fresh home."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TNET_", "XDG_"))}
    folders = {"XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state"}
    return kept | {name: str(home / folder) for name, folder in folders.items()} | {"HOME": str(home)}


class Running:
    """A `tnet` that runs with `--output json`; `stderr` holds its story so far."""

    def __init__(self, test: TestCase, home: Path, *argv: str, program: list[str] = TNET) -> None:
        self.story = Path(test.mktemp())
        with self.story.open("wb") as story:
            self.process = subprocess.Popen(
                [*program, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=story, env=environment(home)
            )
        test.addCleanup(self.kill)

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event so far."""
        return [
            json.loads(line) for line in self.story.read_text("utf-8").splitlines(keepends=True) if line[-1:] == "\n"
        ]

    def wait_for(self, name: str, count: int = 1) -> list[dict[str, Any]]:
        """The events of that name, once there are `count`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(found := [event for event in self.events if event["event"] == name]) < count:
            if time.monotonic() > deadline or (self.process.poll() is not None and time.monotonic() > deadline - 19):
                raise AssertionError(f"no {count} {name} in: {self.story.read_text('utf-8')}")
            select.select([], [], [], 0.02)
        return found

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.wait_for("listening")[0]["server.port"])

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and wait; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


def tnet(home: Path, *argv: str, stdin: bytes = b"", seconds: float = PATIENCE_SECONDS) -> Any:
    """A `tnet` that ends by itself: its returncode, stdout and stderr."""
    return subprocess.run(
        [*TNET, *argv], input=stdin, capture_output=True, env=environment(home), timeout=seconds, check=False
    )
