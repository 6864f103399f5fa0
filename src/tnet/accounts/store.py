"""What a users store is, whatever keeps it.

A store's methods are coroutines: one that blocks does its work in threads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar, Protocol

from tnet.errors import OurError, UserError


class Login(Enum):
    """What an account has to show besides its name."""

    PASSWORD = "password"  # noqa: S105 (a word for it)
    KEY = "key"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may come in, unless `disabled`, after showing what `login` says.

    `keys` are public keys as OpenSSH writes them, one a line; where keys are asked for, one of them opens any account
    that is not disabled. With Login.KEY nothing else does.
    """

    name: str
    disabled: bool = False
    groups: tuple[str, ...] = ()
    login: Login = Login.PASSWORD
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """An account as a store keeps it, with the secret that its password is checked against.

    `secret` is None exactly for an account without a password: no password, and not the empty one, opens it.

    Raises: ValueError when the two disagree, or when an account that needs a key has none.
    """

    account: Account
    secret: str | None = field(repr=False)

    def __post_init__(self) -> None:
        if (self.secret is not None) is not (self.account.login is Login.PASSWORD) or self.secret == "":
            raise ValueError(f"{self.account.name!r} has a secret that does not fit how it logs in")
        if self.account.login is Login.KEY and not self.account.keys:
            raise ValueError(f"{self.account.name!r} logs in with a key and has none")


class Store(Protocol):
    """What a login needs.

    A change shows in the next answer, whoever made it. `renews` when a secret can be replaced by a stronger one.
    `decoy` is a secret that no password has, for a store whose secrets are not of the kind that we make.

    Raises: StoreFailed or Overloaded, from every method, when the store cannot be asked.
    """

    url: str
    renews: bool

    @property
    def decoy(self) -> str | None: ...

    async def find(self, name: str) -> Entry | None:
        """The entry called `name`, exactly."""

    async def is_empty(self) -> bool:
        """Whether it has no account at all."""

    async def open_to_all(self) -> list[str]:
        """The names that let in whoever says them, in order: enabled accounts without a password."""

    async def renew(self, name: str, old: str, new: str) -> None:
        """Replace the secret `old` by `new`; nothing happens if it is no longer `old`."""

    async def close(self) -> None:
        """Let go of what it holds open."""


class EditableStore(Store, Protocol):
    """A store that `tnet users` can list and, unless it raises StoreIsReadOnly, change."""

    async def accounts(self) -> list[Account]:
        """Every account, by name."""

    async def add(self, *entries: Entry) -> None:
        """Add all the entries, or none of them. Raises: AccountExists."""

    async def change(self, name: str, secret: str) -> None:
        """Set the secret of `name`, which from then on asks for a password. Raises: NoSuchAccount."""

    async def disable(self, name: str) -> None:
        """Let nobody in as `name`, whatever is shown, until it is enabled. Raises: NoSuchAccount."""

    async def enable(self, name: str) -> None:
        """Let `name` in again. Raises: NoSuchAccount."""

    async def remove(self, name: str) -> None:
        """Forget the account `name`. Raises: NoSuchAccount."""


@dataclass(eq=False)
class StoreFailed(OurError):
    """A users store that cannot be asked now: no answer about anybody's password."""

    url: str
    reason: str
    advice: str = ""

    def __str__(self) -> str:
        return f"users store {self.url}: {self.reason}"


@dataclass(eq=False)
class StoreIsReadOnly(UserError):
    """A users store that somebody else keeps."""

    url: str
    advice: str

    def __str__(self) -> str:
        return f"users store {self.url} is read-only"


@dataclass(eq=False)
class _AboutAccount(UserError):
    name: str
    url: str
    _problem: ClassVar[str] = ""

    def __str__(self) -> str:
        return f"{self._problem} {self.name!r} in {self.url}"


class AccountExists(_AboutAccount):
    """An account of that name is there already."""

    _problem = "there is already an account"

    @property
    def hint(self) -> str:
        return "give it a new password with `tnet users passwd`"


class NoSuchAccount(_AboutAccount):
    """No account has that name."""

    _problem = "there is no account"

    @property
    def hint(self) -> str:
        return "see `tnet users list`"
