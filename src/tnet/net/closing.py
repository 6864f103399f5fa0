"""Why a connection ended, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from errno import ECONNRESET, EPIPE, ETIMEDOUT
from typing import Any

from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import INegotiated
from twisted.python.failure import Failure

from tnet.errors import TlsFailed, TnetError
from tnet.escape import safe_line

_SYSTEM_WORDS = {
    ECONNRESET: "reset by peer",
    EPIPE: "reset by peer",
    ETIMEDOUT: "timed out: the peer stopped answering",
}


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of a connection; `clean` when nothing that was sent can have been lost without a word."""

    reason: str
    clean: bool = False


def closing(why: Failure, transport: Any, first: str | None = None) -> Closing:
    """What `connectionLost(why)` on `transport` means; `first` is who sent no more first: `peer`, `us` or unknown.

    The transport may tell more than Twisted's reason does: see `Stream` for `ended_because` and `os_error`.
    """
    error: Any = why.value
    told = getattr(transport, "ended_because", "")
    if told:
        return Closing(told)
    if isinstance(error, ConnectionDone):
        by = first or ("us" if getattr(transport, "disconnecting", False) else "peer")
        return Closing(f"closed by {by}", clean=True)
    if isinstance(error, ConnectionAborted):
        return Closing("aborted")
    if isinstance(error, ConnectionLost):
        return Closing(_lost(transport))
    return Closing(safe_line(_failed(error)))


def tls_words(error: BaseException | None) -> str:
    """Why TLS failed, on one harmless line."""
    from OpenSSL import SSL

    if isinstance(error, TlsFailed):
        return safe_line(error.reason)
    if isinstance(error, SSL.Error) and error.args and isinstance(error.args[0], list) and error.args[0]:
        return safe_line(str(error.args[0][-1][-1]))
    return "the connection ended during the handshake"


def _lost(transport: Any) -> str:
    system: OSError | None = getattr(transport, "os_error", None)
    if system is not None:
        return _SYSTEM_WORDS.get(system.errno or 0) or f"network error: {system.strerror}"
    if INegotiated.providedBy(transport):
        return "closed by peer without TLS's close_notify: it may have been cut short"
    return "lost"


def _failed(error: BaseException) -> str:
    from OpenSSL import SSL

    if isinstance(error, TlsFailed | SSL.Error):
        return f"TLS failed: {tls_words(error)}"
    return str(error) if isinstance(error, TnetError) else f"internal error: {type(error).__name__}"
