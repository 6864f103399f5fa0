"""One exchange as it is remembered: what was seen of it, raw. What is shown of it is decided later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tnet.net.tls.facts import TlsFacts
from tnet.protocols.http1.requests import RequestHead

if TYPE_CHECKING:
    from tnet.servers.web.carrying.exchange import Exchange
    from tnet.servers.web.carrying.witness import Phases

_FIELD_BYTES = 160
_FIXED_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An exchange, as far as it has come; `over` when it goes no further.

    `number` counts what was seen, `nth` the exchanges of one connection. `bin` is the path of the bin that took it.
    The bodies are the beginnings that were kept.

    Units: `wall` in seconds since the epoch, when its first byte came; `phases`, and `until` when it was looked at, in
    seconds of the site's clock; `bytes_in` and `bytes_out` of the bodies.
    """

    number: int
    wall: float
    connection: int | None
    nth: int
    peer: str
    secure: bool
    tls: TlsFacts | None
    head: RequestHead = field(repr=False)
    phases: Phases
    until: float
    over: bool = False
    user: str | None = None
    status: int = 0
    reason: str = ""
    fields: tuple[tuple[bytes, bytes], ...] = field(default=(), repr=False)
    bytes_in: int = 0
    bytes_out: int = 0
    request_body: bytes = field(default=b"", repr=False)
    response_body: bytes = field(default=b"", repr=False)
    bin: str = ""

    @property
    def method(self) -> str:
        """What was asked for with; `-` when it was no request."""
        return self.head.method.decode("latin-1")

    @property
    def is_request(self) -> bool:
        """Whether it had a head that could be read."""
        return self.head.method != b"-"

    @property
    def weight(self) -> int:
        """About how much memory it takes. Units: bytes."""
        head = max(len(self.head.raw), len(self.head.target)) * 2
        count = len(self.head.fields) + len(self.fields)
        texts = sum(len(name) + len(value) for name, value in self.fields)
        return _FIXED_BYTES + head + texts + count * _FIELD_BYTES + len(self.request_body) + len(self.response_body)

    @property
    def declared(self) -> int | None:
        """How long the response's body was to be."""
        if self.head.method == b"HEAD" or self.status in (0, 204, 304):
            return None
        value = field_of(self.fields, b"content-length")
        return int(value) if value is not None and value.isdigit() and len(value) < 19 else None

    @property
    def complete(self) -> bool:
        """Whether a whole response was sent."""
        return self.over and self.status != 0 and (self.phases.last_byte is not None or not self.is_request)

    @property
    def outcome(self) -> str:
        """How it ended, in plain words; empty for a response that is whole and well."""
        if not self.over:
            return "in progress"
        if self.complete:
            refused = self.status >= 400 and self.reason
            return f"refused: {self.reason}" if refused else self.reason
        why = f" ({self.reason})" if self.reason else ""
        if not self.status:
            return f"left without an answer{why}" if self.is_request else self.reason or "no request came"
        if self.status == 101:
            return self.reason
        if self.declared:
            return f"left at {self.bytes_out * 100 // self.declared} %{why}"
        return f"left after {self.bytes_out} bytes{why}"


def seen_of(exchange: Exchange, number: int, clocks: tuple[float, float], tls: TlsFacts | None, bin_path: str) -> Seen:
    """What there is to see of `exchange`; `clocks` are the time of day and the site's clock, now."""
    wall, now = clocks
    phases = exchange.phases
    return Seen(
        number=number,
        wall=wall - (now - phases.began),
        connection=exchange.trace.conn,
        nth=exchange.number,
        peer=address(exchange.peer),
        secure=exchange.secure,
        tls=tls,
        head=exchange.head,
        phases=phases,
        until=now,
        over=exchange.over,
        user=exchange.user,
        status=exchange.status,
        reason=exchange.reason,
        fields=tuple(exchange.response_fields),
        bytes_in=exchange.bytes_in,
        bytes_out=exchange.bytes_out,
        request_body=exchange.request_excerpt,
        response_body=exchange.response_excerpt,
        bin=bin_path,
    )


def address(peer: Any) -> str:
    """A peer as `HOST:PORT`, or `local` for one on this machine that has no address."""
    host, port = getattr(peer, "host", None), getattr(peer, "port", None)
    if not host:
        return "local"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def field_of(fields: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The value of the first field called `name`, in lower case."""
    return next((value for key, value in fields if key.lower() == name), None)
