"""What ends a command on our side: the user can mend it, tnet is at a limit, or somebody asked us to stop."""

from __future__ import annotations

from dataclasses import dataclass

from tnet.errors.root import Ended, ExitStatus, OurError, UserError

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
