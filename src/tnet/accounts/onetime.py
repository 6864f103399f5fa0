"""A users store for one run: a single account whose random password exists nowhere else."""

from __future__ import annotations

from tnet.accounts.store import Account, Entry

NAME = "tnet"


class OneTimeStore:
    """The account `tnet`, with the secret that it was given, until the process ends."""

    url = "one-time"
    renews = True
    decoy = None

    def __init__(self, secret: str) -> None:
        self._entry = Entry(Account(NAME), secret)

    async def find(self, name: str) -> Entry | None:
        """The entry called `name`, exactly."""
        return self._entry if name == NAME else None

    async def is_empty(self) -> bool:
        """Never: that is what it is for."""
        return False

    async def open_to_all(self) -> list[str]:
        """None: it has a password."""
        return []

    async def renew(self, name: str, old: str, new: str) -> None:
        """Replace the secret `old` by `new`; nothing happens if it is no longer `old`."""
        if (name, old) == (NAME, self._entry.secret):
            self._entry = Entry(self._entry.account, new)

    async def close(self) -> None:
        """Nothing to do: it holds nothing open."""
