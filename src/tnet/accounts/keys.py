"""Public keys of accounts, as OpenSSH writes them: `TYPE BASE64 [COMMENT]`, in a .pub or authorized_keys file.

A line with options is refused: to keep the key and to forget what it was restricted to would let too much in.

Source: OpenSSH's sshd(8), AUTHORIZED_KEYS FILE FORMAT.
"""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

SMALLEST_RSA_BITS = 2048
TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")


class Unusable(ValueError):
    """A text with something else than public keys that let somebody in."""


def read_keys(data: bytes) -> tuple[str, ...]:
    """The key lines in the text of a file, each once; blank lines and comments are left out.

    Raises: Unusable, also when there is none.
    """
    keys: dict[str, None] = {}
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        text = line.strip()
        if b"PRIVATE KEY" in text:
            raise Unusable("this is a private key: use the .pub file beside it")
        if text and not text.startswith(b"#"):
            keys[_key_line(number, text)] = None
    if not keys:
        raise Unusable("there is no public key in it")
    return tuple(keys)


def _key_line(number: int, line: bytes) -> str:
    kind, *rest = line.decode("utf-8", "replace").split(None, 2)
    if kind not in TYPES or not rest:
        raise Unusable(f"line {number}: not `TYPE BASE64 [COMMENT]` with a type of {', '.join(TYPES)}")
    try:
        key = load_ssh_public_key(f"{kind} {rest[0]}".encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unusable(f"line {number}: not a public key") from error
    if isinstance(key, RSAPublicKey) and key.key_size < SMALLEST_RSA_BITS:
        raise Unusable(f"line {number}: RSA keys need {SMALLEST_RSA_BITS} bits, this one has {key.key_size}")
    comment = [text for text in rest[1:] if text.isprintable()]
    return " ".join((kind, rest[0], *comment))
