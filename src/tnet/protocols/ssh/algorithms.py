"""The algorithms that we offer: no SHA-1, no CBC, no finite-field or NIST key exchange, no compression.

zlib is left out because it would be live before the login and inflate without bound; ChaCha20-Poly1305 and CBC
with encrypt-then-MAC because they are what CVE-2023-48795 needs.

Source: RFC 9142; draft-ietf-sshm-mlkem-hybrid-kex; OpenSSH's PROTOCOL, section 1.10, for strict key exchange.
"""

from __future__ import annotations

from functools import cache

from cryptography.exceptions import UnsupportedAlgorithm
from twisted.conch.ssh.transport import SSHServerTransport

POST_QUANTUM = b"mlkem768x25519-sha256"
CLASSICAL = (b"curve25519-sha256", b"curve25519-sha256@libssh.org")
CIPHERS = (b"aes256-ctr", b"aes192-ctr", b"aes128-ctr")
MACS = (b"hmac-sha2-512", b"hmac-sha2-256")
COMPRESSIONS = (b"none",)

HOST_SIGNATURES = (
    b"ssh-ed25519",
    b"ecdsa-sha2-nistp256",
    b"ecdsa-sha2-nistp384",
    b"ecdsa-sha2-nistp521",
    b"rsa-sha2-512",
    b"rsa-sha2-256",
)
USER_SIGNATURES = HOST_SIGNATURES
SMALLEST_RSA_BITS = 2048

STRICT_CLIENT = b"kex-strict-c-v00@openssh.com"
STRICT_SERVER = b"kex-strict-s-v00@openssh.com"


@cache
def key_exchanges() -> tuple[bytes, ...]:
    """The key exchanges that this Conch and this OpenSSL can do, best first."""
    offered = (POST_QUANTUM, *CLASSICAL) if _has_mlkem() else CLASSICAL
    return tuple(name for name in offered if name in SSHServerTransport.supportedKeyExchanges)


def key_type(signature: bytes) -> bytes:
    """The key type that makes signatures of this name: RSA is the one whose names differ."""
    return b"ssh-rsa" if signature.startswith(b"rsa-sha2-") else signature


def _has_mlkem() -> bool:
    """Whether ML-KEM works: cryptography may have it over an OpenSSL that does not."""
    try:
        from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey

        MLKEM768PrivateKey.generate()
    except (ImportError, UnsupportedAlgorithm):
        return False
    return True
