"""What a client is told when its upstream fails: what went wrong, and not where the upstream is."""

from __future__ import annotations

from tnet.errors import (
    BodyCutShort,
    ConnectFailed,
    EmptyReply,
    MalformedReply,
    NameNotResolved,
    ReceiveFailed,
    SendFailed,
    TimedOut,
    TlsFailed,
    TnetError,
)
from tnet.servers.web.bodies import Refusal


def refusal_for(error: TnetError) -> Refusal:
    """502, or 504 for what came too late."""
    match error:
        case TimedOut():
            return Refusal(504, f"the upstream is too slow: {error.phase} took longer than {error.seconds:g} s")
        case NameNotResolved():
            return Refusal(502, f"the upstream is not found: {error.failure}")
        case ConnectFailed():
            reasons = dict.fromkeys(attempt.reason for attempt in error.attempts)
            return Refusal(502, f"the upstream cannot be reached: {', '.join(reasons)}")
        case TlsFailed():
            return Refusal(502, f"TLS with the upstream failed: {error.reason}")
        case MalformedReply():
            return Refusal(502, f"the upstream's reply is malformed: {error.reason}")
        case EmptyReply():
            return Refusal(502, "the upstream closed the connection without an answer")
        case BodyCutShort():
            return Refusal(502, "the upstream's reply was cut short")
        case ReceiveFailed() | SendFailed():
            return Refusal(502, f"the connection to the upstream broke: {error.reason}")
        case _:
            return Refusal(502, "the upstream cannot be used")
