"""How long the phases of a request took, and of several that led to one answer.

There are two ways of telling it. Phases are lengths: the name lookup, the connection, TLS. Marks are curl's: how long
after the beginning each phase was over. Marks of requests that followed one another are added up, as curl does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from tnet.events.phases import Hop

PHASES = ("queue", "dns", "connect", "proxy", "tls", "send", "wait", "receive")


@dataclass(frozen=True, slots=True)
class Marks:
    """How long after the beginning each phase was over, in their order; 0 is for what was not reached.

    `appconnect` is 0 without TLS as well. None of them is later than the next one that was reached.

    Units: seconds.
    """

    queue: float = 0.0
    namelookup: float = 0.0
    connect: float = 0.0
    appconnect: float = 0.0
    pretransfer: float = 0.0
    posttransfer: float = 0.0
    starttransfer: float = 0.0


@dataclass(frozen=True, slots=True)
class Times:
    """What all requests of a chain took together.

    `phases` are None where nothing of the kind happened.

    Units: seconds. `redirect` until the last redirect was followed.
    """

    marks: Marks
    phases: dict[str, float | None]
    redirect: float
    total: float

    def of(self, phase: str) -> float | None:
        """The length of a phase, of `total`, or of `ttfb`: from the beginning to the answer's first byte."""
        if phase == "total":
            return self.total
        return (self.marks.starttransfer or None) if phase == "ttfb" else self.phases[phase]


def phases_of(hop: Hop) -> dict[str, float | None]:
    """The length of each phase of one request, None where it did not happen. Units: seconds."""
    spreads = {name: hop.spread(name) for name in PHASES}
    return {name: None if spread is None else spread[1] - spread[0] for name, spread in spreads.items()}


def times_of(chain: Sequence[Hop]) -> Times:
    """The times of requests that followed one another."""
    if not chain:
        return Times(Marks(), dict.fromkeys(PHASES), 0.0, 0.0)
    followed = [hop.start for hop in chain[1:] if hop.asked is not None and hop.asked.cause == "redirect"]
    start = chain[0].start
    return Times(
        _sum_of(chain),
        {name: _added([phases_of(hop)[name] for hop in chain]) for name in PHASES},
        max(followed, default=start) - start,
        chain[-1].end - start,
    )


def marks_of(hop: Hop) -> Marks:
    """The marks of one request."""
    connect = 0.0 if hop.reused else _end(hop, "connect")
    namelookup = 0.0 if hop.reused else _end(hop, "dns") or (connect and _start(hop, "connect"))
    appconnect = _end(hop, "tls")
    sending = hop.spread("send")
    pretransfer = max(sending[0] - hop.start, connect, appconnect) if sending else 0.0
    starttransfer = _end(hop, "wait")
    posttransfer = max(sending[1] - hop.start, pretransfer) if sending else 0.0
    if starttransfer:
        posttransfer = min(posttransfer, starttransfer)
    queue = _end(hop, "queue")
    return Marks(queue, namelookup, connect, appconnect, pretransfer, posttransfer, starttransfer)


def _sum_of(chain: Sequence[Hop]) -> Marks:
    """Marks added up, those that the last request did not reach left out.

    Requests without TLS, and those that found it done, count as well where another one had TLS: else its mark could be
    before that of the connection.
    """
    each = [marks_of(hop) for hop in chain]
    last, reused = each[-1], chain[-1].reused
    sums = {field.name: sum(getattr(marks, field.name) for marks in each) for field in fields(Marks)}
    secured = any(marks.appconnect for marks in each)
    sums["appconnect"] = sum(marks.appconnect or marks.connect for marks in each) if secured else 0.0
    reached = {"queue", *(("namelookup", "connect", "appconnect") if reused or last.pretransfer else ())}
    return Marks(**{name: total if name in reached or getattr(last, name) else 0.0 for name, total in sums.items()})


def _start(hop: Hop, name: str) -> float:
    spread = hop.spread(name)
    return spread[0] - hop.start if spread is not None else 0.0


def _end(hop: Hop, name: str) -> float:
    """When a phase was over, if it went well; 0 if not."""
    good = [phase.end for phase in hop.phases if phase.name == name and phase.outcome == "ok"]
    return max(good) - hop.start if good else 0.0


def _added(lengths: Sequence[float | None]) -> float | None:
    found = [length for length in lengths if length is not None]
    return sum(found) if found else None
