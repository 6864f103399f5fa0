"""Who we are to a peer: a certificate chain and its private key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from tnet.errors import OwnCertificateUnusable

PrivateKey = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | dsa.DSAPrivateKey
)

LARGEST_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class Identity:
    """A chain, our own certificate first, and the key to it; `path` is what an error names."""

    path: str
    chain: tuple[x509.Certificate, ...]
    key: PrivateKey = field(repr=False)

    @property
    def ends(self) -> datetime:
        """When our own certificate expires, in UTC."""
        return self.chain[0].not_valid_after_utc

    def install(self, context: SSL.Context) -> None:
        """Let every connection of `context` show this certificate.

        Raises: OwnCertificateUnusable: OpenSSL does not take it, for instance because the key is too short.
        """
        try:
            context.use_certificate(self.chain[0])
            for each in self.chain[1:]:
                context.add_extra_chain_cert(each)
            context.use_privatekey(self.key)
            context.check_privatekey()
        except (SSL.Error, TypeError, ValueError) as error:
            raise OwnCertificateUnusable(self.path, f"OpenSSL does not take it: {_last(error)}") from error


def load_identity(certificate_file: str, key_file: str | None = None) -> Identity:
    """Read a PEM chain and its PEM key; the key may stand in the file of the chain.

    Blocks. Raises: OwnCertificateUnusable: missing, unreadable, encrypted, or not a pair.
    """
    key_path = key_file or certificate_file
    return pair(certificate_file, _read(certificate_file), _read(key_path), key_path)


def pair(path: str, certificates: bytes, key_data: bytes, key_path: str = "") -> Identity:
    """The identity that two PEM texts make together.

    Raises: OwnCertificateUnusable.
    """
    key_path = key_path or path
    chain, key = _certificates(path, certificates), _key(key_path, key_data)
    if chain[0].public_key() != key.public_key():
        raise OwnCertificateUnusable(path, f"it does not belong to the key in {key_path}")
    return Identity(path, tuple(chain), key)


def _certificates(path: str, data: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise OwnCertificateUnusable(path, "it holds no PEM certificate") from error


def _key(path: str, data: bytes) -> PrivateKey:
    try:
        return cast("PrivateKey", load_pem_private_key(data, password=None))
    except TypeError as error:
        raise OwnCertificateUnusable(
            path, "the key is encrypted, and a server cannot ask for its passphrase"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise OwnCertificateUnusable(path, "it holds no PEM private key") from error


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_FILE)
    except OSError as error:
        raise OwnCertificateUnusable(path, error.strerror or str(error)) from error


def _last(error: Exception) -> str:
    queue = error.args[0] if error.args else ""
    return str(queue[-1][2]) if isinstance(queue, list) and queue else str(error)
