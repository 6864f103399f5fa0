"""What the tests share: a context without a world, a recorder of events, a transport that counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.testing import MemoryReactorClock

from tnet.events import Publisher, Record
from tnet.events.kinds import Event
from tnet.net.context import Context


class Recorder:
    """An observer that keeps every record."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def __call__(self, record: Record) -> None:
        self.records.append(record)

    @property
    def names(self) -> list[str]:
        """The names of the events, in order."""
        return [record.event.name for record in self.records]

    def of(self, kind: type[Event]) -> list[Any]:
        """The events of one kind, in order."""
        return [record.event for record in self.records if isinstance(record.event, kind)]


class AtOnce:
    """Workers that run in the calling thread."""

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        return maybeDeferred(function, *args, **kwargs)


class World:
    """A Context over a MemoryReactorClock, with what a test wants to look at."""

    def __init__(self, reactor: Any = None) -> None:
        self.reactor = reactor or MemoryReactorClock()
        self.recorder = Recorder()
        self.publisher = Publisher(self.reactor.seconds, self.reactor.seconds)
        self.publisher.subscribe(self.recorder)
        self.disclosed: list[tuple[str, str]] = []
        self.kept: list[tuple[str, str]] = []
        self.notes: list[str] = []
        self.hangups: list[Callable[[], None]] = []
        self.context = Context(
            reactor=self.reactor,
            publisher=self.publisher,
            workers=AtOnce(),
            names=AtOnce(),
            disclose=self._disclose,
            note=self.notes.extend,
            on_hangup=self.hangups.append,
        )

    def _disclose(self, user: str, password: str, *, lasting: bool = False) -> None:
        (self.kept if lasting else self.disclosed).append((user, password))
