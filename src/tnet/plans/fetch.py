"""What `tnet fetch` was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from tnet.plans.plan import Plan
from tnet.plans.tls import TlsDialing


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes to send with a request: in memory, or in a file (`-` is stdin) that is read as it is sent."""

    data: bytes = field(default=b"", repr=False)
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPlan(Plan):
    """One HTTP request and what to do with its answer.

    `url` is absolute, without user information and fragment. `headers` keep their order and case; a header given
    there replaces the default one, one in `unset` is not sent at all. `output` None is stdout. `cautions` are
    warnings about the request itself, for the story to begin with.

    Units: `connect_seconds` for name, connection and TLS of one hop; `max_seconds` for everything (0: no limit);
    `max_bytes` of body (0: no limit).
    """

    job: ClassVar[str] = "tnet.clients.fetch:fetch"
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    unset: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    body: Body | None = None
    tls: TlsDialing = field(default_factory=TlsDialing)
    output: str | None = None
    follow: bool = True
    max_redirects: int = 20
    fail: bool = False
    include: bool = False
    head_only: bool = False
    raw: bool = False
    family: int | None = None
    connect_seconds: float = 30
    max_seconds: float = 0
    max_bytes: int = 0
