"""Tests for tnet.servers.web.carrying.intake."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from tnet.servers.web.bodies import IBodySink
from tnet.servers.web.carrying.intake import Intake


@implementer(IBodySink)
class Sink:
    """Answers each piece with what the test put into `answers`."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.got: list[Any] = []

    def bodyReceived(self, data: bytes) -> Any:
        self.got.append(data)
        return self._answer()

    def bodyEnded(self) -> None:
        self.got.append("end")
        self._answer()

    def bodyLost(self, reason: Failure) -> None:
        self.got.append("lost")

    def _answer(self) -> Any:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


class IntakeTests(TestCase):
    """A body on its way."""

    def intake(self, *answers: Any) -> Intake:
        """One whose sink gives these answers."""
        self.sink = Sink(*answers)
        self.told: list[Any] = []
        return Intake(self.sink, lambda: self.told.append("ready"), lambda failure: self.told.append(failure.type))

    def test_in_order(self) -> None:
        """Pieces, then the end; what comes after it is nothing."""
        intake = self.intake()
        intake.receive(b"a")
        intake.end()
        intake.receive(b"b")
        intake.end()
        intake.lose(Failure(ConnectionLost()))
        self.assertEqual((self.sink.got, self.told), ([b"a", "end"], []))

    def test_busy(self) -> None:
        """While a sink waits it is busy; then it is ready."""
        waiting: Deferred[None] = Deferred()
        intake = self.intake(waiting)
        intake.receive(b"a")
        self.assertTrue(intake.busy)
        waiting.callback(None)
        self.assertEqual((intake.busy, self.told), (False, ["ready"]))

    def test_failures(self) -> None:
        """What a sink raises, at a piece or at the end, or fires with, is told."""
        failing: Deferred[None] = Deferred()
        for answer, end in ((ValueError(), False), (ValueError(), True), (failing, False)):
            intake = self.intake(answer)
            intake.end() if end else intake.receive(b"a")
            if answer is failing:
                failing.errback(ValueError())
            self.assertEqual((self.told, intake.busy), ([ValueError], False))

    def test_lost(self) -> None:
        """A sink whose body is lost hears of it once, and what it was busy with matters to nobody."""
        for outcome in (None, ValueError()):
            waiting: Deferred[None] = Deferred()
            intake = self.intake(waiting)
            intake.receive(b"a")
            for _ in range(2):
                intake.lose(Failure(ConnectionLost()))
            waiting.callback(None) if outcome is None else waiting.errback(outcome)
            self.assertEqual((self.sink.got, self.told), ([b"a", "lost"], []))
