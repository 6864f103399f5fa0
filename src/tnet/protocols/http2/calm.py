"""How much of what costs us and gives nothing a peer may send: tokens that it spends, and that come back.

Source: CVE-2019-9512 and its siblings; CVE-2023-44487.
"""

from __future__ import annotations


class Bucket:
    """Holds `burst` tokens at most and at first; `per_second` of them come back.

    Units: `now` in seconds of whatever clock, the same each time.
    """

    def __init__(self, burst: int, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._tokens = float(burst)
        self._then = 0.0

    def spend(self, now: float) -> bool:
        """Take a token; whether there was one."""
        back = (now - self._then) * self._per_second
        self._then = now
        self._tokens = min(self._burst, self._tokens + back) - 1
        return self._tokens >= 0

    def earn(self, count: int) -> None:
        """Put tokens back before their time."""
        self._tokens = min(self._burst, self._tokens + count)
