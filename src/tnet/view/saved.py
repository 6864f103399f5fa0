"""Which files a fetch wrote, where nobody watches and the user has not named them."""

from __future__ import annotations

from tnet.events import Record, kinds
from tnet.view.interest import Interest
from tnet.view.measures import size
from tnet.view.plain import Sink, Teller
from tnet.view.story import StoryView
from tnet.view.words import joined


class SavedNames(StoryView):
    """One line for each file whose name nobody chose, unless `interest` tells of it anyhow."""

    only = frozenset({kinds.TransferEnded})

    def __init__(self, sink: Sink, teller: Teller, interest: Interest) -> None:
        self._sink = sink
        self._teller = teller
        self._interest = interest

    def __call__(self, record: Record) -> None:
        match record.event:
            case kinds.TransferEnded(chosen=False, outcome="ok" | "unchanged" as outcome) as event:
                if not self._interest.tells(event):
                    same = outcome if outcome == "unchanged" else ""
                    self._sink.write(self._teller.notice(joined(f"saved {event.path}", same, size(event.done_bytes))))
