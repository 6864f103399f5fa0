"""What went wrong, whose fault it was, and the exit status that says so.

::

    TnetError
    ├─ UserError        the person who typed the command can mend it
    │  ├─ BadUsage 2 · CannotWrite 23 · CannotRead 26 · OwnCertificateUnusable 58
    │  └─ BodyNotResendable 65 · CannotListen 69 · CaFileUnusable 77
    ├─ NetworkError     between us and the peer
    │  └─ NameNotResolved 6 · ConnectFailed 7 · TimedOut 28 · SendFailed 55 · ReceiveFailed 56
    ├─ PeerError        the other end did or said it
    │  ├─ MalformedReply 8 · BodyCutShort 18 · HttpStatusRefused 22 · TlsFailed 35 · RedirectRefused 47
    │  └─ EmptyReply 52 · CertificateRejected 60 · EncodingUnreadable 61 · TooLarge 63 · LoginDenied 67
    ├─ OurError         tnet is at its own limit
    │  └─ Overloaded 1
    └─ Ended            no error: somebody asked us to stop
       └─ Interrupted 130 · OutputClosed 141 · Terminated 143

Each error has fields rather than prose, a one-line `str`, and a `hint` where the user can act. Text that came
from a peer is kept raw here: the view escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import ClassVar


class ExitStatus(IntEnum):
    """The exit statuses of tnet: curl's number where curl has one."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_RESOLVED = 6
    NOT_CONNECTED = 7
    MALFORMED_REPLY = 8
    BODY_CUT_SHORT = 18
    HTTP_STATUS = 22
    CANNOT_WRITE = 23
    CANNOT_READ = 26
    TIMED_OUT = 28
    TLS_HANDSHAKE = 35
    REDIRECT_REFUSED = 47
    EMPTY_REPLY = 52
    SEND_FAILED = 55
    RECEIVE_FAILED = 56
    OWN_CERTIFICATE = 58
    PEER_CERTIFICATE = 60
    CONTENT_ENCODING = 61
    TOO_LARGE = 63
    BODY_NOT_RESENDABLE = 65
    LOGIN_DENIED = 67
    CANNOT_LISTEN = 69
    CA_FILE = 77
    INTERRUPTED = 130
    OUTPUT_CLOSED = 141
    TERMINATED = 143


class Fault(Enum):
    """Whose fault an error was."""

    USER = "user"
    NETWORK = "network"
    PEER = "peer"
    OURS = "ours"
    NOBODY = "nobody"


class TnetError(Exception):
    """Anything that ends a command for a reason that tnet knows."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED
    fault: ClassVar[Fault] = Fault.OURS

    @property
    def hint(self) -> str:
        """What the user can do about it; empty when there is nothing."""
        return ""


class UserError(TnetError):
    """The person who typed the command can mend it."""

    fault = Fault.USER


class NetworkError(TnetError):
    """Something between us and the peer."""

    fault = Fault.NETWORK


class PeerError(TnetError):
    """The other end did it or said it."""

    fault = Fault.PEER


class OurError(TnetError):
    """tnet is at a limit of its own."""


class Ended(TnetError):
    """No error: somebody asked us to stop."""

    fault = Fault.NOBODY


# ── the user ──


@dataclass(eq=False)
class BadUsage(UserError):
    """A value on the command line, in a variable or in a file that cannot be meant."""

    field: str
    reason: str
    advice: str = ""
    exit_status = ExitStatus.USAGE

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"

    @property
    def hint(self) -> str:
        return self.advice


@dataclass(eq=False)
class _FileError(UserError):
    path: str
    reason: str
    _verb: ClassVar[str] = "use"

    def __str__(self) -> str:
        return f"cannot {self._verb} {self.path}: {self.reason}"


class CannotWrite(_FileError):
    """A file or stream of ours that takes no more bytes."""

    _verb = "write"
    exit_status = ExitStatus.CANNOT_WRITE


class CannotRead(_FileError):
    """A file or stream of ours that gives no bytes."""

    _verb = "read"
    exit_status = ExitStatus.CANNOT_READ


class OwnCertificateUnusable(_FileError):
    """Our own certificate or key: missing, unreadable, or not a pair."""

    _verb = "use certificate"
    exit_status = ExitStatus.OWN_CERTIFICATE


class CaFileUnusable(_FileError):
    """A CA file that holds no certificate."""

    _verb = "use CA file"
    exit_status = ExitStatus.CA_FILE


@dataclass(eq=False)
class BodyNotResendable(UserError):
    """A redirect wants the body again, and it came from a stream that is gone."""

    url: str
    exit_status = ExitStatus.BODY_NOT_RESENDABLE

    def __str__(self) -> str:
        return f"the body cannot be sent again to {self.url}: it was read from a stream"


@dataclass(eq=False)
class CannotListen(UserError):
    """An address that this process cannot listen on."""

    address: str
    reason: str
    advice: str = ""
    exit_status = ExitStatus.CANNOT_LISTEN

    def __str__(self) -> str:
        return f"cannot listen on {self.address}: {self.reason}"

    @property
    def hint(self) -> str:
        return self.advice


# ── the network ──


class NameFailure(Enum):
    """Why a name gave no address."""

    NOT_FOUND = "no such name"
    NO_ADDRESS = "the name has no address of the wanted family"
    TEMPORARY = "the name server did not answer (temporary failure)"
    BAD_NAME = "not a valid host name"
    FAILED = "name resolution failed"


@dataclass(eq=False)
class NameNotResolved(NetworkError):
    """A host name that gave no address."""

    host: str
    failure: NameFailure
    exit_status = ExitStatus.NOT_RESOLVED

    def __str__(self) -> str:
        return f"cannot resolve {self.host}: {self.failure.value}"

    @property
    def hint(self) -> str:
        return "try again" if self.failure is NameFailure.TEMPORARY else "check the spelling of the host name"


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """One address that was tried in vain.

    Units: `seconds` from the start of this attempt.
    """

    address: str
    reason: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.address}: {self.reason} after {self.seconds * 1000:.0f} ms"


@dataclass(eq=False)
class ConnectFailed(NetworkError):
    """No address of the target accepted the connection; every attempt is listed."""

    target: str
    attempts: tuple[FailedAttempt, ...]
    exit_status = ExitStatus.NOT_CONNECTED

    def __str__(self) -> str:
        return f"cannot connect to {self.target}: " + "; ".join(map(str, self.attempts))

    @property
    def hint(self) -> str:
        refused = self.attempts and all("refused" in attempt.reason for attempt in self.attempts)
        return "nothing listens there: check the port, or start the server" if refused else ""


@dataclass(eq=False)
class TimedOut(NetworkError):
    """A deadline passed; `phase` says which one.

    Units: `seconds` is the deadline's length.
    """

    phase: str
    seconds: float
    exit_status = ExitStatus.TIMED_OUT

    def __str__(self) -> str:
        return f"timed out: {self.phase} took longer than {self.seconds:g} s"


@dataclass(eq=False)
class _TransferFailed(NetworkError):
    peer: str
    reason: str
    _verb: ClassVar[str] = ""

    def __str__(self) -> str:
        return f"{self._verb} {self.peer}: {self.reason}"


class SendFailed(_TransferFailed):
    """The connection broke while we sent."""

    _verb = "sending failed to"
    exit_status = ExitStatus.SEND_FAILED


class ReceiveFailed(_TransferFailed):
    """The connection broke while we received: reset, or cut under TLS."""

    _verb = "receiving failed from"
    exit_status = ExitStatus.RECEIVE_FAILED


# ── the peer ──


@dataclass(eq=False)
class _PeerSaid(PeerError):
    peer: str
    reason: str
    _what: ClassVar[str] = ""

    def __str__(self) -> str:
        return f"{self._what} from {self.peer}: {self.reason}"


class MalformedReply(_PeerSaid):
    """A reply that breaks its protocol."""

    _what = "malformed reply"
    exit_status = ExitStatus.MALFORMED_REPLY


class EmptyReply(_PeerSaid):
    """The peer closed without saying anything."""

    _what = "empty reply"
    exit_status = ExitStatus.EMPTY_REPLY


@dataclass(eq=False)
class BodyCutShort(PeerError):
    """The peer closed before the body was complete.

    Units: bytes; `expected` is None when only the end mark was missing.
    """

    received: int
    expected: int | None = None
    exit_status = ExitStatus.BODY_CUT_SHORT

    def __str__(self) -> str:
        of = f" of {self.expected}" if self.expected is not None else ""
        return f"body cut short: {self.received}{of} bytes came"


@dataclass(eq=False)
class HttpStatusRefused(PeerError):
    """An HTTP status of 400 or more where `--fail` was asked for."""

    url: str
    status: int
    reason: str = ""
    exit_status = ExitStatus.HTTP_STATUS

    def __str__(self) -> str:
        return f"{self.url} answered {self.status} {self.reason}".rstrip()


@dataclass(eq=False)
class TlsFailed(PeerError):
    """A TLS handshake that ended before a secure connection stood."""

    peer: str
    reason: str
    advice: str = ""
    exit_status = ExitStatus.TLS_HANDSHAKE

    def __str__(self) -> str:
        return f"TLS handshake with {self.peer} failed: {self.reason}"

    @property
    def hint(self) -> str:
        return self.advice


@dataclass(eq=False)
class CertificateRejected(TlsFailed):
    """The peer's certificate is not one that we accept; `subject` names it."""

    subject: str = ""
    exit_status = ExitStatus.PEER_CERTIFICATE

    def __str__(self) -> str:
        return f"certificate of {self.peer} rejected: {self.reason}" + (
            f" (certificate: {self.subject})" if self.subject else ""
        )


@dataclass(eq=False)
class RedirectRefused(PeerError):
    """A redirect that we do not follow: too many, or to where secrets would leak."""

    url: str
    reason: str
    exit_status = ExitStatus.REDIRECT_REFUSED

    def __str__(self) -> str:
        return f"redirect to {self.url} refused: {self.reason}"


class EncodingUnreadable(_PeerSaid):
    """A Content-Encoding that we cannot undo."""

    _what = "unreadable content encoding"
    exit_status = ExitStatus.CONTENT_ENCODING


@dataclass(eq=False)
class TooLarge(PeerError):
    """More bytes than we were willing to take.

    Units: `limit` in bytes.
    """

    what: str
    limit: int
    exit_status = ExitStatus.TOO_LARGE

    def __str__(self) -> str:
        return f"{self.what} is larger than {self.limit} bytes"


class LoginDenied(_PeerSaid):
    """The peer did not accept our credentials."""

    _what = "login denied"
    exit_status = ExitStatus.LOGIN_DENIED


# ── ourselves ──


@dataclass(eq=False)
class Overloaded(OurError):
    """A bounded queue of ours is full: try again later."""

    what: str

    def __str__(self) -> str:
        return f"{self.what} is busy: try again later"


# ── nobody ──


class Interrupted(Ended):
    """SIGINT."""

    exit_status = ExitStatus.INTERRUPTED

    def __str__(self) -> str:
        return "interrupted"


class OutputClosed(Ended):
    """Whoever read our output went away (`| head -1`)."""

    exit_status = ExitStatus.OUTPUT_CLOSED

    def __str__(self) -> str:
        return "output closed"


class Terminated(Ended):
    """SIGTERM."""

    exit_status = ExitStatus.TERMINATED

    def __str__(self) -> str:
        return "terminated"
