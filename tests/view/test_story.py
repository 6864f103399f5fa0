"""Tests for the story as the launcher sees it."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import HOSTILE, LISTENING, Show, Stage, any_event, opened, send
from tnet.events import Record, kinds
from tnet.view.outlet import Outlet
from tnet.view.story import Story, StoryView


class Noticing(StoryView):
    """A view that keeps what it is told."""

    def __init__(self, tick_seconds: float | None = None) -> None:
        self.tick_seconds = tick_seconds
        self.told: list[Any] = []

    def __call__(self, record: Record) -> None:
        self.told.append(record.event)

    def tick(self) -> None:
        self.told.append("tick")

    def stop(self) -> None:
        self.told.append("stop")

    def note(self, text: str) -> None:
        self.told.append(("note", text))

    def account(self, user: str, password: str, *, lasting: bool = False) -> None:
        self.told.append((user, password, "stays") if lasting else (user, password))


class StoryTests(SynchronousTestCase):
    """`Story`."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.readers: list[int] = []

    def _pipe(self, name: str, backlog_bytes: int = 1 << 20) -> Outlet:
        reader, writer = os.pipe()
        self.readers.append(reader)
        self.addCleanup(os.close, writer)
        return Outlet(writer, name, backlog_bytes=backlog_bytes)

    def test_views_take_part(self) -> None:
        """Every view gets records, ticks, notes, accounts and the end."""
        views = [Noticing(), Noticing()]
        story = Story(views, self._pipe("stderr"))
        story.attach(self.stage.publisher)
        story.start()
        send(self.stage.publisher, LISTENING)
        story.note(("a", "b"))
        story.disclose("u", "p")
        story.disclose("v", "q", lasting=True)
        story.tick()
        story.stop()
        for view in views:
            self.assertEqual(
                view.told, [LISTENING, ("note", "a"), ("note", "b"), ("u", "p"), ("v", "q", "stays"), "tick", "stop"]
            )

    def test_tick_seconds(self) -> None:
        """The most impatient view sets the pace; without one the outlets are flushed now and then."""
        for views, seconds in (([Noticing(), Noticing(0.25), Noticing(2)], 0.25), ([Noticing()], 1.0)):
            self.assertEqual(Story(views, self._pipe("stderr")).tick_seconds, seconds)

    def test_privacy(self) -> None:
        """With privacy no view sees a peer's address."""
        view = Noticing()
        Story([view], self._pipe("stderr"), privacy=True).attach(self.stage.publisher)
        send(self.stage.publisher, opened("203.0.113.77"))
        self.assertEqual(view.told, [opened("203.0.113.0")])

    def test_stderr_gone(self) -> None:
        """When nobody reads stderr any more the command goes on in silence."""
        view, stderr = Noticing(), self._pipe("stderr")
        story = Story([view], stderr)
        story.on_output_closed = lambda: view.told.append("closed")
        story.attach(self.stage.publisher)
        os.close(self.readers[0])
        stderr.write("hello\n")
        self.assertEqual((view.told, story.failure), ([], None))

    def test_stdout_gone(self) -> None:
        """When the reader of our events on stdout goes away the launcher is called, once."""
        stdout, told = self._pipe("stdout"), []
        story = Story([], self._pipe("stderr"), stdout=stdout)
        story.attach(self.stage.publisher)
        story.on_output_closed = lambda: told.append("closed")
        os.close(self.readers[0])
        stdout.write("hello\n")
        stdout.write("hello\n")
        self.assertEqual(told, ["closed"])

    def test_file_broken(self) -> None:
        """A file that takes no more is an error event, once, and the other views go on."""
        view, file = Noticing(), self._pipe("events.jsonl")
        story = Story([view], self._pipe("stderr"), files=[file])
        story.attach(self.stage.publisher)
        self.assertIsNone(story.failure)
        os.close(self.readers[0])
        file.write("a\n")
        file.write("b\n")
        self.assertEqual(str(story.failure), "cannot write events.jsonl: Broken pipe")
        self.assertEqual(view.told, [kinds.Logged(level="error", text="cannot write events.jsonl: Broken pipe")])

    def test_slow_reader(self) -> None:
        """Lines that were dropped for a slow reader are told when it is back."""
        view, stderr = Noticing(), self._pipe("stderr", backlog_bytes=10)
        story = Story([view], stderr)
        story.attach(self.stage.publisher)
        while not stderr.is_behind:
            stderr.write("x" * 4096)
        stderr.write("lost\n")
        os.read(self.readers[0], 1 << 20)
        story.tick()
        expected = kinds.Logged(level="warning", text="1 line dropped: stderr is read too slowly")
        self.assertEqual(view.told, ["tick", expected])
        os.close(self.readers[0])

    def test_account_for_programs(self) -> None:
        """In JSON the account is put into a file, an event says where, and the end removes it."""
        home = os.path.abspath(self.mktemp())
        os.mkdir(home)
        show = Show("serve auth", mode="json", environ={"XDG_RUNTIME_DIR": home})
        show.story.disclose("tnet", "s3cret")
        path = json.loads(show.stderr.text)["text"].rpartition(" ")[2]
        with open(path) as file:
            self.assertIn("s3cret", file.read())
        self.assertNotIn("s3cret", show.stderr.text)
        show.story.stop()
        self.assertFalse(os.path.exists(path))

    def test_lasting_account_for_programs(self) -> None:
        """The file of an account that stays is left for its reader."""
        home = os.path.abspath(self.mktemp())
        os.mkdir(home)
        show = Show("users add", mode="json", environ={"XDG_RUNTIME_DIR": home})
        show.story.disclose("ada", "s3cret", lasting=True)
        show.story.stop()
        self.assertNotIn("s3cret", show.stderr.text)
        with open(json.loads(show.stderr.text)["text"].rpartition(" ")[2]) as file:
            self.assertEqual(file.read(), "user: ada\npassword: s3cret\n")


class HarmlessTests(SynchronousTestCase):
    """What peers say, all the way through a story."""

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(any_event(), max_size=8),
        st.sampled_from(["serve web", "connect", "fetch"]),
        st.sampled_from(["plain", "json", None]),
        st.booleans(),
        st.booleans(),
    )
    def test_no_view_lets_it_through(
        self, events: list[kinds.Event], command: str, mode: Any, is_tty: bool, ascii_only: bool
    ) -> None:
        """Without colour and animation no view writes a control character, whatever the events hold."""
        show = Show(
            command,
            is_tty=is_tty,
            environ={"TERM": "dumb"},
            mode=mode,
            ascii_only=ascii_only,
            verbosity=2,
            timings=True,
        )
        show.story.note(["\x1b[2J note"])
        for event in events:
            send(show.publisher, event, 1)
        show.story.tick()
        show.story.stop()
        self.assertIsNone(HOSTILE.search(show.stderr.text))
        self.assertNotIn("dropped: ", show.stderr.text)
