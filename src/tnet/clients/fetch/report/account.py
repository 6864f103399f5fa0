"""One transfer when it is over: the requests that led to its answer, and how long everything took.

Of a transfer that was tried several times, the last attempt counts; of one in several segments, the last answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from tnet.clients.fetch.report.ledger import Entry, Facts, Kept, Ledger
from tnet.clients.fetch.report.times import Times, times_of
from tnet.errors import TnetError
from tnet.events import kinds
from tnet.events.phases import Hop
from tnet.protocols.http1.responses import ResponseHead

_AGAIN = frozenset({"retry", "reconnect"})
_ONWARD = frozenset({"redirect", "login"})


@dataclass(frozen=True, slots=True)
class Account:
    """All that is known of one transfer; `chain` leads from its first request over redirects to the `final` one.

    `entries` are its requests, of all attempts; `error` is what it ended with.
    """

    transfer: int
    url: str
    entries: tuple[Entry, ...]
    chain: tuple[Entry, ...]
    retries: tuple[kinds.RetryPlanned, ...]
    kept: Kept | None
    error: TnetError | None

    @property
    def final(self) -> Entry:
        """The request that was answered in the end, or that failed; a blank one when there was none."""
        return self.chain[-1] if self.chain else Entry(Hop(None, 0.0, 0.0), Facts())

    @property
    def head(self) -> ResponseHead | None:
        """The head of its answer."""
        return self.final.facts.head

    @property
    def url_effective(self) -> str:
        """What was asked for in the end."""
        return self.final.url or self.url

    @property
    def wall(self) -> float:
        """When it was over. Units: seconds since the epoch."""
        hop = self.final.hop
        return hop.wall + hop.end - hop.began

    @property
    def times(self) -> Times:
        """How long everything took."""
        return times_of([entry.hop for entry in self.chain])

    @property
    def wire_bytes(self) -> int:
        """How many bytes of body came, before decoding; parts of one body are counted together."""
        final = self.final
        return sum(body_bytes(entry) for entry in self.entries if entry is final or _status(entry) == 206)


def account_of(ledger: Ledger, transfer: int, url: str, error: TnetError | None = None) -> Account:
    """What the ledger knows of a transfer that was for `url`, and ended with `error`."""
    entries = ledger.entries(transfer)
    return Account(
        transfer,
        url,
        tuple(entries),
        tuple(_chain(entries, failed=error is not None)),
        tuple(ledger.retries(transfer)),
        ledger.kept(transfer),
        error,
    )


def sent_head_bytes(entry: Entry) -> int:
    """The size of the head that went out, as HTTP/1.1 writes it; 0 when none did."""
    asked, fields = entry.hop.asked, entry.facts.fields
    if not fields or asked is None:
        return 0
    target = urlsplit(entry.url)._replace(scheme="", netloc="").geturl()
    line = f"{asked.method} {target} HTTP/1.1\r\n\r\n"
    return len(line) + sum(len(name) + len(value) + len(": \r\n") for name, value in fields)


def sent_bytes(entry: Entry) -> int:
    """The bytes of a request's body, as HTTP's bytes leave them."""
    return max(0, entry.facts.bytes_out - sent_head_bytes(entry))


def received_head_bytes(entry: Entry) -> int:
    """The size of all heads that came, as HTTP/1.1 writes them."""
    heads = (*entry.facts.interims, entry.facts.head)
    return sum(len(head.as_bytes()) for head in heads if head is not None)


def body_bytes(entry: Entry) -> int:
    """The bytes of an answer's body before decoding: as they were counted, else as HTTP's bytes leave them."""
    counted = entry.facts.wire_bytes
    return counted if counted is not None else max(0, entry.facts.bytes_in - received_head_bytes(entry))


def _chain(entries: Sequence[Entry], *, failed: bool) -> list[Entry]:
    """The final request, and before it those that led to it."""
    again = max((at for at, entry in enumerate(entries) if _cause(entry) in _AGAIN), default=0)
    tried = entries[again:]
    if not tried:
        return []
    complete = [entry for entry in tried if _is_complete(entry)]
    answered = [entry for entry in tried if _status(entry)]
    chain = [tried[-1] if failed else (complete or answered or tried)[-1]]
    while _cause(chain[0]) in _ONWARD and (before := _before(chain[0], tried)) is not None:
        chain.insert(0, before)
    return chain


def _before(entry: Entry, tried: Sequence[Entry]) -> Entry | None:
    """The request whose answer led to this one: the last that had been answered so when it began."""
    earlier = (each for each in tried if each is not entry and each.hop.ended <= entry.hop.began)
    led = (each for each in earlier if 300 <= _status(each) < 500)
    return max(led, key=lambda each: each.hop.ended, default=None)


def _status(entry: Entry) -> int:
    return entry.facts.head.status if entry.facts.head is not None else 0


def _is_complete(entry: Entry) -> bool:
    return any(phase.name == "receive" and phase.outcome == "ok" for phase in entry.hop.phases)


def _cause(entry: Entry) -> str:
    return entry.hop.asked.cause if entry.hop.asked is not None else "first"
