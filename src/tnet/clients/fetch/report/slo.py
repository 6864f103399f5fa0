"""Whether what came, came as fast as was agreed."""

from __future__ import annotations

from collections.abc import Iterable

from tnet.clients.fetch.report.times import Times
from tnet.errors import SloMissed


def judge(objectives: Iterable[tuple[str, float]], times: Times) -> None:
    """Compare a transfer's times with what `--slo` allows; a phase that did not happen took no time.

    Units: seconds.
    Raises: SloMissed, which names every phase that took too long.
    """
    found = ((phase, times.of(phase), most) for phase, most in objectives)
    missed = [
        f"{phase} took {_ms(took)} where {_ms(most)} are allowed"
        for phase, took, most in found
        if took is not None and took > most
    ]
    if missed:
        raise SloMissed(", ".join(missed))


def _ms(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:.0f} ms" if milliseconds >= 1000 else f"{milliseconds:.3g} ms"
