"""How long a guess has to wait: longer the more of them failed from one address or for one user, but never for ever.

Everything is counted when an attempt begins, so that a thousand attempts at once are a thousand and not one. The same
password for the same name again tells a guesser nothing new, and counts once: a program with an old password does not
slow down everybody behind its address. Names and passwords are kept only as digests under a key of this process.

Source: Dovecot's authentication penalty, for the shape of the delays; RFC 6177 for an IPv6 site's /64.
"""

from __future__ import annotations

import ipaddress
import math
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from secrets import token_bytes

from tnet.errors import OurError

REMEMBERED_GUESSES = 10
DIGEST_BYTES = 16
IPV6_KEPT_BITS = 64
LOCAL = "local"


@dataclass(eq=False)
class Throttled(OurError, says="too many logins from {network} are waiting: try again later"):
    """An address from which as many attempts wait as may: this one was not looked at."""

    network: str


@dataclass(frozen=True, slots=True)
class Pace:
    """How failures turn into delay: `free` of them cost nothing, then each doubles it, from the first to the longest.

    Units: `forget_seconds` for each failure to be forgotten.
    """

    free: int
    first_seconds: float = 2.0
    longest_seconds: float = 15.0
    forget_seconds: float = 60.0

    def delay(self, failures: float) -> float:
        """What an attempt has to wait after so many failures. Units: seconds."""
        beyond = math.ceil(failures) - self.free
        return 0.0 if beyond < 0 else min(self.longest_seconds, self.first_seconds * 2.0 ** min(beyond, 60))

    @property
    def most(self) -> int:
        """More failures than this are not counted: the delay would not grow, only the time to forget them."""
        return self.free + 1 + max(0, math.ceil(math.log2(self.longest_seconds / self.first_seconds)))


PER_ADDRESS = Pace(free=8)
PER_USER = Pace(free=3)


@dataclass(frozen=True, slots=True)
class _Guess:
    """One counted attempt: its digest, the other key it was counted under, and what it added."""

    digest: bytes
    other: object
    weight: float


class _Tally:
    """What failed for one address or one user, as it fades."""

    __slots__ = ("_at", "_clock", "_failures", "_pace", "recent")

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        self._pace = pace
        self._clock = clock
        self._failures = 0.0
        self._at = clock()
        self.recent: list[_Guess] = []

    @property
    def failures(self) -> float:
        """How many are not forgotten."""
        return max(0.0, self._failures - (self._clock() - self._at) / self._pace.forget_seconds)

    @property
    def delay(self) -> float:
        """What the next attempt has to wait."""
        return self._pace.delay(self.failures)

    def count(self, digest: bytes, other: object) -> _Guess | None:
        """One more attempt; None, and nothing counted, when it is one of the last few again."""
        if any(guess.digest == digest for guess in self.recent):
            return None
        before = self.failures
        self._set(min(before + 1, max(before, self._pace.most)))
        self.recent = [*self.recent[1 - REMEMBERED_GUESSES :], guess := _Guess(digest, other, self._failures - before)]
        return guess

    def take_back(self, guesses: list[_Guess]) -> None:
        """Undo what some of the recent attempts added."""
        self._set(max(0.0, self.failures - sum(guess.weight for guess in guesses)))
        self.recent = [guess for guess in self.recent if guess not in guesses]

    def _set(self, failures: float) -> None:
        self._failures, self._at = failures, self._clock()


class _Tallies:
    """The tallies of the `most` keys that were used last."""

    def __init__(self, pace: Pace, clock: Callable[[], float], most: int) -> None:
        self._pace, self._clock, self._most = pace, clock, most
        self._kept: OrderedDict[object, _Tally] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def delay(self, key: object) -> float:
        """What the next attempt for `key` has to wait; asking leaves no trace. Units: seconds."""
        return self._kept[key].delay if key in self._kept else 0.0

    def of(self, key: object) -> _Tally:
        """The tally of `key`, a new one if there is none; the one longest unused goes when there are too many."""
        tally = self._kept.setdefault(key, _Tally(self._pace, self._clock))
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return tally


@dataclass(frozen=True, slots=True)
class _Count:
    """Where an attempt was counted, under which other key, and what it added if it was a new guess."""

    tally: _Tally
    other: object
    guess: _Guess | None


class Attempt:
    """One attempt that was counted; it has to wait `seconds` before anybody looks at it, and then say `waited`."""

    def __init__(self, seconds: float, counts: list[_Count], leave: Callable[[], None]) -> None:
        self.seconds = seconds
        self._counts = counts
        self._leave = leave

    def waited(self) -> None:
        """The wait is over, or was given up: another may wait in its place."""
        self._leave()

    def succeeded(self) -> None:
        """The password was right: what this address did wrong for this user is forgiven, and nothing else."""
        for count in self._counts:
            count.tally.take_back([guess for guess in count.tally.recent if guess.other == count.other])

    def withdrawn(self) -> None:
        """Nobody could tell: the attempt does not count."""
        for count in self._counts:
            count.tally.take_back([guess for guess in count.tally.recent if guess is count.guess])


def _nothing() -> None:
    """Nobody waited."""


class Throttle:
    """Counts attempts and says how long each has to wait.

    No user is ever locked out: whoever knows the password waits `longest_seconds` at most. Of one address no more than
    `most_waiting` wait at a time. The `remembered` addresses and as many users, those used last, are kept.

    Units: `clock` gives monotonic seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        per_address: Pace = PER_ADDRESS,
        per_user: Pace = PER_USER,
        most_waiting: int = 8,
        remembered: int = 8192,
    ) -> None:
        self.networks = _Tallies(per_address, clock, remembered)
        self.users = _Tallies(per_user, clock, remembered)
        self._waiting: Counter[str] = Counter()
        self._most_waiting = most_waiting
        self._key = token_bytes(32)

    def begin(self, user: bytes, password: bytes, address: str | None) -> Attempt:
        """Count an attempt; without an address for the user alone.

        Raises: Throttled, and counts nothing, when too many wait.
        """
        network = None if address is None else network_of(address)
        who, digest = self._digest(user), self._digest(user, password)
        tables = [(self.users, who, network)] + ([] if network is None else [(self.networks, network, who)])
        seconds = max(table.delay(key) for table, key, _ in tables)
        leave = self._join(network) if seconds and network is not None else _nothing
        tallies = [(table.of(key), other) for table, key, other in tables]
        counts = [_Count(tally, other, tally.count(digest, other)) for tally, other in tallies]
        return Attempt(seconds, counts, leave)

    def _join(self, network: str) -> Callable[[], None]:
        """Take a place among those of `network` that wait; what gives it back."""
        if self._waiting[network] >= self._most_waiting:
            raise Throttled(network)
        self._waiting[network] += 1
        return partial(self._leave, network)

    def _leave(self, network: str) -> None:
        self._waiting[network] -= 1
        if not self._waiting[network]:
            del self._waiting[network]

    def _digest(self, *fields: bytes) -> bytes:
        """What stands for `fields` in this process."""
        digest = blake2b(key=self._key, digest_size=DIGEST_BYTES)
        for field in fields:
            digest.update(len(field).to_bytes(8) + field)
        return digest.digest()


def network_of(address: str) -> str:
    """What counts as one peer: an IPv4 address, an IPv6 /64, or everybody who is on this machine's UNIX sockets."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return LOCAL
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(ipaddress.ip_network((found, IPV6_KEPT_BITS), strict=False))
