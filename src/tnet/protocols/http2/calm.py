"""How much of what costs us and gives nothing a peer may send: tokens that it spends, and that come back.

Source: CVE-2019-9512 and its siblings; CVE-2023-44487.
"""

from __future__ import annotations

from tnet.protocols.http2.reasons import ENHANCE_YOUR_CALM, Fault

CUTS, CUTS_PER_SECOND = 500, 50
IDLE_FRAMES, IDLE_FRAMES_PER_SECOND = 2_000, 200
FRAMES_FOR_A_FRAME = 4  # that a client may send to acknowledge one of ours, in windows and pings


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


class Calm:
    """What one client may do for nothing, before it is too much; `now` is to be kept right."""

    def __init__(self) -> None:
        self.now = 0.0
        self._cuts = Bucket(CUTS, CUTS_PER_SECOND)
        self._frames = Bucket(IDLE_FRAMES, IDLE_FRAMES_PER_SECOND)

    def idle_frame(self) -> None:
        """It sent a frame that asks for nothing.

        Raises: Fault.
        """
        if not self._frames.spend(self.now):
            raise Fault(ENHANCE_YOUR_CALM, "it sends too many frames that say nothing")

    def sent_frame(self) -> None:
        """We sent it a frame, which it may acknowledge."""
        self._frames.earn(FRAMES_FOR_A_FRAME)

    def cut(self) -> None:
        """A stream that it began was for nothing.

        Raises: Fault.
        """
        if not self._cuts.spend(self.now):
            raise Fault(ENHANCE_YOUR_CALM, "it begins too many streams for nothing")
