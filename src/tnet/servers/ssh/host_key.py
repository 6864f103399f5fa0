"""The server's own key: made once, kept where only its owner can read it.

Source: OpenSSH's sshd(8) for what a host key's file may look like; XDG Base Directory Specification for its place.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.ssh.keys import BadKeyError, EncryptedKeyError, Key

from tnet.errors import CannotRead
from tnet.places import state_folder
from tnet.protocols.ssh.algorithms import HOST_SIGNATURES, SMALLEST_RSA_BITS
from tnet.servers.guarded_files import read_guarded, write_once

FILE_BYTES = 1 << 16
OTHERS = 0o077


def default_path(environ: Mapping[str, str] | None = None) -> Path:
    """Where the key is kept when nobody says otherwise: `$XDG_STATE_HOME/tnet/ssh/host_ed25519`."""
    return state_folder(environ) / "ssh" / "host_ed25519"


def read_host_key(path: Path) -> Key:
    """The private key in the file at `path`. Blocks.

    Raises: CannotRead, when it is missing, readable by others, a symbolic link, encrypted, or too weak.
    """
    data = read_guarded(path, forbidden=OTHERS, limit_bytes=FILE_BYTES)
    try:
        key: Key = Key.fromString(data)
    except EncryptedKeyError:
        raise CannotRead(str(path), "the key is protected by a passphrase")
    except (BadKeyError, ValueError, IndexError) as error:
        raise CannotRead(str(path), f"not a private key ({type(error).__name__})")
    _check(path, key)
    return key


def open_host_key(path: Path) -> Key:
    """The private key at `path`, made first if there is none. Blocks.

    Raises: CannotRead, as `read_host_key`; CannotWrite.
    """
    if not os.path.lexists(path):
        _make(path)
    return read_host_key(path)


def _check(path: Path, key: Key) -> None:
    if key.isPublic():
        raise CannotRead(str(path), "a public key, where the private one is needed")
    if not set(key.supportedSignatureAlgorithms()) & set(HOST_SIGNATURES):
        raise CannotRead(str(path), f"keys of type {key.type()} are not accepted")
    if key.type() == "RSA" and key.size() < SMALLEST_RSA_BITS:
        raise CannotRead(str(path), f"RSA keys need {SMALLEST_RSA_BITS} bits, this one has {key.size()}")


def _make(path: Path) -> None:
    write_once(path, Key(Ed25519PrivateKey.generate()).toString("openssh", subtype="v1", comment="tnet"))
