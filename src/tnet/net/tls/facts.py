"""What a TLS connection may tell of itself: text that comes from the peer is raw, and bounded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from OpenSSL.crypto import X509

from tnet.plans.tls import pin_of

MOST_NAMES = 100
MOST_CERTIFICATES = 10
NAME_CHARACTERS = 256
NAMES_SHOWN = 4
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What was agreed on, and the certificate that the peer showed; None where there is nothing to tell.

    `group` is what the keys were exchanged with, `sni` the name that the client asked for. `chain` has a line for each
    certificate, from the peer's own towards the root: that which was believed, else that which was shown.

    Shape: `not_before` and `not_after` are RFC 3339 in UTC; `names` the host names and addresses of the certificate;
    `serial` its number in hexadecimal; `pin` its key as `--pin` takes it.
    """

    version: str | None = None
    cipher: str | None = None
    group: str | None = None
    alpn: str | None = None
    sni: str | None = None
    subject: str | None = None
    issuer: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    serial: str | None = None
    pin: str | None = None
    names: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()


def certificate_facts(connection: Any) -> TlsFacts:
    """The facts of a session (`transport.getHandle()`), established or failed; nothing in them is secret."""
    rejection = getattr(connection, "rejection", None)
    certificate = connection.get_peer_certificate() or (rejection.certificate if rejection else None)
    cipher, asked = connection.get_cipher_name(), connection.get_servername()
    agreed = TlsFacts(
        version=connection.get_protocol_version_name() if cipher else None,
        cipher=cipher,
        group=connection.get_group_name() if cipher else None,
        sni=bounded(asked.decode("ascii", "backslashreplace")) if asked else None,
        chain=chain(connection),
        alpn=connection.get_alpn_proto_negotiated().decode("ascii", "backslashreplace") or None,
    )
    return agreed if certificate is None else _described(agreed, certificate)


def _described(agreed: TlsFacts, certificate: X509) -> TlsFacts:
    return replace(
        agreed,
        subject=subject(certificate),
        issuer=issuer(certificate),
        not_before=_text_of(begins(certificate)),
        not_after=_text_of(ends(certificate)),
        serial=f"{certificate.get_serial_number():x}",
        pin=public_key_pin(certificate),
        names=names(certificate),
    )


def chain(connection: Any) -> tuple[str, ...]:
    """A line for each certificate that the peer showed, and for those of ours that complete them."""
    shown, believed = connection.get_peer_cert_chain() or [], connection.get_verified_chain() or []
    longer = believed if len(believed) > len(shown) else shown
    return tuple(map(described, longer[:MOST_CERTIFICATES]))


def described(certificate: X509) -> str:
    """A certificate on one line: whose it is, who signed it, its days, its names and its key."""
    since, until = day(begins(certificate)), day(ends(certificate))
    made_out = names(certificate)
    parts = (
        subject(certificate),
        f"issued by {issuer(certificate)}",
        f"{since} to {until}",
        f"for {some(made_out)}" if made_out else "",
        public_key_pin(certificate) or "",
    )
    return " · ".join(filter(None, parts))


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


def public_key_pin(certificate: X509) -> str | None:
    """The pin of a certificate's public key; None when that is of no kind that we know."""
    try:
        key = certificate.to_cryptography().public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return pin_of(hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest())


def some(made_out: tuple[str, ...]) -> str:
    """The first few names, and how many others there are."""
    more = f" and {len(made_out) - NAMES_SHOWN} more" if len(made_out) > NAMES_SHOWN else ""
    return ", ".join(made_out[:NAMES_SHOWN]) + more


def day(moment: datetime | None) -> str:
    """The date of `moment`."""
    return moment.date().isoformat() if moment else UNREADABLE


def bounded(text: str) -> str:
    """At most `NAME_CHARACTERS` of `text`."""
    return text if len(text) <= NAME_CHARACTERS else text[: NAME_CHARACTERS - 1] + "…"


def _text_of(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
