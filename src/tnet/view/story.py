"""The story of one command: every view of it, and the streams they write to.

This is all that the runtime knows of the view; neither Rich nor Twisted shows through it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import TYPE_CHECKING

from tnet.errors import CannotWrite, TnetError
from tnet.events import Publisher, Record
from tnet.view.measures import plural
from tnet.view.privacy import masked

if TYPE_CHECKING:
    from tnet.events.kinds import Event
    from tnet.view.disclosure import Safe
    from tnet.view.outlet import Outlet

LOOK_SECONDS = 1.0


class StoryView(ABC):
    """One way of telling the story: an observer of the kinds in `only` (None: all of them).

    `tick` is called every `tick_seconds`, unless that is None. `note` and `account` tell what is no event.
    """

    only: Collection[type[Event]] | None = None
    tick_seconds: float | None = None
    publisher: Publisher

    @abstractmethod
    def __call__(self, record: Record) -> None:
        """Take notice of a record."""

    def start(self) -> None:
        """The story begins."""

    def tick(self) -> None:
        """Time has passed."""

    def resume(self) -> None:
        """The process was stopped for a while, and somebody else had the terminal."""

    def stop(self) -> None:
        """The story is over: say what was kept for the end, and leave the terminal as it was."""

    def note(self, text: str) -> None:
        """Show a line to the person who started us."""

    def account(self, user: str, password: str, *, lasting: bool = False) -> None:
        """Show an account that was made for this run, or that stays (`lasting`)."""


class Story:
    """What the launcher is given: it attaches the publisher, starts, ticks and stops.

    `stderr` may break without a word: nobody is left to tell. `files` report it once, and `failure` is the first of
    them that did. When `stdout` breaks, which
    carries events for somebody, `on_output_closed` is called: the launcher sets it. With `safe` an account
    is put there and only the path is told; without it the views show the account itself.
    """

    def __init__(
        self,
        views: Iterable[StoryView],
        stderr: Outlet,
        *,
        files: Iterable[Outlet] = (),
        stdout: Outlet | None = None,
        privacy: bool = False,
        safe: Safe | None = None,
    ) -> None:
        self.views = tuple(views)
        self.outlets = tuple(filter(None, (stderr, *files, stdout)))
        self.failure: TnetError | None = None
        self._stderr = stderr
        self._stdout = stdout
        self.on_output_closed: Callable[[], None] = lambda: None
        self.tick_seconds: float | None = min(
            (view.tick_seconds for view in self.views if view.tick_seconds is not None), default=LOOK_SECONDS
        )
        self._privacy = privacy
        self._safe = safe
        self._publisher = Publisher()

    def attach(self, publisher: Publisher) -> None:
        """Subscribe every view to the publisher."""
        self._publisher = publisher
        for view in self.views:
            view.publisher = publisher
            publisher.subscribe(masked(view) if self._privacy else view, view.only)
        for outlet in self.outlets:
            outlet.on_lost = partial(self._lost, outlet)
            outlet.on_broken = partial(self._broken, outlet)

    def start(self) -> None:
        """The story begins."""
        for view in self.views:
            view.start()

    def tick(self) -> None:
        """Give the views and what waits in the outlets their turn."""
        for view in self.views:
            view.tick()
        for outlet in self.outlets:
            outlet.look()

    def resume(self) -> None:
        """Go on after the process was stopped (SIGTSTP) and continued (SIGCONT)."""
        for view in self.views:
            view.resume()

    def stop(self) -> None:
        """End the story: the terminal is as it was, what was said is written, files are closed."""
        for view in self.views:
            view.stop()
        if self._safe is not None:
            self._safe.withdraw()
        for outlet in self.outlets:
            outlet.close()

    def reopen(self) -> None:
        """Open the files of the story anew, as after a rotation of logs."""
        for outlet in self.outlets:
            outlet.reopen()

    def note(self, lines: Iterable[str]) -> None:
        """Show lines to the person who started us."""
        for line in lines:
            for view in self.views:
                view.note(line)

    def disclose(self, user: str, password: str, *, lasting: bool = False) -> None:
        """Show an account that was made for this run, or that stays (`lasting`), or say where to read it.

        Raises: CannotWrite: it could not be kept.
        """
        if self._safe is not None:
            self._publisher.log("info", self._safe.keep(user, password, lasting=lasting))
            return
        for view in self.views:
            view.account(user, password, lasting=lasting)

    def _lost(self, outlet: Outlet, lines: int, why: str) -> None:
        self._publisher.log("warning", f"{plural(lines, 'line')} dropped: {outlet.name} {why}")

    def _broken(self, outlet: Outlet, error: OSError) -> None:
        if outlet is self._stderr:
            return
        if outlet is not self._stdout or not isinstance(error, BrokenPipeError):
            failure = CannotWrite(outlet.name, error.strerror or str(error))
            self.failure = self.failure or failure
            self._publisher.log("error", str(failure))
        if outlet is self._stdout:
            self.on_output_closed()
