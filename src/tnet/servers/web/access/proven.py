"""Who has proven who they are, a moment ago: so that a page with sixty pictures costs one check of a password."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from hashlib import blake2b
from secrets import token_bytes
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tnet.accounts.store import Account

Check = Callable[[], Coroutine[Any, Any, Account | None]]

REMEMBERED_SECONDS = 30.0
MOST = 1024


@dataclass(slots=True)
class _Checking:
    """A check that runs, and who waits for it."""

    work: Deferred[Any] = field(default_factory=Deferred)
    waiting: list[Deferred[Account | None]] = field(default_factory=list)


class Proven:
    """Remembers what credentials opened for `seconds`: that long, at most, somebody goes on after their account was
    disabled or their password changed. Wrong ones are not remembered.

    Credentials are kept as digests under a key of this process alone. The `most` that were proven last are kept.
    The same check, asked for several times at once, runs once; it is given up when nobody waits for it any more.

    Units: `clock` gives monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float], *, seconds: float = REMEMBERED_SECONDS, most: int = MOST) -> None:
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._key = token_bytes(32)
        self._kept: OrderedDict[bytes, tuple[float, Account]] = OrderedDict()
        self._running: dict[bytes, _Checking] = {}
        self._age = 0

    def digest(self, *fields: bytes) -> bytes:
        """What stands for credentials, in this process."""
        digest = blake2b(key=self._key, digest_size=16)
        for each in fields:
            digest.update(len(each).to_bytes(8) + each)
        return digest.digest()

    def known(self, digest: bytes) -> Account | None:
        """The account that these credentials opened lately."""
        until, account = self._kept.get(digest, (0.0, None))
        return account if self._clock() < until else None

    def prove(self, digest: bytes, peer: bytes, check: Check) -> Deferred[Account | None]:
        """What `check` comes to, which is remembered if it is an account. Peers do not wait for each other's checks.

        Fires with: what `check` gives or raises.
        """
        key = self.digest(digest, peer)
        waiter: Deferred[Account | None] = Deferred(lambda one: self._leave(key, one))
        running = self._running.get(key)
        if running is not None:
            running.waiting.append(waiter)
            return waiter
        running = self._running[key] = _Checking(waiting=[waiter])
        running.work = Deferred.fromCoroutine(check())
        running.work.addBoth(self._done, key, digest, self._age)
        return waiter

    def forget(self) -> None:
        """Ask for every proof anew, of those whose check runs now, too."""
        self._kept.clear()
        self._age += 1

    def _done(self, outcome: Account | Failure | None, key: bytes, digest: bytes, age: int) -> None:
        running = self._running.pop(key)
        if isinstance(outcome, Account) and age == self._age:
            self._keep(digest, outcome)
        for waiter in running.waiting:
            if isinstance(outcome, Failure):
                waiter.errback(outcome)
            else:
                waiter.callback(outcome)

    def _keep(self, digest: bytes, account: Account) -> None:
        self._kept[digest] = (self._clock() + self._seconds, account)
        self._kept.move_to_end(digest)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def _leave(self, key: bytes, waiter: Deferred[Account | None]) -> None:
        running = self._running.get(key)
        if running is None or waiter not in running.waiting:
            return
        running.waiting.remove(waiter)
        if not running.waiting:
            running.work.cancel()
