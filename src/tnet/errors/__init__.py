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
    │  ├─ StartTlsRefused 35 · RedirectRefused 47 · EmptyReply 52 · CertificateRejected 60
    │  ├─ EncodingUnreadable 61 · TooLarge 63 · LoginDenied 67 · PinMismatch 90 · ProxyRefused 97
    │  ├─ ClientCertificateWanted 98
    │  └─ SloMissed 110 · ExpectationFailed 111 · ChecksumMismatch 112
    ├─ OurError         tnet is at its own limit, or only a part was done
    │  └─ Overloaded 1 · PartlyFailed 113
    └─ Ended            no error: somebody asked us to stop
       └─ Interrupted 130 · OutputClosed 141 · Terminated 143

Each error has fields rather than prose, a one-line `str`, and a `hint` where the user can act. Text that came
from a peer is kept raw here: the view escapes it.
"""

from tnet.errors.ours import (
    BadUsage,
    BodyNotResendable,
    CaFileUnusable,
    CannotListen,
    CannotRead,
    CannotWrite,
    Interrupted,
    OutputClosed,
    Overloaded,
    OwnCertificateUnusable,
    PartlyFailed,
    Terminated,
    cannot_write,
)
from tnet.errors.root import (
    Ended,
    ExitStatus,
    Fault,
    NetworkError,
    OurError,
    PeerError,
    TnetError,
    UserError,
)
from tnet.errors.theirs import (
    BodyCutShort,
    CertificateRejected,
    ChecksumMismatch,
    ClientCertificateWanted,
    ClientErrorReported,
    ConnectFailed,
    EmptyReply,
    EncodingUnreadable,
    ExpectationFailed,
    FailedAttempt,
    HttpStatusRefused,
    LoginDenied,
    MalformedReply,
    NameFailure,
    NameNotResolved,
    PinMismatch,
    ProxyRefused,
    RangeRefused,
    ReceiveFailed,
    RedirectRefused,
    RedirectReported,
    SendFailed,
    ServerErrorReported,
    SloMissed,
    StartTlsRefused,
    TimedOut,
    TlsFailed,
    TooLarge,
    status_report,
)

__all__ = [
    "BadUsage",
    "BodyCutShort",
    "BodyNotResendable",
    "CaFileUnusable",
    "CannotListen",
    "CannotRead",
    "CannotWrite",
    "CertificateRejected",
    "ChecksumMismatch",
    "ClientCertificateWanted",
    "ClientErrorReported",
    "ConnectFailed",
    "EmptyReply",
    "EncodingUnreadable",
    "Ended",
    "ExitStatus",
    "ExpectationFailed",
    "FailedAttempt",
    "Fault",
    "HttpStatusRefused",
    "Interrupted",
    "LoginDenied",
    "MalformedReply",
    "NameFailure",
    "NameNotResolved",
    "NetworkError",
    "OurError",
    "OutputClosed",
    "Overloaded",
    "OwnCertificateUnusable",
    "PartlyFailed",
    "PeerError",
    "PinMismatch",
    "ProxyRefused",
    "RangeRefused",
    "ReceiveFailed",
    "RedirectRefused",
    "RedirectReported",
    "SendFailed",
    "ServerErrorReported",
    "SloMissed",
    "StartTlsRefused",
    "Terminated",
    "TimedOut",
    "TlsFailed",
    "TnetError",
    "TooLarge",
    "UserError",
    "cannot_write",
    "status_report",
]
