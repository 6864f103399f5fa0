"""Tests for the story as JSON Lines."""

from __future__ import annotations

import json

from hypothesis import given
from jsonschema import Draft202012Validator
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import HOSTILE, NASTY, Stage, Stream, any_event, opened
from tnet.events import kinds
from tnet.events.schema import schema
from tnet.view.jsonl import JsonLines, as_line
from tnet.view.outlet import outlet_to

_VALIDATOR = Draft202012Validator(schema())


class AsLineTests(SynchronousTestCase):
    """`as_line`."""

    @given(any_event())
    def test_any_event(self, event: kinds.Event) -> None:
        """Every event is one harmless line of ASCII that the schema accepts."""
        line = as_line(Stage().record(event, 7))
        self.assertTrue(line.isascii())
        self.assertEqual(line.index("\n"), len(line) - 1)
        self.assertIsNone(HOSTILE.search(line))
        _VALIDATOR.validate(json.loads(line))

    def test_nothing_is_lost(self) -> None:
        """What is escaped in the line is whole again when it is read."""
        line = as_line(Stage().record(kinds.Logged(level="info", text=NASTY)))
        self.assertEqual(json.loads(line)["text"], NASTY)


class JsonLinesTests(SynchronousTestCase):
    """`JsonLines`."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.stream = Stream()

    def _view(self, *, main: bool) -> JsonLines:
        view = JsonLines(outlet_to(self.stream, "events"), main=main)
        view.publisher = self.stage.publisher
        self.stage.publisher.subscribe(view, view.only)
        return view

    def test_lines(self) -> None:
        """Every event is a line, in order."""
        self._view(main=True)
        for number in range(3):
            self.stage.publisher.log("debug", str(number))
        self.assertEqual([json.loads(line)["text"] for line in self.stream.lines], ["0", "1", "2"])

    def test_note(self) -> None:
        """The main view turns a note into an event; a file of events gets that one and makes none."""
        self._view(main=False).note("hello")
        self.assertEqual(self.stream.text, "")
        self._view(main=True).note("hello")
        self.assertEqual({json.loads(line)["text"] for line in self.stream.lines}, {"hello"})

    def test_connection(self) -> None:
        """A connection's id stands in its line."""
        view = self._view(main=True)
        view(self.stage.record(opened(), 12))
        self.assertEqual(json.loads(self.stream.text)["conn"], 12)
