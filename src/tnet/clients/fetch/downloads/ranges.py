"""Which bytes of a body are there, and who fetches which of the others."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(slots=True, eq=False)
class Claim:
    """A stretch of the body that one stream fetches, from `start` to before `end`.

    What is before `got` has come, what is before `kept` is written down. The stream would bring everything before
    `reach`, but `end` comes nearer, though not below `got`, when a part of the stretch goes to another stream.
    """

    start: int
    end: int
    reach: int
    got: int
    kept: int

    @property
    def left(self) -> int:
        """How much has not come yet."""
        return self.end - self.got


class Ranges:
    """A body of `total` bytes (None: nobody knows yet) of which the spans in `done` are there already.

    Every byte that is not done is in a gap, or in the one open claim that it was given to.
    """

    def __init__(self, total: int | None, done: Iterable[Span] = ()) -> None:
        self.total = total
        self.claims: list[Claim] = []
        self._done = _merged(done)
        end = sys.maxsize if total is None else total
        self._gaps = _between(self._done, end)

    @property
    def done(self) -> tuple[Span, ...]:
        """The spans that are there, in order, with what open claims have written down."""
        return _merged([*self._done, *((claim.start, claim.kept) for claim in self.claims)])

    @property
    def done_bytes(self) -> int:
        """How many bytes are there."""
        return sum(end - start for start, end in self.done)

    @property
    def prefix(self) -> int:
        """How many bytes from the beginning on are there without a gap."""
        done = self.done
        return done[0][1] if done and done[0][0] == 0 else 0

    @property
    def complete(self) -> bool:
        """Whether every byte is there."""
        return self.total is not None and self.done == (((0, self.total),) if self.total else ())

    @property
    def gap(self) -> Span | None:
        """The first stretch that nobody fetches."""
        return self._gaps[0] if self._gaps else None

    def take(self) -> Claim | None:
        """The first gap, for the caller to fetch."""
        return self._open(*self._gaps.pop(0)) if self._gaps else None

    def split(self, least: int) -> Claim | None:
        """The second half of what is left of the largest claim; None when a half would have less than `least` bytes."""
        largest = max(self.claims, key=lambda claim: claim.left, default=None)
        if largest is None or largest.left < 2 * least or self.total is None:
            return None
        end, largest.end = largest.end, largest.end - largest.left // 2
        return self._open(largest.end, end)

    def give_back(self, claim: Claim) -> None:
        """Its stream is over: what is not written down of it is for others, best for who would bring it anyway."""
        self.claims.remove(claim)
        self._done = _merged([*self._done, (claim.start, claim.kept)])
        if claim.kept == claim.end:
            return
        for other in self.claims:
            if other.end == claim.kept and other.reach >= claim.end:
                other.end = claim.end
                return
        self._gaps = sorted([*self._gaps, (claim.kept, claim.end)])

    def end_at(self, total: int) -> None:
        """The body has ended, and was so long."""
        self.total = total
        self._gaps = [(start, min(end, total)) for start, end in self._gaps if start < total]
        for claim in self.claims:
            claim.end = min(claim.end, total)

    def _open(self, start: int, end: int) -> Claim:
        claim = Claim(start, end, end, start, start)
        self.claims.append(claim)
        return claim


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """`spans` in order, with those that touch made one and the empty ones left out."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if start == end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple(merged)


def _between(done: tuple[Span, ...], total: int) -> list[Span]:
    """What `done` leaves of the bytes up to `total`."""
    starts = [0, *(end for _, end in done)]
    ends = [*(start for start, _ in done), total]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
