"""Accounts for tests: who is there, with which password, and whether anybody can tell."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from tnet.accounts.accounts import Standing
from tnet.accounts.store import Account

ALICE = Account("alice", groups=("staff",))
BOB = Account("bob")


class FakeDoors:
    """`Accounts` as far as a web server asks them; `checked` counts what was asked, `wait` holds the answers back."""

    def __init__(self) -> None:
        self.passwords = {"alice": b"pw", "bob": b"pw"}
        self.accounts = {"alice": ALICE, "bob": BOB}
        self.checked = 0
        self.peers: list[str | None] = []
        self.trouble: Exception | None = None
        self.wait: Deferred[None] | None = None

    async def verify(self, user: bytes | str, password: bytes, peer: str | None = None) -> Account | None:
        self.checked += 1
        self.peers.append(peer)
        if self.wait is not None:
            await self.wait
        if self.trouble is not None:
            raise self.trouble
        name = user.decode("utf-8", "replace") if isinstance(user, bytes) else user
        return self.accounts.get(name) if self.passwords.get(name) == password else None

    async def recognize(self, user: bytes | str) -> Account | None:
        return Account("guest") if user == b"guest" else None

    async def standing(self, name: str, key: bytes) -> Standing | None:
        self.checked += 1
        if self.trouble is not None:
            raise self.trouble
        account = self.accounts.get(name)
        return None if account is None else Standing(account, self.passwords[name] + b" sealed")
