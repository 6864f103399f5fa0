"""Makes certificates: a root that signs, and the leaves it signs. Pure but for the random numbers.

Source: RFC 5280 section 4.2 for the extensions; CA/Browser Forum Baseline Requirements for the length of a life.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta
from secrets import token_hex

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT_DAYS = 3650
LEAF_DAYS = 365
SKEW = timedelta(hours=1)
COMMON_NAME_CHARACTERS = 64

_Key = ec.EllipticCurvePrivateKey
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def make_root(title: str, now: datetime) -> tuple[x509.Certificate, _Key]:
    """A certificate authority that may sign leaves and nothing else, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _common_name(f"{title} {token_hex(4)}")
    builder = (
        _begun(name, name, key, now, ROOT_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    )
    return builder.sign(key, hashes.SHA256()), key


def make_leaf(
    root: x509.Certificate, root_key: _Key, names: Iterable[str], now: datetime
) -> tuple[x509.Certificate, _Key]:
    """A server's certificate for host names and IP addresses, signed by `root`, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _begun(_common_name("tnet"), root.subject, key, now, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
    )
    return builder.sign(root_key, hashes.SHA256()), key


def pem(certificate: x509.Certificate, key: _Key | None = None) -> bytes:
    """A certificate as PEM, with its unencrypted key after it where one is given."""
    data = certificate.public_bytes(Encoding.PEM)
    return data if key is None else data + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def names_of(certificate: x509.Certificate) -> set[str]:
    """The host names and addresses that a certificate is made out to."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))}


def _begun(subject: x509.Name, issuer: x509.Name, key: _Key, now: datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in allowed for usage in _USAGES})


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[-COMMON_NAME_CHARACTERS:])])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
