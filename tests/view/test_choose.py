"""Tests for the choice of views."""

from __future__ import annotations

import json
import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import LISTENING, Show, opened, send
from tnet.errors import CannotWrite
from tnet.events import kinds


class ChooseTests(SynchronousTestCase):
    """`choose`."""

    def _read(self, path: str) -> list[str]:
        with open(path) as file:
            return file.read().splitlines()

    def test_json(self) -> None:
        """With --output json every event is a line on stderr, of a client as well."""
        show = Show("fetch", mode="json")
        send(show.publisher, opened(), 1)
        show.publisher.log("debug", "d")
        self.assertEqual([json.loads(line)["event"] for line in show.stderr.lines], ["connection.open", "log"])

    def test_quiet_json(self) -> None:
        """With -q the others are not even built."""
        show = Show("serve echo", mode="json", verbosity=-1)
        send(show.publisher, opened(), 1)
        send(show.publisher, LISTENING)
        self.assertEqual([json.loads(line)["event"] for line in show.stderr.lines], ["listening"])
        self.assertEqual(show.publisher.unbuilt["connection.open"], 1)

    def test_events_to_stdout(self) -> None:
        """With --events - every event goes to stdout, and stderr tells its story as ever."""
        show = Show("serve echo", events_file="-")
        send(show.publisher, LISTENING)
        self.assertEqual(json.loads(show.stdout.text)["event"], "listening")
        self.assertIn("listening", show.stderr.text)

    def test_events_to_file(self) -> None:
        """A file of events gets all of them, whatever the verbosity, and is continued by the next run."""
        path = self.mktemp()
        for _ in range(2):
            show = Show("serve echo", events_file=path, verbosity=-1)
            send(show.publisher, kinds.SpanStarted(span="s"), 1)
            show.story.stop()
        self.assertEqual([json.loads(line)["event"] for line in self._read(path)], ["span.start"] * 2)

    def test_log_file(self) -> None:
        """The log has the plain lines, dated and without colour, also when stderr is JSON or a dashboard."""
        for output in ({"mode": "json"}, {"is_tty": True}, {"color": "always"}):
            path = self.mktemp()
            show = Show("serve echo", log_file=path, **output)
            send(show.publisher, LISTENING)
            show.publisher.log("error", "bad")
            show.story.stop()
            first, second = self._read(path)
            self.assertRegex(first, r"^\d{4}-\d\d-\d\dT[\d:.]+Z +● listening  tcp://127.0.0.1:8000$")
            self.assertTrue(second.endswith("tnet: error: bad"))
            self.assertNotIn("\x1b", first + second)

    def test_unusable_file(self) -> None:
        """A file that cannot be opened is an error before anything starts."""
        for option in ("events_file", "log_file"):
            self.assertRaises(CannotWrite, Show, "serve echo", **{option: "/no/such/folder/file"})

    def test_privacy(self) -> None:
        """With --privacy no stream and no file has the peer's address."""
        log, events = self.mktemp(), self.mktemp()
        show = Show("serve echo", privacy=True, log_file=log, events_file=events)
        send(show.publisher, opened("203.0.113.77"), 1)
        show.story.stop()
        for text in (show.stderr.text, *self._read(log), *self._read(events)):
            self.assertIn("203.0.113.0", text)
            self.assertNotIn("203.0.113.77", text)

    def test_light(self) -> None:
        """A client that draws nothing, or nothing yet, does not import Rich; nobody here imports Twisted or Click."""
        code = (
            "import io, sys; from tnet.plans.output import OutputPlan; from tnet.view.choose import choose\n"
            "for mode in ('plain', 'json'):\n"
            "    for command in ('connect', 'fetch', 'users add', 'serve echo'):\n"
            "        choose(OutputPlan(mode=mode), command, stdout=io.StringIO(), stderr=io.StringIO(), environ={})\n"
            "class Tty(io.StringIO):\n"
            "    isatty = lambda self: True\n"
            "choose(OutputPlan(), 'fetch', stdout=Tty(), stderr=Tty(), environ={'TERM': 'xterm'}).start()\n"
            "print([name for name in ('rich', 'twisted', 'click', 'asyncio') if name in sys.modules])"
        )
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        self.assertEqual(ran.stdout, "[]\n", ran.stderr)
