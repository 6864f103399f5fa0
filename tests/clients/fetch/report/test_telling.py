"""Tests for what is told of a transfer when it is over."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.report.staging import redirected_once
from tests.support import World
from tnet.clients.fetch.report.telling import archive_to, tell
from tnet.errors import EmptyReply, OutputClosed, TnetError
from tnet.events import kinds
from tnet.plans.fetch import Showing


class _Screen:
    """Standard output in memory."""

    def __init__(self) -> None:
        self.data = b""
        self.broken = False

    async def write(self, data: bytes) -> None:
        if self.broken:
            raise OutputClosed
        self.data += data


class TellTests(SynchronousTestCase):
    """`tell`."""

    def setUp(self) -> None:
        self.world = World()
        self.screen = _Screen()

    def _tell(self, error: TnetError | None = None, transfer: int = 1, **showing: Any) -> bytes:
        ledger = redirected_once().ledger
        asked = replace(Showing(), **showing)
        told = tell(ledger, transfer, "http://h/", error, asked, self.screen, self.world.context)
        self.successResultOf(Deferred.fromCoroutine(told))
        return self.screen.data

    def _logged(self) -> list[str]:
        return [event.text for event in self.world.recorder.of(kinds.Logged)]

    def test_report(self) -> None:
        """The report is one object, whether it went well or not."""
        self.assertEqual(json.loads(self._tell(report=True))["outcome"], "ok")
        self.screen.data = b""
        found = json.loads(self._tell(EmptyReply("h\x9b", "\u202e"), report=True))
        self.assertEqual(found["error"]["type"], "EmptyReply")
        self.assertTrue(self.screen.data.isascii())

    def test_write_out(self) -> None:
        """What --write-out asks for comes after it, on failure too."""
        error = EmptyReply("h", "it closed")
        self.assertEqual(self._tell(error, write_out="%{exitcode} %{http_code}\\n"), b"52 200\n")

    def test_unknown_variable(self) -> None:
        """A variable that nobody knows is told of once, and is nothing."""
        self.assertEqual(self._tell(write_out="[%{nope}]"), b"[]")
        self._tell(transfer=2, write_out="[%{nope}]")
        self.assertEqual(self._logged(), ["--write-out knows no variable 'nope'"])

    def test_unwritable_file(self) -> None:
        """A file that cannot be written changes nothing about how it ended."""
        self._tell(write_out=f"%output{{{self.mktemp()}/none}}a")
        self.assertEqual(len(self._logged()), 1)

    def test_closed_output(self) -> None:
        """When nobody reads standard output any more, that is no warning."""
        self.screen.broken = True
        told = tell(redirected_once().ledger, 1, "u", None, Showing(write_out="a"), self.screen, self.world.context)
        self.failureResultOf(Deferred.fromCoroutine(told), OutputClosed)

    def test_nothing(self) -> None:
        """Where nothing is asked for, nothing is told."""
        self.assertEqual(self._tell(), b"")


class ArchiveTests(SynchronousTestCase):
    """`archive_to`."""

    def test_archive(self) -> None:
        """Every request is in it."""
        path = self.mktemp()
        saved = archive_to(path, redirected_once().ledger, Showing(har=path), World().context.workers)
        self.successResultOf(Deferred.fromCoroutine(saved))
        self.assertEqual(len(json.loads(Path(path).read_text())["log"]["entries"]), 2)
