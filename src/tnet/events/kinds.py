"""The events themselves: small frozen values in the past tense.

They hold what JSON can hold, no secret, and peer bytes only as escaped excerpts. The JSON key of a field is its
name, or OpenTelemetry's attribute name where there is one (`JSON_KEYS`).

Units: every `seconds` is a duration on the monotonic clock; every `bytes_…` is a count of bytes.
"""

from __future__ import annotations

from typing import ClassVar

from tnet.events.event import Event as Event

JSON_KEYS = {
    "span": "name",
    "peer_address": "network.peer.address",
    "peer_port": "network.peer.port",
    "local_address": "network.local.address",
    "local_port": "network.local.port",
    "transport": "network.transport",
    "server_address": "server.address",
    "server_port": "server.port",
    "tls_version": "tls.protocol.version",
    "tls_cipher": "tls.cipher",
    "tls_alpn": "tls.next_protocol",
    "group": "tls.curve",
    "sni": "tls.client.server_name",
    "method": "http.request.method",
    "url": "url.full",
    "status": "http.response.status_code",
    "user_agent": "user_agent.original",
    "error": "error.type",
}


class Listening(Event):
    """A server is ready on one address; `endpoint` is that address as tnet writes it (`tcp://127.0.0.1:8000`)."""

    name: ClassVar[str] = "listening"
    tool: str
    endpoint: str
    transport: str
    server_address: str
    server_port: int | None = None
    tls: bool = False


class ConnectionOpened(Event):
    """A connection stands; `role` is ours: server or client."""

    name: ClassVar[str] = "connection.open"
    role: str
    transport: str
    peer_address: str
    peer_port: int | None = None
    local_address: str
    local_port: int | None = None


class TlsHandshaken(Event):
    """A TLS handshake ended, well (`outcome` ok) or not (failed, with `error`).

    The peer's certificate, where it showed one, is described even on failure; text of it is escaped. `serial` is in
    hexadecimal, `pin` its public key as `--pin` takes it. `chain` has a line for each certificate, its own first;
    `group` is what the keys were exchanged with, `sni` the name that was asked for.
    """

    name: ClassVar[str] = "tls.handshake"
    outcome: str
    seconds: float
    tls_version: str | None = None
    tls_cipher: str | None = None
    tls_alpn: str | None = None
    subject: str | None = None
    issuer: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    serial: str | None = None
    names: tuple[str, ...] = ()
    pin: str | None = None
    group: str | None = None
    sni: str | None = None
    chain: tuple[str, ...] = ()
    error: str | None = None


class HalfClosed(Event):
    """One side said that it sends no more; `by` is `peer` or `us`."""

    name: ClassVar[str] = "connection.half_close"
    by: str
    bytes_in: int
    bytes_out: int


class Paused(Event):
    """The peer reads slower than we write: whoever produces for it was told to wait."""

    name: ClassVar[str] = "connection.paused"
    bytes_in: int
    bytes_out: int


class Resumed(Event):
    """The peer has read enough: whoever produces for it may go on."""

    name: ClassVar[str] = "connection.resumed"
    seconds: float


class ConnectionRefused(Event):
    """We did not let a peer in; `reason` names the limit or rule."""

    name: ClassVar[str] = "connection.refused"
    peer_address: str
    peer_port: int | None = None
    reason: str


class ConnectionClosed(Event):
    """A connection is over; `clean` when both sides had said so."""

    name: ClassVar[str] = "connection.close"
    reason: str
    clean: bool
    bytes_in: int
    bytes_out: int
    seconds: float


class DataMoved(Event):
    """A chunk went by: `by` is us or peer, `offset` where it began in that direction, `text` an excerpt."""

    name: ClassVar[str] = "connection.data"
    by: str
    bytes: int
    offset: int
    text: str


class StepEnded(Event):
    """A step of a script ended; `outcome` is ok, eof, timeout or mismatch."""

    name: ClassVar[str] = "script.step"
    number: int
    action: str
    outcome: str
    seconds: float
    label: str = ""


class ProbeAnswered(Event):
    """A port was probed: `state` is open, refused, filtered or unreachable."""

    name: ClassVar[str] = "probe.result"
    peer_address: str
    peer_port: int
    state: str
    seconds: float
    error: str | None = None


class FaultInjected(Event):
    """Something went wrong on purpose."""

    name: ClassVar[str] = "fault"
    fault: str
    detail: str = ""


class StateEntered(Event):
    """A dialogue moved on."""

    name: ClassVar[str] = "state.enter"
    machine: str
    state: str


class SpanStarted(Event):
    """A timed piece of work began."""

    name: ClassVar[str] = "span.start"
    span: str


class SpanEnded(Event):
    """A timed piece of work ended; `outcome` is ok, failed or cancelled, `error` the failure's type."""

    name: ClassVar[str] = "span.end"
    span: str
    seconds: float
    outcome: str
    error: str | None = None


class AuthAttempted(Event):
    """Somebody tried to log in; `result` is accepted, denied or unavailable, `user` is escaped."""

    name: ClassVar[str] = "auth.attempt"
    user: str
    result: str
    means: str
    peer_address: str | None = None


class HttpExchanged(Event):
    """One HTTP exchange is over, as a server answered it or as a client saw it.

    `user` is who was logged in, `reason` why it was refused or did not end well.
    """

    name: ClassVar[str] = "http.request"
    method: str
    url: str
    status: int
    bytes_in: int
    bytes_out: int
    seconds: float
    version: str = "1.1"
    peer_address: str | None = None
    user: str | None = None
    referer: str | None = None
    user_agent: str | None = None
    reason: str | None = None


class RequestBegan(Event):
    """A client takes up one request: every event of this `request` belongs to it.

    `transfer` numbers what it is for (a URL of the command line); `cause` says why it is made: first, redirect,
    login, retry, segment, mirror or reconnect.
    """

    name: ClassVar[str] = "http.begin"
    method: str
    url: str
    transfer: int
    cause: str = "first"


class HeadSent(Event):
    """A client sent the head of a request; `fields` are lines, escaped, with every secret masked."""

    name: ClassVar[str] = "http.head.sent"
    method: str
    target: str
    version: str
    fields: tuple[str, ...]


class HeadReceived(Event):
    """A client got the head of an answer, or one that was `interim`; `fields` are lines, escaped and masked."""

    name: ClassVar[str] = "http.head.received"
    status: int
    reason: str
    version: str
    fields: tuple[str, ...]
    interim: bool = False


class TrailersReceived(Event):
    """Fields came behind the body; `fields` are lines, escaped and masked."""

    name: ClassVar[str] = "http.trailers"
    fields: tuple[str, ...]


class RetryPlanned(Event):
    """Something that may pass failed: it is tried again, as attempt number `attempt`, after `seconds`."""

    name: ClassVar[str] = "http.retry"
    transfer: int
    attempt: int
    seconds: float
    error: str


class TransferStarted(Event):
    """A body begins to be kept: in the file `path`, of which `offset_bytes` were there already."""

    name: ClassVar[str] = "transfer.start"
    transfer: int
    url: str
    path: str
    total_bytes: int | None = None
    offset_bytes: int = 0
    segments: int = 1


class TransferProgressed(Event):
    """So much of it is there, told a few times a second."""

    name: ClassVar[str] = "transfer.progress"
    transfer: int
    done_bytes: int
    total_bytes: int | None = None


class TransferEnded(Event):
    """It is complete (`outcome` ok, or unchanged), or failed; `path` is where it is, `chosen` if the user named it."""

    name: ClassVar[str] = "transfer.end"
    transfer: int
    path: str
    done_bytes: int
    seconds: float
    outcome: str
    error: str | None = None
    checksum: str | None = None
    chosen: bool = True


class SshChannelChanged(Event):
    """An SSH channel was opened, refused or closed, or something was asked on it."""

    name: ClassVar[str] = "ssh.channel"
    channel: str
    action: str
    detail: str = ""


class DnsAnswered(Event):
    """A name was looked up: `addresses` in the order given, or `error`."""

    name: ClassVar[str] = "dns.answer"
    host: str
    addresses: tuple[str, ...]
    seconds: float
    error: str | None = None


class DialAttempted(Event):
    """One address was tried; `outcome` is ok, failed or cancelled (another one won the race)."""

    name: ClassVar[str] = "dial.attempt"
    peer_address: str
    peer_port: int | None = None
    outcome: str
    seconds: float
    error: str | None = None


class ReactorLagged(Event):
    """The reactor came late to a timer: somebody blocked it, or the machine is busy."""

    name: ClassVar[str] = "reactor.lag"
    seconds: float


class Draining(Event):
    """We accept no more and wait for `connections` to end, for at most `seconds`."""

    name: ClassVar[str] = "draining"
    connections: int
    seconds: float
    reason: str


class Stopped(Event):
    """The command is over."""

    name: ClassVar[str] = "stopped"
    exit_status: int
    reason: str
    seconds: float


class Logged(Event):
    """A line for the log; `level` is debug, info, notice, warning or error, `hint` what the user can do about it."""

    name: ClassVar[str] = "log"
    level: str
    text: str
    hint: str | None = None


ALL_KINDS: tuple[type[Event], ...] = tuple(
    kind
    for kind in tuple(globals().values())
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
)
