"""What `tnet users` was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from tnet.plans.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersPlan(Plan):
    """One change or look at the users store at `users` (None: the default store).

    `password` is already read from where the user said.
    """

    job: ClassVar[str] = "tnet.accounts.administration:administer"
    action: Literal["add", "list", "passwd", "remove"]
    users: str | None = None
    name: str = ""
    password: str | None = field(default=None, repr=False)
