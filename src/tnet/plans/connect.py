"""What `tnet connect` was asked for, in parts that each concern somebody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from tnet.plans.addresses import Target
from tnet.plans.plan import Plan
from tnet.plans.proxies import Proxy
from tnet.plans.tls import TlsDialing


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a script.

    `send` says `data`; `expect` waits for `data`, a regular expression over bytes; `expect-eof` for the peer's end of
    file; `expect-silence` for `seconds` without a byte; `pause` waits for `seconds`; `shutdown` ends our half.

    Units: `seconds` a step may take (0: the script's own limit).
    """

    action: Literal["send", "expect", "expect-eof", "expect-silence", "pause", "shutdown"]
    data: bytes = field(default=b"", repr=False)
    seconds: float = 0
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What is said, and kept of what was said, besides stdin and stdout.

    With `steps` a script talks, and stdin is not read. `record` is the file that keeps every chunk; `replay` one whose
    client's side is spoken again, and whose server's side is expected: byte by byte (`strict`), by line, or at its
    times (`timed`). `hex` makes stdout a dump of both directions.

    Units: `step_seconds` for each step.
    """

    steps: tuple[Step, ...] = ()
    step_seconds: float = 30
    record: str | None = None
    replay: str | None = None
    replay_mode: Literal["strict", "line", "timed"] = "strict"
    hex: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectPlan(Plan):
    """stdin to the target, the target to stdout.

    `family` is 4, 6 or None (both). `shutdown` False keeps our side open after stdin's end. `raw` writes peer
    bytes to a terminal as they are. `crlf` sends each line feed as CR LF. `proxies` lead to the target one through
    the other, the first is dialled; `proxy_protocol` tells the target our address before anything else. `starttls` is
    the protocol that asks for TLS in its own words. `retries` are further attempts to connect. `text` sends WebSocket
    messages as text.

    Units: `connect_seconds` for name, connection and TLS together; `idle_seconds` without a byte either way
    (0: no limit); `linger_seconds` of silence from the peer after our end of file; `message_bytes` of one message.
    """

    job: ClassVar[str] = "tnet.clients.connect:connect"
    target: Target
    tls: TlsDialing | None = None
    starttls: str | None = None
    proxies: tuple[Proxy, ...] = ()
    proxy_protocol: Literal["v1", "v2"] | None = None
    family: int | None = None
    source: str | None = None
    connect_seconds: float = 30
    retries: int = 0
    idle_seconds: float = 0
    linger_seconds: float = 5
    shutdown: bool = True
    crlf: bool = False
    raw: bool = False
    text: bool = False
    message_bytes: int = 16 << 20
    talk: Talk = field(default_factory=Talk)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePlan(Plan):
    """Try to connect to every port of one host, `parallel` of them at once, and only report.

    Units: `seconds` for each port.
    """

    job: ClassVar[str] = "tnet.clients.connect.probe:probe"
    host: str
    ports: tuple[int, ...]
    family: int | None = None
    source: str | None = None
    seconds: float = 2
    parallel: int = 64
    as_json: bool = False
