"""What the runtime asks of whoever tells the story."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tnet.errors import TnetError
from tnet.events import Publisher


class Story(Protocol):
    """`tnet.view.story.Story`, seen from below.

    `on_output_closed` is set by the runtime, and called when stdout carried events and its reader went away.
    `failure` is what kept it from being written to a file, if something did.
    """

    failure: TnetError | None
    tick_seconds: float | None
    on_output_closed: Callable[[], None]

    def attach(self, publisher: Publisher) -> None: ...
    def start(self) -> None: ...
    def tick(self) -> None: ...
    def stop(self) -> None: ...
    def reopen(self) -> None: ...
    def resume(self) -> None: ...
    def note(self, lines: tuple[str, ...]) -> None: ...
    def disclose(self, user: str, password: str, *, lasting: bool = False) -> None: ...
