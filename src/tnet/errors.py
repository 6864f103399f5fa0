"""What went wrong, whose fault it was, and the exit status that says so.

::

    TnetError
    ├─ UserError        the person who typed the command can mend it
    │  ├─ BadUsage 2 · CannotWrite 23 · CannotRead 26 · OwnCertificateUnusable 58
    │  └─ BodyNotResendable 65 · CannotListen 69 · CaFileUnusable 77
    ├─ NetworkError     between us and the peer
    │  └─ NameNotResolved 6 · ConnectFailed 7 · TimedOut 28 · SendFailed 55 · ReceiveFailed 56
    ├─ PeerError        the other end did or said it
    │  ├─ RedirectReported 3 · ClientErrorReported 4 · ServerErrorReported 5
    │  ├─ MalformedReply 8 · BodyCutShort 18 · HttpStatusRefused 22 · RangeRefused 33 · TlsFailed 35
    │  ├─ RedirectRefused 47 · EmptyReply 52 · CertificateRejected 60 · EncodingUnreadable 61 · TooLarge 63
    │  ├─ LoginDenied 67 · PinMismatch 90 · ProxyRefused 97 · ClientCertificateWanted 98
    │  └─ SloMissed 110 · ChecksumMismatch 112
    ├─ OurError         tnet is at its own limit, or only a part was done
    │  └─ Overloaded 1 · PartlyFailed 113
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
    REDIRECTED = 3
    CLIENT_ERROR = 4
    SERVER_ERROR = 5
    NOT_RESOLVED = 6
    NOT_CONNECTED = 7
    MALFORMED_REPLY = 8
    BODY_CUT_SHORT = 18
    HTTP_STATUS = 22
    CANNOT_WRITE = 23
    CANNOT_READ = 26
    TIMED_OUT = 28
    RANGE_REFUSED = 33
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
    PIN_MISMATCH = 90
    PROXY = 97
    CLIENT_CERTIFICATE = 98
    SLO_MISSED = 110
    CHECKSUM = 112
    PARTLY_FAILED = 113
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
    """Anything that ends a command for a reason that tnet knows.

    A leaf gives its exit status and its one line, in which the names in braces are its own fields. `advice`, where a
    leaf has it, is what the user can do.
    """

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED
    fault: ClassVar[Fault] = Fault.OURS
    _says: ClassVar[str] = "{args}"

    def __init_subclass__(cls, *, status: ExitStatus | None = None, says: str = "") -> None:
        super().__init_subclass__()
        cls.exit_status = status or cls.exit_status
        cls._says = says or cls._says

    def __str__(self) -> str:
        return self._says.format(args=", ".join(map(str, self.args)), **vars(self))

    @property
    def hint(self) -> str:
        """What the user can do about it; empty when there is nothing."""
        return str(getattr(self, "advice", ""))


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
class BadUsage(UserError, status=ExitStatus.USAGE, says="{field}: {reason}"):
    """A value on the command line, in a variable or in a file that cannot be meant."""

    field: str
    reason: str
    advice: str = ""


@dataclass(eq=False)
class _FileError(UserError):
    path: str
    reason: str
    advice: str = ""


class CannotWrite(_FileError, status=ExitStatus.CANNOT_WRITE, says="cannot write {path}: {reason}"):
    """A file or stream of ours that takes no more bytes."""


class CannotRead(_FileError, status=ExitStatus.CANNOT_READ, says="cannot read {path}: {reason}"):
    """A file or stream of ours that gives no bytes."""


class OwnCertificateUnusable(
    _FileError, status=ExitStatus.OWN_CERTIFICATE, says="cannot use certificate {path}: {reason}"
):
    """Our own certificate or key: missing, unreadable, or not a pair."""


class CaFileUnusable(_FileError, status=ExitStatus.CA_FILE, says="cannot use CA file {path}: {reason}"):
    """A CA file that holds no certificate."""


@dataclass(eq=False)
class BodyNotResendable(
    UserError,
    status=ExitStatus.BODY_NOT_RESENDABLE,
    says="the body cannot be sent again to {url}: it was read from a stream",
):
    """A redirect wants the body again, and it came from a stream that is gone."""

    url: str


@dataclass(eq=False)
class CannotListen(UserError, status=ExitStatus.CANNOT_LISTEN, says="cannot listen on {address}: {reason}"):
    """An address that this process cannot listen on."""

    address: str
    reason: str
    advice: str = ""


# ── the network ──


class NameFailure(Enum):
    """Why a name gave no address."""

    NOT_FOUND = "no such name"
    NO_ADDRESS = "the name has no address of the wanted family"
    TEMPORARY = "the name server did not answer (temporary failure)"
    BAD_NAME = "not a valid host name"
    FAILED = "name resolution failed"

    def __str__(self) -> str:
        return self.value


_NAME_HINTS = {NameFailure.TEMPORARY: "try again", NameFailure.NO_ADDRESS: "allow both families: neither -4 nor -6"}


@dataclass(eq=False)
class NameNotResolved(NetworkError, status=ExitStatus.NOT_RESOLVED, says="cannot resolve {host}: {failure}"):
    """A host name that gave no address."""

    host: str
    failure: NameFailure

    @property
    def hint(self) -> str:
        return _NAME_HINTS.get(self.failure, "check the spelling of the host name")


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
class ConnectFailed(NetworkError, status=ExitStatus.NOT_CONNECTED):
    """No address of the target accepted the connection; every attempt is listed."""

    target: str
    attempts: tuple[FailedAttempt, ...]

    def __str__(self) -> str:
        return f"cannot connect to {self.target}: " + "; ".join(map(str, self.attempts))

    @property
    def hint(self) -> str:
        refused = self.attempts and all("refused" in attempt.reason for attempt in self.attempts)
        what = "path" if self.target.startswith("unix:") else "port"
        return f"nothing listens there: check the {what}, or start the server" if refused else ""


@dataclass(eq=False)
class TimedOut(NetworkError, status=ExitStatus.TIMED_OUT, says="timed out: {phase} took longer than {seconds:g} s"):
    """A deadline passed; `phase` says which one.

    Units: `seconds` is the deadline's length.
    """

    phase: str
    seconds: float


@dataclass(eq=False)
class _TransferFailed(NetworkError):
    peer: str
    reason: str


class SendFailed(_TransferFailed, status=ExitStatus.SEND_FAILED, says="sending failed to {peer}: {reason}"):
    """The connection broke while we sent."""


class ReceiveFailed(_TransferFailed, status=ExitStatus.RECEIVE_FAILED, says="receiving failed from {peer}: {reason}"):
    """The connection broke while we received: reset, or cut under TLS."""


# ── the peer ──


@dataclass(eq=False)
class _PeerSaid(PeerError):
    peer: str
    reason: str


class MalformedReply(_PeerSaid, status=ExitStatus.MALFORMED_REPLY, says="malformed reply from {peer}: {reason}"):
    """A reply that breaks its protocol."""


class EmptyReply(_PeerSaid, status=ExitStatus.EMPTY_REPLY, says="empty reply from {peer}: {reason}"):
    """The peer closed without saying anything."""


class EncodingUnreadable(
    _PeerSaid, status=ExitStatus.CONTENT_ENCODING, says="unreadable content encoding from {peer}: {reason}"
):
    """A Content-Encoding that we cannot undo."""


class LoginDenied(_PeerSaid, status=ExitStatus.LOGIN_DENIED, says="login denied by {peer}: {reason}"):
    """The peer did not accept our credentials."""


@dataclass(eq=False)
class BodyCutShort(PeerError, status=ExitStatus.BODY_CUT_SHORT):
    """The peer closed before the body was complete.

    Units: bytes; `expected` is None when only the end mark was missing.
    """

    received: int
    expected: int | None = None

    def __str__(self) -> str:
        of = f" of {self.expected}" if self.expected is not None else ""
        return f"body cut short: {self.received}{of} bytes came"


@dataclass(eq=False)
class HttpStatusRefused(PeerError, status=ExitStatus.HTTP_STATUS):
    """An HTTP status of 400 or more where `--fail` was asked for."""

    url: str
    code: int
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.url} answered {self.code} {self.reason}".rstrip()


class RedirectReported(HttpStatusRefused, status=ExitStatus.REDIRECTED):
    """A status of 300 to 399 where `--check-status` was asked for; the answer was delivered all the same."""


class ClientErrorReported(HttpStatusRefused, status=ExitStatus.CLIENT_ERROR):
    """A status of 400 to 499, likewise."""


class ServerErrorReported(HttpStatusRefused, status=ExitStatus.SERVER_ERROR):
    """A status of 500 and more, likewise."""


def status_report(url: str, code: int, reason: str) -> HttpStatusRefused:
    """What `--check-status` makes of a status of 300 or more. Source: HTTPie's exit statuses."""
    kind = {3: RedirectReported, 4: ClientErrorReported}.get(code // 100, ServerErrorReported)
    return kind(url, code, reason)


@dataclass(eq=False)
class TlsFailed(PeerError, status=ExitStatus.TLS_HANDSHAKE, says="TLS handshake with {peer} failed: {reason}"):
    """A TLS handshake that ended before a secure connection stood."""

    peer: str
    reason: str
    advice: str = ""


@dataclass(eq=False)
class CertificateRejected(TlsFailed, status=ExitStatus.PEER_CERTIFICATE):
    """The peer's certificate is not one that we accept; `subject` names it."""

    subject: str = ""

    def __str__(self) -> str:
        which = f" (certificate: {self.subject})" if self.subject else ""
        return f"certificate of {self.peer} rejected: {self.reason}{which}"


@dataclass(eq=False)
class RedirectRefused(PeerError, status=ExitStatus.REDIRECT_REFUSED, says="redirect to {url} refused: {reason}"):
    """A redirect that we do not follow: too many, or to where secrets would leak."""

    url: str
    reason: str


@dataclass(eq=False)
class TooLarge(PeerError, status=ExitStatus.TOO_LARGE, says="{what} is larger than {limit} bytes"):
    """More bytes than we were willing to take.

    Units: `limit` in bytes.
    """

    what: str
    limit: int


class RangeRefused(_PeerSaid, status=ExitStatus.RANGE_REFUSED, says="{peer} refused the range: {reason}"):
    """A part of a body was asked for, and cannot be had."""


class PinMismatch(
    TlsFailed, status=ExitStatus.PIN_MISMATCH, says="certificate of {peer} is not the pinned one: {reason}"
):
    """The peer's public key is none of those that were pinned."""


@dataclass(eq=False)
class ProxyRefused(_PeerSaid, status=ExitStatus.PROXY, says="proxy {peer} refused: {reason}"):
    """A proxy that did not open the way to the target."""

    advice: str = ""


class ClientCertificateWanted(TlsFailed, status=ExitStatus.CLIENT_CERTIFICATE):
    """The peer lets in only those who show a certificate."""


@dataclass(eq=False)
class SloMissed(PeerError, status=ExitStatus.SLO_MISSED, says="slower than agreed: {missed}"):
    """What came, came later than `--slo` allows; `missed` lists the phases."""

    missed: str


@dataclass(eq=False)
class ChecksumMismatch(
    PeerError, status=ExitStatus.CHECKSUM, says="checksum of {path} is {algorithm}:{found}, not {expected}"
):
    """What came is not what was to come."""

    path: str
    algorithm: str
    expected: str
    found: str


# ── ourselves, and nobody ──


@dataclass(eq=False)
class Overloaded(OurError, says="{what} is busy: try again later"):
    """A bounded queue of ours is full."""

    what: str


@dataclass(eq=False)
class PartlyFailed(OurError, status=ExitStatus.PARTLY_FAILED, says="{failed} of {total} failed"):
    """Some of several things that were asked for could not be done; each was told when it failed."""

    failed: int
    total: int


class Interrupted(Ended, status=ExitStatus.INTERRUPTED, says="interrupted"):
    """SIGINT."""


class OutputClosed(Ended, status=ExitStatus.OUTPUT_CLOSED, says="output closed"):
    """Whoever read our output went away (`| head -1`)."""


class Terminated(Ended, status=ExitStatus.TERMINATED, says="terminated"):
    """SIGTERM."""


def cannot_write(path: str, error: OSError) -> CannotWrite | OutputClosed:
    """What a write to `path` that failed with `error` means."""
    return OutputClosed() if isinstance(error, BrokenPipeError) else CannotWrite(path, error.strerror or str(error))
