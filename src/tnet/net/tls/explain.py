"""A failed handshake in one human line: OpenSSL knows why, but says it in its own words, or not at all.

Source: RFC 8446 section 6.2 for the alerts; `x509_vfy.h` of OpenSSL for the codes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from OpenSSL import SSL
from twisted.internet.error import ConnectionDone

from tnet.errors import CertificateRejected, ClientCertificateWanted, PinMismatch, TlsFailed
from tnet.net.tls.facts import UNREADABLE, begins, bounded, ends, issuer, names, subject
from tnet.net.tls.session import Codes, Rejection, TlsSession

NAMES_SHOWN = 4

_TRUST = "trust its authority with --ca FILE, or accept anybody with --insecure"
_OUR_CERTIFICATE = "name one with --cert and --key"

_PLAINTEXT = ("wrong version number", "http request", "packet length too long", "https proxy request")
_VERSION = ("protocol version", "unsupported protocol", "no protocols available", "version too low")
_CLIENT_CERTIFICATE = ("certificate required", "did not return a certificate")
_REJECTED_US = ("unknown ca", "bad certificate", "certificate unknown", "certificate expired", "certificate revoked")


def explain(cause: BaseException | None, session: TlsSession, peer: str) -> TlsFailed:
    """The error for a handshake with `peer` that ended by `cause`, which it keeps.

    Text of the peer's certificate is raw in it, and bounded.
    """
    error = _explained(cause, session, session.peer or peer)
    error.__cause__ = cause
    return error


def _explained(cause: BaseException | None, session: TlsSession, peer: str) -> TlsFailed:
    if session.rejection is not None:
        return _rejected(session.rejection, peer)
    if session.unpinned is not None:
        return PinMismatch(peer, f"its key is {session.unpinned}")
    if isinstance(cause, SSL.Error) and not isinstance(cause, SSL.SysCallError):
        reason = reason_of(cause)
        if not session.is_server and _wants_certificate(reason, session):
            return ClientCertificateWanted(peer, "the peer wants a client certificate", _OUR_CERTIFICATE)
        return TlsFailed(peer, *_said(reason, session))
    how = "closed" if isinstance(cause, (ConnectionDone, SSL.SysCallError)) else "broke"
    return TlsFailed(peer, f"the peer {how} the connection during the handshake")


def reason_of(error: SSL.Error) -> str:
    """What OpenSSL's error queue ends with, in lower case."""
    queue: Any = error.args[0] if error.args else ()
    return str(queue[-1][2]).lower() if queue else "unknown error"


def _said(reason: str, session: TlsSession) -> tuple[str, str]:
    """OpenSSL's reason and the advice that goes with it, in words."""

    def among(marks: tuple[str, ...]) -> bool:
        return any(mark in reason for mark in marks)

    if among(_PLAINTEXT):
        speaker = "peer" if session.is_server else "port"
        return f"the {speaker} does not speak TLS", "" if session.is_server else "leave TLS out, or check the port"
    if among(_VERSION):
        ours = "1.2 and 1.3" if session.oldest == "1.2" else f"{session.oldest} alone"
        return f"no version of TLS in common (we speak {ours})", ""
    if "no application protocol" in reason:
        return f"no application protocol in common{_offer(session)}", ""
    if among(_CLIENT_CERTIFICATE):
        return "the client showed no certificate, and must", ""
    if "no shared cipher" in reason or "handshake failure" in reason:
        return "no cipher in common, or something else that the peer insists on", ""
    if "unrecognized name" in reason:
        return "the peer has no host of that name", "--sni NAME asks for another"
    if "alert" in reason and among(_REJECTED_US):
        return f"the peer does not accept our certificate ({reason.rpartition('alert ')[2]})", ""
    return reason, ""


def _offer(session: TlsSession) -> str:
    offered = ", ".join(each.decode("ascii", "backslashreplace") for each in session.offered)
    return f": we offered {bounded(offered)}" if offered else ""


def _wants_certificate(reason: str, session: TlsSession) -> bool:
    """Whether a server failed us because we showed no certificate; before TLS 1.3 it may only hint at that."""
    told = any(mark in reason for mark in _CLIENT_CERTIFICATE)
    hinted = "handshake failure" in reason and session.get_certificate() is None
    return told or (hinted and bool(session.get_client_ca_list()))


# ── certificates ──


def _rejected(rejection: Rejection, peer: str) -> CertificateRejected:
    say = _CODES.get(rejection.code, _by_code)
    reason, advice = say(rejection)
    return CertificateRejected(peer, reason, advice, subject=subject(rejection.certificate))


def _self_signed(rejection: Rejection) -> tuple[str, str]:
    return "it is self-signed, and nobody here trusts it", _TRUST


def _untrusted_root(rejection: Rejection) -> tuple[str, str]:
    return f"its chain ends at {subject(rejection.certificate)}, which is not trusted here", _TRUST


def _untrusted(rejection: Rejection) -> tuple[str, str]:
    by = issuer(rejection.certificate)
    return f"it was issued by {by}, which is not trusted here (or a certificate between is missing)", _TRUST


def _expired(rejection: Rejection) -> tuple[str, str]:
    return f"it expired on {_day(ends(rejection.certificate))}", ""


def _early(rejection: Rejection) -> tuple[str, str]:
    return f"it is not valid before {_day(begins(rejection.certificate))}", "check the clock of this machine"


def _other_name(rejection: Rejection) -> tuple[str, str]:
    found = names(rejection.certificate)
    shown = ", ".join(found[:NAMES_SHOWN]) or "no host at all"
    more = f" and {len(found) - NAMES_SHOWN} more" if len(found) > NAMES_SHOWN else ""
    return f"it is for {shown}{more}, not for {rejection.wanted}", "--sni NAME asks for and checks another name"


def _by_code(rejection: Rejection) -> tuple[str, str]:
    called = [name for name, code in vars(Codes).items() if code == rejection.code and name.startswith("ERR_")]
    words = called[0].removeprefix("ERR_").lower().replace("_", " ") if called else f"error {rejection.code}"
    return f"it did not pass verification: {words}", ""


_CODES: dict[int, Callable[[Rejection], tuple[str, str]]] = {
    Codes.ERR_DEPTH_ZERO_SELF_SIGNED_CERT: _self_signed,
    Codes.ERR_SELF_SIGNED_CERT_IN_CHAIN: _untrusted_root,
    Codes.ERR_UNABLE_TO_GET_ISSUER_CERT: _untrusted,
    Codes.ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY: _untrusted,
    Codes.ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: _untrusted,
    Codes.ERR_CERT_HAS_EXPIRED: _expired,
    Codes.ERR_CERT_NOT_YET_VALID: _early,
    Codes.ERR_HOSTNAME_MISMATCH: _other_name,
    Codes.ERR_IP_ADDRESS_MISMATCH: _other_name,
}


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else UNREADABLE
