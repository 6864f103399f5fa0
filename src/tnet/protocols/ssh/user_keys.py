"""Public keys of users: read, and refused where they are weak or of a kind that we cannot check whole."""

from __future__ import annotations

import base64
import struct

from cryptography.exceptions import UnsupportedAlgorithm
from twisted.conch.ssh.keys import BadKeyError, Key

from tnet.protocols.ssh.algorithms import SMALLEST_RSA_BITS, USER_SIGNATURES, key_type

KEY_TYPES = frozenset(map(key_type, USER_SIGNATURES))


class KeyUnusable(ValueError):
    """A public key that lets nobody in; the text says why."""


def read_blob(blob: bytes) -> Key:
    """The public key in a blob of the wire format.

    Raises: KeyUnusable.
    """
    try:
        key: Key = Key.fromString(blob, type="blob")
        kind, bits = key.sshType(), key.size()
    except (BadKeyError, UnsupportedAlgorithm, ValueError, IndexError, KeyError, TypeError, struct.error) as error:
        raise KeyUnusable(f"not a public key ({type(error).__name__})")
    if kind not in KEY_TYPES or key.isSecurityKey():
        raise KeyUnusable(f"keys of type {kind.decode()} are not accepted")
    if kind == b"ssh-rsa" and bits < SMALLEST_RSA_BITS:
        raise KeyUnusable(f"RSA keys need {SMALLEST_RSA_BITS} bits, this one has {bits}")
    if key.blob() != blob:
        raise KeyUnusable("not in its one proper form")
    return key


def read_line(line: bytes) -> Key:
    """The public key in `TYPE BASE64 [COMMENT]`.

    Raises: KeyUnusable.
    """
    kind, *rest = line.split(None, 2)
    if kind not in KEY_TYPES:
        raise KeyUnusable(_what_else(kind))
    try:
        key = read_blob(base64.b64decode(rest[0], validate=True))
    except (IndexError, ValueError) as error:
        raise error if isinstance(error, KeyUnusable) else KeyUnusable("not base64")
    if key.sshType() != kind:
        raise KeyUnusable(f"a key of type {key.sshType().decode()} that says {kind.decode()}")
    return key


def _what_else(first: bytes) -> str:
    if first.endswith(b"-cert-v01@openssh.com"):
        return "certificates are not supported"
    if first.startswith((b"sk-", b"ssh-", b"ecdsa-")):
        return "keys of this type are not accepted"
    return "options are not supported"
