"""What goes wrong on purpose, in the words of Toxiproxy.

::

    latency=200ms±50ms             everything comes so much later, each chunk somewhere within the jitter (also +-)
    bandwidth=100KiB               so many bytes a second at most
    slice=1-64                     in pieces of so many bytes
    limit=1MiB:close|reset|stall   so many bytes, and then the end, an RST, or silence
    refuse=10%                     that share of connections is reset at once
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NoReturn, cast

from tnet.errors import BadUsage
from tnet.plans.units import duration, size

Outcome = Literal["close", "reset", "stall"]

MOST_SECONDS = 3600.0
MOST_BYTES = 1 << 40

_JITTER = re.compile(r"±|\+/?-")
_RANGE = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")
_SHARE = re.compile(r"([0-9]{1,3})%")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `latency` (with `jitter`), `bandwidth`, `slice`, `limit` (then `outcome`), or `refuse`.

    Units: `seconds` and `jitter_seconds` of latency; `amount` and `most` in bytes, bytes a second, or percent.
    """

    kind: Literal["latency", "bandwidth", "slice", "limit", "refuse"]
    seconds: float = 0
    jitter_seconds: float = 0
    amount: int = 0
    most: int = 0
    outcome: Outcome = "close"

    @property
    def detail(self) -> str:
        """How much of it, as it is written behind the `=`."""
        match self.kind:
            case "latency":
                jitter = f"±{_shown_seconds(self.jitter_seconds)}" if self.jitter_seconds else ""
                return _shown_seconds(self.seconds) + jitter
            case "bandwidth":
                return _shown_bytes(self.amount)
            case "slice":
                return f"{self.amount}-{self.most}"
            case "limit":
                return f"{_shown_bytes(self.amount)}:{self.outcome}"
            case "refuse":
                return f"{self.amount}%"

    def __str__(self) -> str:
        return f"{self.kind}={self.detail}"


def parse_fault(text: str, field: str = "--fault") -> Fault:
    """What `text` asks for.

    Raises: BadUsage.
    """
    kind, _, value = text.strip().partition("=")
    match kind:
        case "latency":
            return _latency(value, field)
        case "bandwidth":
            return _bandwidth(value, field)
        case "slice":
            return _slice(value, field)
        case "limit":
            return _limit(value, field)
        case "refuse":
            return _refuse(value, field)
    raise BadUsage(field, f"{kind!r} is none of latency, bandwidth, slice, limit and refuse")


def _latency(value: str, field: str) -> Fault:
    mean, *jitters = _JITTER.split(value, maxsplit=1)
    seconds = duration(mean)
    jitter = duration(jitters[0]) if jitters else 0.0
    if seconds is None or jitter is None:
        _refused(field, "latency", value, "200ms or 200ms±50ms")
    if seconds > MOST_SECONDS:
        raise BadUsage(field, f"latency={value} is more than an hour")
    if jitter > seconds:
        raise BadUsage(field, f"latency={value}: the jitter is more than the latency, and nothing can come earlier")
    return Fault("latency", seconds=seconds, jitter_seconds=jitter)


def _bandwidth(value: str, field: str) -> Fault:
    amount = size(value.removesuffix("/s"))
    if not amount or amount > MOST_BYTES:
        _refused(field, "bandwidth", value, "100KiB, the bytes of a second, at least 1")
    return Fault("bandwidth", amount=amount)


def _slice(value: str, field: str) -> Fault:
    match = _RANGE.fullmatch(value)
    if match is None or not 1 <= int(match[1]) <= int(match[2] or match[1]):
        _refused(field, "slice", value, "1-64 or 16, the bytes of a piece, at least 1")
    return Fault("slice", amount=int(match[1]), most=int(match[2] or match[1]))


def _limit(value: str, field: str) -> Fault:
    written, colon, outcome = value.partition(":")
    amount = size(written)
    if amount is None or amount > MOST_BYTES or (colon and outcome not in ("close", "reset", "stall")):
        _refused(field, "limit", value, "1MiB:close, 0:stall or 4000:reset")
    return Fault("limit", amount=amount, outcome=cast("Outcome", outcome or "close"))


def _refuse(value: str, field: str) -> Fault:
    match = _SHARE.fullmatch(value)
    if match is None or int(match[1]) > 100:
        _refused(field, "refuse", value, "10%, from 0% to 100%")
    return Fault("refuse", amount=int(match[1]))


def _refused(field: str, kind: str, value: str, example: str) -> NoReturn:
    raise BadUsage(field, f"{kind}={value} is not like {kind}={example}")


def _shown_seconds(seconds: float) -> str:
    return f"{seconds * 1000:g}ms" if seconds < 1 else f"{seconds:g}s"


def _shown_bytes(amount: int) -> str:
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if amount and amount % unit == 0:
            return f"{amount // unit}{name}"
    return str(amount)
