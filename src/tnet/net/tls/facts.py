"""What a TLS connection may tell of itself: text that comes from the peer is raw, and bounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from OpenSSL.crypto import X509

MOST_NAMES = 100
NAME_CHARACTERS = 256
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What was agreed on, and the certificate that the peer showed; None where there is nothing to tell.

    Shape: `not_after` is RFC 3339 in UTC; `names` the host names and addresses of the certificate.
    """

    version: str | None = None
    cipher: str | None = None
    alpn: str | None = None
    subject: str | None = None
    issuer: str | None = None
    not_after: str | None = None
    names: tuple[str, ...] = ()


def certificate_facts(connection: Any) -> TlsFacts:
    """The facts of a session (`transport.getHandle()`), established or failed; nothing in them is secret."""
    rejection = getattr(connection, "rejection", None)
    certificate = connection.get_peer_certificate() or (rejection.certificate if rejection else None)
    cipher = connection.get_cipher_name()
    return TlsFacts(
        version=connection.get_protocol_version_name() if cipher else None,
        cipher=cipher,
        alpn=connection.get_alpn_proto_negotiated().decode("ascii", "backslashreplace") or None,
        subject=subject(certificate) if certificate else None,
        issuer=issuer(certificate) if certificate else None,
        not_after=_text_of(ends(certificate)) if certificate else None,
        names=names(certificate) if certificate else (),
    )


def subject(certificate: X509) -> str:
    """Whom a certificate describes, as RFC 4514 writes it."""
    try:
        return bounded(certificate.to_cryptography().subject.rfc4514_string())
    except ValueError:
        return UNREADABLE


def issuer(certificate: X509) -> str:
    """Who signed a certificate, as RFC 4514 writes it."""
    try:
        return bounded(certificate.to_cryptography().issuer.rfc4514_string())
    except ValueError:
        return UNREADABLE


def begins(certificate: X509) -> datetime | None:
    """When a certificate begins to be valid; None when it does not say so readably."""
    try:
        return certificate.to_cryptography().not_valid_before_utc
    except ValueError:
        return None


def ends(certificate: X509) -> datetime | None:
    """When a certificate expires; None when it does not say so readably."""
    try:
        return certificate.to_cryptography().not_valid_after_utc
    except ValueError:
        return None


def names(certificate: X509) -> tuple[str, ...]:
    """The host names and addresses that a certificate is made out to, at most `MOST_NAMES` of them."""
    try:
        found = certificate.to_cryptography().extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return ()
    hosts = [*found.get_values_for_type(x509.DNSName), *found.get_values_for_type(x509.IPAddress)]
    return tuple(bounded(str(each)) for each in hosts[:MOST_NAMES])


def bounded(text: str) -> str:
    """At most `NAME_CHARACTERS` of `text`."""
    return text if len(text) <= NAME_CHARACTERS else text[: NAME_CHARACTERS - 1] + "…"


def _text_of(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
