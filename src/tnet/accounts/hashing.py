"""Passwords to secrets and back to yes or no: Argon2id, in the PHC string form that carries its own parameters.

Secrets that others made with bcrypt are checked too, and count as outdated.

These functions take tens of milliseconds and tens of MiB on purpose: call them in a bounded pool of threads. The
work releases the interpreter lock.

Source: RFC 9106; the OWASP password storage cheat sheet for the least parameters.
"""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from tnet.accounts import bcrypt

SALT_BYTES = 16
KEY_BYTES = 32
DEAREST_MEMORY_KIB = 1 << 20
DEAREST_PASSES = 100

_BASE64 = "[A-Za-z0-9+/]+"
_PHC = re.compile(rf"\$argon2id\$v=19\$m=(\d{{1,9}}),t=(\d{{1,9}}),p=(\d{{1,9}})\${_BASE64}\${_BASE64}")


class UnreadableSecret(ValueError):
    """A stored secret that is neither Argon2id in PHC form nor bcrypt, or asks for more work than we would ever do."""


@dataclass(frozen=True, slots=True)
class Argon2:
    """One choice of parameters; the defaults are the least that OWASP recommends.

    Units: `memory_kib` in KiB for each hash at work.
    """

    memory_kib: int = 19456
    passes: int = 2
    lanes: int = 1

    def hash(self, password: bytes) -> str:
        """The secret to store for `password`."""
        return Argon2id(
            salt=secrets.token_bytes(SALT_BYTES),
            length=KEY_BYTES,
            iterations=self.passes,
            lanes=self.lanes,
            memory_cost=self.memory_kib,
        ).derive_phc_encoded(password)

    def outdated(self, secret: str) -> bool:
        """Whether `secret` costs a guesser less work than one made today; a dearer one is never made cheaper.

        Raises: UnreadableSecret.
        """
        return bcrypt.cost(secret) is not None or _parameters(secret).work < self.work

    @property
    def work(self) -> int:
        """What one hash has to write. Units: KiB."""
        return self.memory_kib * self.passes

    def decoy(self) -> str:
        """A secret that no password has: checking one against it costs what checking a real one costs."""
        salt, key = map(_base64, (SALT_BYTES, KEY_BYTES))
        return f"$argon2id$v=19$m={self.memory_kib},t={self.passes},p={self.lanes}${salt}${key}"


def matches(password: bytes, secret: str) -> bool:
    """Whether `secret` was made from `password`, with whatever parameters it names.

    Raises: UnreadableSecret.
    """
    try:
        if bcrypt.cost(secret) is not None:
            return bcrypt.matches(password, secret)
        _parameters(secret)
        Argon2id.verify_phc_encoded(password, secret)
    except InvalidKey:
        return False
    except UnreadableSecret:
        raise
    except ValueError as error:
        raise UnreadableSecret(str(error)) from error
    return True


def readable(secret: str) -> bool:
    """Whether a password could be checked against `secret`."""
    try:
        return bcrypt.cost(secret) is not None or _parameters(secret) is not None
    except UnreadableSecret:
        return False


def _parameters(secret: str) -> Argon2:
    found = _PHC.fullmatch(secret)
    if found is None:
        raise UnreadableSecret("neither Argon2id in PHC form nor bcrypt")
    parameters = Argon2(*map(int, found.groups()))
    if parameters.memory_kib > DEAREST_MEMORY_KIB or parameters.passes > DEAREST_PASSES:
        raise UnreadableSecret("asks for too much work")
    return parameters


def _base64(size: int) -> str:
    return b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()
