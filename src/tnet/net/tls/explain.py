"""A failed handshake in one human line: OpenSSL knows why, but says it in its own words, or not at all.

Source: RFC 8446 section 6.2 for the alerts; `x509_vfy.h` of OpenSSL for the codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from OpenSSL import SSL
from twisted.internet.error import ConnectionDone

from tnet.errors import CertificateRejected, ClientCertificateWanted, PinMismatch, TlsFailed
from tnet.escape import excerpt
from tnet.net.tls.facts import begins, bounded, day, ends, issuer, names, some, subject
from tnet.net.tls.session import Codes, Rejection, TlsSession

BANNER_BYTES = 120

_TRUST = "trust its authority with --ca FILE, or accept anybody with --insecure"
_OUR_CERTIFICATE = "name one with --cert and --key"
_OTHER_CERTIFICATE = "give it one that it knows, with --cert and --key"
_EXPIRED = "its owner has to renew it; check the clock of this machine, too"
_NO_TLS = "leave TLS out, or check the port"
_INJECTED = "somebody in between may have put that there: trust nothing that this connection says"
_OLD_CIPHERS = "we speak what has forward secrecy and authenticated encryption, as of RFC 9325"
_GREETINGS = (
    (re.compile(rb"220[ -].*(SMTP|mail)", re.IGNORECASE), "a mail server goes over to TLS with --starttls smtp"),
    (re.compile(rb"220[ -]"), "such servers go over to TLS with --starttls ftp or --starttls smtp"),
    (re.compile(rb"\* (OK|PREAUTH|BYE)", re.IGNORECASE), "an IMAP server goes over to TLS with --starttls imap"),
    (re.compile(rb"[+]OK", re.IGNORECASE), "a POP3 server goes over to TLS with --starttls pop3"),
    (re.compile(rb"SSH-"), "that is SSH, which needs no TLS"),
    (re.compile(rb"HTTP/"), "that is HTTP without TLS: leave TLS out, or check the port"),
)

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
    if session.changed is not None:
        return session.changed
    if isinstance(cause, SSL.Error) and not isinstance(cause, SSL.SysCallError):
        reason = reason_of(cause)
        if not session.is_server and _wants_certificate(reason, session):
            return ClientCertificateWanted(peer, "the peer wants a client certificate", _OUR_CERTIFICATE)
        ours = not session.is_server and _refuses_certificate(reason)
        return (ClientCertificateWanted if ours else TlsFailed)(peer, *_said(reason, session))
    how = "closed" if isinstance(cause, (ConnectionDone, SSL.SysCallError)) else "broke"
    advice = "" if session.is_server or session.heard else "check that the port speaks TLS"
    return TlsFailed(peer, f"the peer {how} the connection during the handshake", advice)


def reason_of(error: SSL.Error) -> str:
    """What OpenSSL's error queue ends with, in lower case."""
    queue: Any = error.args[0] if error.args else ()
    return str(queue[-1][2]).lower() if queue else "unknown error"


def _said(reason: str, session: TlsSession) -> tuple[str, str]:
    """OpenSSL's reason and the advice that goes with it, in words."""
    for marks, say in _REASONS:
        if any(mark in reason for mark in marks):
            return say(session)
    if _refuses_certificate(reason):
        return f"the peer does not accept our certificate ({reason.rpartition('alert ')[2]})", _OTHER_CERTIFICATE
    return reason, ""


def _refuses_certificate(reason: str) -> bool:
    return "alert" in reason and any(mark in reason for mark in _REJECTED_US)


def _plaintext(session: TlsSession) -> tuple[str, str]:
    """The peer spoke, but not TLS: what it said tells what it speaks."""
    if session.is_server:
        return "the peer does not speak TLS", ""
    line = session.heard.partition(b"\n")[0].rstrip()
    if session.was_asked:
        return f"it agreed to TLS, but plaintext came: {bounded(excerpt(line, BANNER_BYTES))}", _INJECTED
    if not line.isascii() or b"\0" in line or not line:
        return "the port does not speak TLS", _NO_TLS
    advice = next((advice for mark, advice in _GREETINGS if mark.match(line)), _NO_TLS)
    return f"the port does not speak TLS: it says {bounded(excerpt(line, BANNER_BYTES))}", advice


def _versions(session: TlsSession) -> tuple[str, str]:
    ours = "1.2 and 1.3" if session.oldest == "1.2" else f"{session.oldest} alone"
    advice = "its owner has to update it: what is older is broken" if session.oldest == "1.2" else "allow 1.2 as well"
    return f"no version of TLS in common (we speak {ours})", "" if session.is_server else advice


def _protocols(session: TlsSession) -> tuple[str, str]:
    return f"no application protocol in common{_offer(session)}", "" if session.is_server else "offer another, or none"


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
    reason, advice = _judged(rejection)
    return CertificateRejected(peer, reason, advice, subject=subject(rejection.certificate))


def why_rejected(rejection: Rejection) -> str:
    """What is wrong with a certificate, in words."""
    return _judged(rejection)[0]


def _judged(rejection: Rejection) -> tuple[str, str]:
    return _CODES.get(rejection.code, _by_code)(rejection)


def _self_signed(rejection: Rejection) -> tuple[str, str]:
    return "it is self-signed, and nobody here trusts it", _TRUST


def _untrusted_root(rejection: Rejection) -> tuple[str, str]:
    return f"its chain ends at {subject(rejection.certificate)}, which is not trusted here", _TRUST


def _untrusted(rejection: Rejection) -> tuple[str, str]:
    by = issuer(rejection.certificate)
    return f"it was issued by {by}, which is not trusted here (or a certificate between is missing)", _TRUST


def _expired(rejection: Rejection) -> tuple[str, str]:
    return f"it expired on {day(ends(rejection.certificate))}", _EXPIRED


def _early(rejection: Rejection) -> tuple[str, str]:
    return f"it is not valid before {day(begins(rejection.certificate))}", "check the clock of this machine"


def _other_name(rejection: Rejection) -> tuple[str, str]:
    found = names(rejection.certificate)
    return (
        f"it is for {some(found) or 'no host at all'}, not for {rejection.wanted}",
        "--sni NAME asks for and checks another name",
    )


def _by_code(rejection: Rejection) -> tuple[str, str]:
    called = [name for name, code in vars(Codes).items() if code == rejection.code and name.startswith("ERR_")]
    words = called[0].removeprefix("ERR_").lower().replace("_", " ") if called else f"error {rejection.code}"
    return f"it did not pass verification: {words}", ""


_REASONS: tuple[tuple[tuple[str, ...], Callable[[TlsSession], tuple[str, str]]], ...] = (
    (_PLAINTEXT, _plaintext),
    (_VERSION, _versions),
    (("no application protocol",), _protocols),
    (_CLIENT_CERTIFICATE, lambda _: ("the client showed no certificate, and must", "")),
    (
        ("no shared cipher", "handshake failure"),
        lambda _: ("no cipher in common, or something else that the peer insists on", _OLD_CIPHERS),
    ),
    (("unrecognized name",), lambda _: ("the peer has no host of that name", "--sni NAME asks for another")),
)
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
