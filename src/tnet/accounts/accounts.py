"""Who may come in, for every server that asks: one question, one answer, the same work for each answer."""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b

from twisted.cred.checkers import ICredentialsChecker

from tnet.accounts import onetime, passwords
from tnet.accounts.checker import PasswordChecker
from tnet.accounts.hashing import Argon2, UnreadableSecret, matches
from tnet.accounts.location import how_to_add, open_store
from tnet.accounts.names import account_name
from tnet.accounts.onetime import OneTimeStore
from tnet.accounts.store import Account, Entry, Login, Store, StoreFailed
from tnet.accounts.throttle import Throttle
from tnet.accounts.turnstile import Turnstile
from tnet.errors import BadUsage, TnetError
from tnet.events import Publisher
from tnet.net.context import Context, Offload
from tnet.net.workers import Workers

QUEUE = 256
NAMES_SHOWN = 5
SEAL_BYTES = 16


@dataclass(frozen=True, slots=True)
class Standing:
    """An account that is not disabled; its `seal` stays as it is until another secret is stored."""

    account: Account
    seal: bytes = field(repr=False)


class Accounts:
    """The users that `store` keeps.

    `hashing` are the threads that check passwords: their number bounds the memory that a flood of logins takes,
    their queue how long one waits. `fallback` stands in for `store` while that has no account. `turnstile` slows
    guessing down; without it nothing does. `how_to_add` is the command that adds an account to `store`.
    """

    def __init__(
        self,
        store: Store,
        hashing: Offload,
        publisher: Publisher,
        *,
        fallback: Store | None = None,
        hasher: Argon2 | None = None,
        turnstile: Turnstile | None = None,
        how_to_add: str = "tnet users add NAME",
    ) -> None:
        self.checker: ICredentialsChecker = PasswordChecker(self.verify)
        self.how_to_add = how_to_add
        self._kept = store
        self._fallback = fallback
        self._hashing = hashing
        self._publisher = publisher
        self._hasher = hasher or Argon2()
        self._decoy = self._hasher.decoy()
        self._turnstile = turnstile
        self._trouble = ""

    @property
    def one_time(self) -> bool:
        """Whether the only account is one that ends with this process."""
        return self._fallback is not None

    async def verify(self, user: bytes | str, password: bytes, peer: str | None = None) -> Account | None:
        """The account that `user` and `password` open; None when they open none, whatever is wrong with them.

        An unknown name, a malformed one, a disabled account and one without a password cost the same work, and the
        same wait, as a wrong password. `peer` is the address that they came from. Cancelling gives up the wait, but
        not a check that has begun.

        Raises: Throttled, Overloaded or StoreFailed when nobody can tell now.
        """
        check = partial(self._check, user, password)
        return await (check() if self._turnstile is None else self._turnstile.through(user, password, peer, check))

    async def _check(self, user: bytes | str, password: bytes) -> Account | None:
        if len(password) > passwords.LONGEST_BYTES:
            return None
        try:
            account = await self._look(user, password)
        except StoreFailed as error:
            self._tell(str(error))
            raise
        self._tell("")
        return account

    def _tell(self, trouble: str) -> None:
        """Log that the store failed, and that it no longer does; not each of a thousand logins that meet it."""
        if trouble and trouble != self._trouble:
            self._publisher.log("error", f"nobody can log in: {trouble}")
        elif self._trouble and not trouble:
            self._publisher.log("info", "logins can be checked again")
        self._trouble = trouble

    async def _look(self, user: bytes | str, password: bytes) -> Account | None:
        store = await self._store()
        entry = await _find(store, user)
        secret = entry.secret if entry is not None else None
        right = await self._matches(store, password, secret or store.decoy or self._decoy)
        if entry is None or secret is None or entry.account.disabled or not right:
            return None
        await self._refresh(store, entry.account.name, secret, password)
        return entry.account

    async def recognize(self, user: bytes | str) -> Account | None:
        """The account that `user` opens by the name alone; None when a password has to be asked for.

        An unknown name, a disabled account and one with a password are answered alike, each after one look.

        Raises: Overloaded or StoreFailed when nobody can tell now.
        """
        entry = await _find(await self._store(), user)
        if entry is None or entry.account.disabled or entry.account.login is not Login.NOTHING:
            return None
        return entry.account

    async def key_holder(self, user: bytes | str, blob: bytes) -> Account | None:
        """The account called `user` that the public key opens; None when it opens none, whatever is wrong.

        That the key's owner is at the other end is for the caller to check. Each answer takes one look at the store.

        Shape: `blob` is the key in SSH's wire format.
        Raises: Overloaded or StoreFailed when nobody can tell now.
        """
        wanted = b64encode(blob).decode()
        entry = await _find(await self._store(), user)
        account = Account("", disabled=True) if entry is None else entry.account
        opens = wanted in {word for line in account.keys for word in line.split()[1:2]}
        return account if opens and not account.disabled else None

    async def groups_of(self, name: str) -> tuple[str, ...]:
        """What the account called `name` is a member of. Raises: Overloaded or StoreFailed."""
        entry = await _find(await self._store(), name)
        return () if entry is None else entry.account.groups

    async def standing(self, name: str, key: bytes) -> Standing | None:
        """How the account called `name` stands now, for somebody who showed earlier who they are.

        None when it is gone or disabled. Nobody can compute its seal without `key`, nor learn from it about the secret.

        Raises: Overloaded or StoreFailed.
        """
        entry = await _find(await self._store(), name)
        if entry is None or entry.account.disabled:
            return None
        said = (entry.secret or entry.account.login.value).encode()
        return Standing(entry.account, blake2b(said, key=key, digest_size=SEAL_BYTES).digest())

    async def open_to_all(self) -> list[str]:
        """The names that need no password. Raises: Overloaded or StoreFailed."""
        return await (await self._store()).open_to_all()

    async def notes(self, *, exposed: bool, secured: bool) -> tuple[str, ...]:
        """What whoever starts a server ought to know; it is `exposed` to other machines, and `secured` by TLS.

        Raises: Overloaded or StoreFailed.
        """
        found = []
        if self.one_time:
            found.append(f"no account yet: this one ends with the server, or once `{self.how_to_add}` makes a real one")
        if exposed and not secured:
            found.append("passwords travel in clear: --tls hides them")
        if exposed and (names := await self.open_to_all()):
            more = len(names) - NAMES_SHOWN
            listed = ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
            found.append(f"whoever can connect comes in without a password as {listed}")
        return tuple(found)

    async def reload(self) -> None:
        """Ask the store, as every login does: there is nothing that would have to be read anew.

        Raises: StoreFailed; everything stays as it was.
        """
        await self._store()

    async def close(self) -> None:
        """Let go of what the store holds open."""
        await self._kept.close()

    async def _store(self) -> Store:
        """Where the accounts are now: the fallback goes for good once there is one in the store."""
        if self._fallback is not None and not await self._kept.is_empty():
            gone, self._fallback = self._fallback, None
            if gone is not None:
                self._publisher.log("notice", f"the account of this run ends: {self._kept.url} has one now")
        return self._fallback or self._kept

    async def _matches(self, store: Store, password: bytes, secret: str) -> bool:
        try:
            return bool(await self._hashing.run(matches, password, secret))
        except UnreadableSecret as error:
            raise StoreFailed(store.url, f"a stored secret is unreadable: {error}") from error

    async def _refresh(self, store: Store, name: str, old: str, password: bytes) -> None:
        """Store a secret of today's strength for a password that proved right; failing costs nobody the login."""
        if not store.renews or not self._hasher.outdated(old):
            return
        try:
            new = await self._hashing.run(self._hasher.hash, password)
            await store.renew(name, old, new)
        except TnetError as error:
            self._publisher.log("warning", f"a password could not be hashed anew: {error}")


async def _find(store: Store, user: bytes | str) -> Entry | None:
    name = account_name(user)
    return None if name is None else await store.find(name)


async def open_accounts(
    users: str | None, context: Context, *, exposed: bool, hashing: Offload | None = None
) -> Accounts:
    """The accounts in the store that `users` names.

    With none in it, a server that only this machine can reach gets one for its own lifetime, which
    `context.disclose` shows.

    Raises: BadUsage when an exposed server would have no account; StoreFailed.
    """
    store = open_store(users, context)
    workers = hashing or Workers(context.reactor, "password checking", threads=_processors(), queue=QUEUE)
    turnstile = Turnstile(Throttle(context.clock), context.reactor)
    if not await store.is_empty():
        return Accounts(store, workers, context.publisher, turnstile=turnstile)
    command = how_to_add(users, store)
    if exposed:
        raise BadUsage("--users", f"{store.url} has no account", f"add one with `{command}`")
    password = passwords.generate()
    secret = await workers.run(Argon2().hash, password.encode())
    context.disclose(onetime.NAME, password)
    return Accounts(
        store,
        workers,
        context.publisher,
        fallback=OneTimeStore(secret),
        turnstile=turnstile,
        how_to_add=command,
    )


def _processors() -> int:
    """How many processors we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
