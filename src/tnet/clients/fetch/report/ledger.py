"""What is known of every request of a command, for those who tell of it when it is over.

Times come as events, through `Phases`; heads and sizes come from the client itself, exact and unmasked. Whoever tells
of them masks what is secret.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from tnet.clients.fetch.outgoing import Outgoing
from tnet.escape import safe_line
from tnet.events import Publisher, Record, kinds, phases
from tnet.events.phases import Hop, Phases
from tnet.plans.fetch import Showing
from tnet.protocols.http1.responses import Fields, ResponseHead

KINDS = phases.KINDS | {kinds.TransferStarted, kinds.TransferEnded}
KEPT_BODY_BYTES = 1 << 20
MOST_BYTES = 64 << 20
MOST_INTERIMS = 20


@dataclass(slots=True)
class Facts:
    """What the client itself told of one request.

    `sent` and `received` are the beginnings of the bodies, where they are kept: of the answer's as it was decoded.

    Units: `bytes_in` and `bytes_out` in bytes of HTTP; `wire_bytes` and `body_bytes` of the answer's body, before and
    after decoding, None where nobody read it.
    """

    url: str = ""
    fields: Fields = ()
    proxied: bool = False
    interims: list[ResponseHead] = field(default_factory=list)
    head: ResponseHead | None = None
    trailers: Fields = ()
    bytes_in: int = 0
    bytes_out: int = 0
    wire_bytes: int | None = None
    body_bytes: int | None = None
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """All that is known of one request."""

    hop: Hop
    facts: Facts

    @property
    def url(self) -> str:
        """What was asked for, unmasked where the client told it."""
        return self.facts.url or (self.hop.asked.url if self.hop.asked is not None else "")


@dataclass(frozen=True, slots=True)
class Kept:
    """The file that a transfer became, or was to become; `ended` once it has."""

    path: str
    ended: kinds.TransferEnded | None = None


class Ledger:
    """Observes a command's events, and is told the rest; not `awake`, it takes no notice of anything.

    With `bodies` the beginning of each body is kept. What there is, is bounded: of very many requests the last ones
    are known, of very long heads and bodies in all no more than `MOST_BYTES`.
    """

    def __init__(self, *, awake: bool = True, bodies: bool = False) -> None:
        self.awake = awake
        self.bodies = bodies
        self._phases = Phases()
        self._facts: OrderedDict[int, Facts] = OrderedDict()
        self._weight = 0
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self._retries: deque[kinds.RetryPlanned] = deque(maxlen=phases.MOST_HOPS)

    @classmethod
    def opened(cls, showing: Showing, publisher: Publisher) -> Self:
        """A ledger that observes what is needed for what is to be shown; for most commands that is nothing."""
        bodies = showing.har is not None
        ledger = cls(
            awake=bodies or showing.write_out is not None or showing.report or bool(showing.slo), bodies=bodies
        )
        if ledger.awake:
            publisher.subscribe(ledger, KINDS)
        return ledger

    # ── what is told ──

    def __call__(self, record: Record) -> None:
        self._phases.see(record)
        match record.event:
            case kinds.RetryPlanned() as event:
                self._retries.append(event)
            case kinds.TransferStarted() as event:
                self._keep(event.transfer, Kept(event.path))
            case kinds.TransferEnded() as event:
                self._keep(event.transfer, Kept(event.path, event))

    def began(self, request: int, url: str) -> None:
        """A request for `url` begins."""
        if self.awake:
            self._of(request, len(url)).url = url

    def keeps(self, transfer: int, path: str) -> None:
        """A transfer is to become the file at `path`, unless its answer has another name for it."""
        if self.awake:
            self._keep(transfer, Kept(safe_line(path)))

    def asked(self, request: int, fields: Fields, *, proxied: bool = False) -> None:
        """The head of a request went out."""
        if self.awake:
            facts = self._of(request, sum(len(name) + len(value) for name, value in fields))
            facts.fields, facts.proxied = fields, proxied

    def answered(self, request: int, head: ResponseHead) -> None:
        """A head came, interim or not."""
        if not self.awake:
            return
        facts = self._of(request, sum(len(name) + len(value) for name, value in head.fields))
        if not head.interim:
            facts.head = head
        elif len(facts.interims) < MOST_INTERIMS:
            facts.interims.append(head)

    def overhear(self, request: int, body: Outgoing | None) -> Outgoing | None:
        """The body of a request, of which the beginning is kept as it is read, where bodies are.

        One that is sent again replaces what was kept of it.
        """
        if body is None or not self.bodies:
            return body
        self._of(request, 0).sent.clear()
        return _Overheard(body, partial(self.sent, request))

    def sent(self, request: int, data: bytes) -> None:
        """A piece of a request's body goes out."""
        if self.bodies:
            self._capture(request, self._of(request, 0).sent, data)

    def received(self, request: int, data: bytes) -> None:
        """A piece of an answer's body came, and is decoded."""
        if self.bodies:
            self._capture(request, self._of(request, 0).received, data)

    def read(self, request: int, wire_bytes: int, body_bytes: int) -> None:
        """So much of an answer's body was read in all, before and after decoding."""
        if self.awake:
            facts = self._of(request, 0)
            facts.wire_bytes, facts.body_bytes = wire_bytes, body_bytes

    def ended(self, request: int, trailers: Fields, bytes_in: int, bytes_out: int) -> None:
        """An exchange is over. Units: bytes of HTTP, heads and framing included."""
        if self.awake:
            facts = self._of(request, sum(len(name) + len(value) for name, value in trailers))
            facts.trailers, facts.bytes_in, facts.bytes_out = trailers, bytes_in, bytes_out

    # ── what is known ──

    @property
    def dropped(self) -> int:
        """How many requests there were before those that are known."""
        return self._phases.dropped

    def entries(self, transfer: int | None = None) -> list[Entry]:
        """The requests of one transfer, or of all, in the order in which they began."""
        return [
            Entry(hop, self._facts.get(hop.request or 0) or Facts())
            for hop in self._phases.hops
            if hop.asked is not None and transfer in (None, hop.asked.transfer)
        ]

    def retries(self, transfer: int) -> list[kinds.RetryPlanned]:
        """How often a transfer was tried again, and why."""
        return [retry for retry in self._retries if retry.transfer == transfer]

    def kept(self, transfer: int) -> Kept | None:
        """The file of a transfer."""
        return self._kept.get(transfer)

    # ── inside ──

    def _keep(self, transfer: int, kept: Kept) -> None:
        self._kept[transfer] = kept
        if len(self._kept) > phases.MOST_HOPS:
            self._kept.popitem(last=False)

    def _of(self, request: int, weight: int) -> Facts:
        """The facts of a request, which become heavier; others make room for it."""
        facts = self._facts.setdefault(request, Facts())
        facts.weight += weight
        self._weight += weight
        while len(self._facts) > phases.MOST_HOPS or (self._weight > MOST_BYTES and len(self._facts) > 1):
            _, oldest = self._facts.popitem(last=False)
            self._weight -= oldest.weight
        return facts

    def _capture(self, request: int, body: bytearray, data: bytes) -> None:
        piece = data[: KEPT_BODY_BYTES - len(body)]
        body += piece
        self._of(request, len(piece))


class _Overheard:
    """A body that tells somebody what is read of it."""

    def __init__(self, body: Outgoing, tell: Callable[[bytes], object]) -> None:
        self.length = body.length
        self._body = body
        self._tell = tell

    async def read(self) -> bytes:
        piece = await self._body.read()
        self._tell(piece)
        return piece

    def close(self) -> None:
        self._body.close()
