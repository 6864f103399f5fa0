"""The view on real pipes and terminals."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pexpect
import pyte
from twisted.trial.unittest import SynchronousTestCase

SERVE = ["-m", "tnet", "serve", "echo", "-p", "0", "-H", "127.0.0.1"]
SECONDS = 20


class OutputClosedTests(SynchronousTestCase):
    """`--events -` into a pipe."""

    def test_reader_leaves_an_idle_server(self) -> None:
        """When the reader takes one line and goes, an idle server ends as well, quietly, with status 141."""
        server = subprocess.Popen(
            [sys.executable, *SERVE, "--events", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.addCleanup(server.kill)
        assert server.stdout is not None
        assert server.stderr is not None
        self.assertEqual(json.loads(server.stdout.readline())["event"], "listening")
        server.stdout.close()
        self.assertEqual(server.wait(SECONDS), 141)
        with server.stderr as stderr:
            self.assertNotIn("Traceback", stderr.read())


class DashboardTests(SynchronousTestCase):
    """A server at a terminal."""

    def test_what_it_leaves(self) -> None:
        """While it runs there is a dashboard; after ^C there are the card and the summary, and a sane terminal."""
        environ = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR")}
        child = pexpect.spawn(
            sys.executable,
            SERVE,
            env=environ | {"TERM": "xterm"},
            dimensions=(24, 80),
            encoding="utf-8",
            timeout=SECONDS,
        )
        self.addCleanup(child.close, force=True)
        screen = pyte.Screen(80, 24)
        stream = pyte.Stream(screen)
        child.expect("no connection")
        stream.feed(child.before + child.after)
        child.sendintr()
        child.expect(pexpect.EOF)
        stream.feed(child.before)
        child.wait()
        shown = [line.rstrip() for line in screen.display if line.strip()]
        self.assertEqual(child.exitstatus, 130)
        self.assertTrue(shown[0].startswith("● tnet serve echo"), shown)
        self.assertTrue(shown[1].startswith("  listening"), shown)
        self.assertTrue(shown[2].startswith("● stopped tnet serve echo  interrupted"), shown)
        self.assertFalse(screen.cursor.hidden)
