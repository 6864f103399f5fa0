"""Tests for what a bin answers."""

from __future__ import annotations

import os
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import CannotRead
from tnet.plans.web import Bin
from tnet.servers.web.inspector.replies import MOST_BODY_BYTES, NotAReply, Reply, reply_of


class PlanTests(SynchronousTestCase):
    """`reply_of`."""

    def test_plan(self) -> None:
        """What the plan says; a file is read."""
        plan = Bin(path="/a", status=202, fields=(("A", "b"),), body=b"c", delay_seconds=2)
        self.assertEqual(reply_of(plan), Reply(status=202, fields=(("A", "b"),), body=b"c", delay_seconds=2))
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(b"of a file")
        self.assertEqual(reply_of(Bin(path="/a", body_file=path)).body, b"of a file")

    def test_files_that_are_none(self) -> None:
        """One that cannot be read, or is too long, is said before anything is served."""
        path = self.mktemp()
        self.assertRaises(CannotRead, reply_of, Bin(path="/a", body_file=path))
        with open(path, "wb") as file:
            os.truncate(file.fileno(), MOST_BODY_BYTES + 1)
        self.assertRaises(CannotRead, reply_of, Bin(path="/a", body_file=path))


class ChangeTests(SynchronousTestCase):
    """`Reply.changed`."""

    def test_changes(self) -> None:
        """What is not named stays, and what it says of itself can be given back."""
        reply = Reply(status=202, fields=(("A", "b"),), body=b"c", delay_seconds=0.5)
        self.assertEqual(reply.changed({}), reply)
        self.assertEqual(Reply().changed(reply.as_json()), reply)
        self.assertEqual(reply.changed({"status": 404}).as_json()["body"], "c")
        self.assertEqual(reply.changed({"fields": {"X": "y"}}).fields, (("X", "y"),))
        binary = Reply(body=b"\xff")
        self.assertEqual(binary.as_json()["body_base64"], "/w==")
        self.assertEqual(Reply().changed(binary.as_json()), binary)

    def test_media_types(self) -> None:
        """It is text unless it says otherwise."""
        self.assertEqual(Reply().media_type, "text/plain; charset=utf-8")
        self.assertEqual(Reply(fields=(("content-type", "a/b"),)).media_type, "a/b")

    def test_what_is_none(self) -> None:
        """Everything else is refused, and says why."""
        bad: tuple[Any, ...] = (
            None,
            [],
            {"stauts": 200},
            {"status": 100},
            {"status": "200"},
            {"status": True},
            {"delay_seconds": 61},
            {"delay_seconds": float("nan")},
            {"fields": "A: b"},
            {"fields": [["A"]]},
            {"fields": {"A": 1}},
            {"fields": {"A": "b\r\nC: d"}},
            {"fields": {"Content-Length": "1"}},
            {"fields": {f"A{number}": "b" for number in range(51)}},
            {"body": 1},
            {"body": "a", "body_base64": "YQ=="},
            {"body_base64": "no!"},
            {"body": "a" * (MOST_BODY_BYTES + 1)},
        )
        for change in bad:
            self.assertRaises(NotAReply, Reply().changed, change)
