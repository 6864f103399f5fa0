"""What ends a command on the other side: the network between us and the peer, or the peer itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tnet.errors.root import ExitStatus, NetworkError, PeerError

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
    """No address of the target accepted the connection; every attempt is listed, by its address unless that is said."""

    target: str
    attempts: tuple[FailedAttempt, ...]

    def __str__(self) -> str:
        told = "; ".join(map(str, self.attempts))
        if len(self.attempts) == 1:
            told = told.removeprefix(f"{self.target}: ")
        return f"cannot connect to {self.target}: {told}"

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
    """The peer closed before the body was complete, or what came whole ends in the middle of its content `coding`.

    Units: bytes; `expected` is None when only the end mark was missing.
    """

    received: int
    expected: int | None = None
    coding: str = ""

    def __str__(self) -> str:
        if self.coding:
            return f"body cut short: its {self.coding} ended in the middle, after {self.received} bytes"
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


class StartTlsRefused(TlsFailed, status=ExitStatus.TLS_HANDSHAKE, says="STARTTLS with {peer} failed: {reason}"):
    """A server that does not go over to TLS when it is asked to in its own protocol's words."""


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
class TooLarge(PeerError, status=ExitStatus.TOO_LARGE):
    """More bytes than we were willing to take; `rule` says why no more, unless the user set the limit.

    Units: `limit` in bytes.
    """

    what: str
    limit: int
    rule: str = ""
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.what} is larger than {self.limit} bytes" + (f": {self.rule}" if self.rule else "")


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
    """The peer lets in only those who show a certificate, and one that it accepts."""


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


@dataclass(eq=False)
class ExpectationFailed(PeerError, status=ExitStatus.EXPECTATION, says="not as expected: {what}: {reason}"):
    """The peer did not do what a script or a recording says it does; `what` names the step or place."""

    what: str
    reason: str
    advice: str = ""
