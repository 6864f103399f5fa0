"""Tests for the schema of the event stream."""

from __future__ import annotations

import json
from dataclasses import fields
from importlib.resources import files
from typing import Any, get_type_hints

from jsonschema import Draft202012Validator
from twisted.trial.unittest import SynchronousTestCase

from tnet.events import Record
from tnet.events.kinds import ALL_KINDS, Event
from tnet.events.schema import schema

_EXAMPLES: dict[Any, Any] = {str: "x", int: 1, float: 0.5, bool: True, tuple[str, ...]: ("a", "b")}


def _example(kind: type[Event], *, whole: bool) -> dict[str, Any]:
    """A line of this kind, with every value known or with none that may be missing."""
    hints = get_type_hints(kind)
    values = {field.name: _value(hints[field.name], whole=whole) for field in fields(kind)}
    record = Record(1, 0.25, 1_700_000_000.0, 4, kind(**values))
    line: dict[str, Any] = json.loads(json.dumps(record.as_json()))
    return line


def _value(hint: Any, *, whole: bool) -> Any:
    if hint in _EXAMPLES:
        return _EXAMPLES[hint]
    return next(_EXAMPLES[part] for part in hint.__args__ if part in _EXAMPLES) if whole else None


class SchemaTests(SynchronousTestCase):
    """`schema`."""

    def setUp(self) -> None:
        self.validator = Draft202012Validator(schema())

    def test_committed(self) -> None:
        """The schema that ships is the one that the events make."""
        shipped = files("tnet.events").joinpath("schema.json").read_text("utf-8")
        self.assertEqual(json.loads(shipped), schema())

    def test_valid_schema(self) -> None:
        """It is a valid schema itself."""
        Draft202012Validator.check_schema(schema())

    def test_every_kind(self) -> None:
        """Every kind of event validates, with all its values and without those that may be missing."""
        for kind in ALL_KINDS:
            for whole in (True, False):
                self.validator.validate(_example(kind, whole=whole))

    def test_bad_lines(self) -> None:
        """A line with a key too many, one too few, a wrong type or an unknown name is refused."""
        good = _example(ALL_KINDS[0], whole=True)
        for bad in (
            good | {"extra": 1},
            {key: value for key, value in good.items() if key != "endpoint"},
            good | {"seq": "1"},
            good | {"event": "unheard"},
            good | {"schema": "tnet.event/2"},
        ):
            self.assertFalse(self.validator.is_valid(bad), bad)
