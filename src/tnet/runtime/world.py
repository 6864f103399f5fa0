"""The Context of a real process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tnet.events import Publisher
from tnet.net.context import Context
from tnet.net.workers import Workers
from tnet.runtime.story import Story

FILE_THREADS = 4
# A connection waits for one file at a time, and connections have limits of their own; to refuse a call would break
# off a download that is one of many.
FILE_QUEUE = 1 << 16
NAME_THREADS = 8


def make_context(
    reactor: Any, publisher: Publisher, story: Story, on_hangup: Callable[[Callable[[], object]], None]
) -> Context:
    """A Context with threads of its own for files and for names, so that neither waits for the other."""
    return Context(
        reactor=reactor,
        publisher=publisher,
        workers=Workers(reactor, "the file queue", threads=FILE_THREADS, queue=FILE_QUEUE),
        names=Workers(reactor, "the name resolver", threads=NAME_THREADS),
        disclose=story.disclose,
        note=story.note,
        on_hangup=on_hangup,
    )
