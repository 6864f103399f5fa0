"""Proxies as people write them, and which hosts are reached without one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Proxy:
    """Somebody who connects for us; `socks4a` and `socks5h` look names up there, `socks5` lets us do it."""

    scheme: Literal["http", "https", "socks4a", "socks5", "socks5h"]
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class NoProxy:
    """The hosts that no proxy is for."""

    patterns: tuple[str, ...] = ()
