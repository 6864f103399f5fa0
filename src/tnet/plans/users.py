"""What `tnet users` was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from tnet.errors import BadUsage
from tnet.plans.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersPlan(Plan):
    """One change or look at the users store at `users` (None: the default store).

    `password` is already read from where the user said; without one it is made and shown, unless `no_password` says
    that the new account is to have none. `key_files` and `groups` are of a new account; `file` is what to import; `-`
    is stdin. `as_json` lists JSON Lines.

    Raises: BadUsage when `no_password` meets a password, or anything but `add`.
    """

    job: ClassVar[str] = "tnet.accounts.administration:administer"
    action: Literal["add", "list", "passwd", "disable", "enable", "remove", "import"]
    users: str | None = field(default=None, repr=False)
    name: str = ""
    password: str | None = field(default=None, repr=False)
    no_password: bool = False
    key_files: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    file: str = ""
    as_json: bool = False

    def __post_init__(self) -> None:
        if self.no_password and (self.action, self.password) != ("add", None):
            raise BadUsage("--no-password", "is for new accounts, and for those without a password")
