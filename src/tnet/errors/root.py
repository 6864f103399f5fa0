"""The statuses, whose fault it can be, and the root and branches of the tree."""

from __future__ import annotations

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
    EXPECTATION = 111
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
