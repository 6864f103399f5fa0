"""What `tnet connect` was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tnet.plans.addresses import Target
from tnet.plans.plan import Plan
from tnet.plans.tls import TlsDialing


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectPlan(Plan):
    """stdin to the target, the target to stdout.

    `family` is 4, 6 or None (both). `shutdown` False keeps our side open after stdin's end. `raw` writes peer
    bytes to a terminal as they are. `crlf` sends each line feed as CR LF.

    Units: `connect_seconds` for name, connection and TLS together; `idle_seconds` without a byte either way
    (0: no limit); `linger_seconds` of silence from the peer after our end of file.
    """

    job: ClassVar[str] = "tnet.clients.connect:connect"
    target: Target
    tls: TlsDialing | None = None
    family: int | None = None
    source: str | None = None
    connect_seconds: float = 30
    idle_seconds: float = 0
    linger_seconds: float = 5
    shutdown: bool = True
    crlf: bool = False
    raw: bool = False
