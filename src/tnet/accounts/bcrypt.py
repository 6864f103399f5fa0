"""bcrypt secrets that others made, in the modular crypt form: `$2y$10$…` as Apache's htpasswd writes it.

We make none: where a store lets us, a password that proves right gets a secret of today.

Source: A Future-Adaptable Password Scheme, Provos and Mazières 1999; pyca/bcrypt#1000 for the longest password.
"""

from __future__ import annotations

import re
import secrets

import bcrypt

LONGEST_BYTES = 72
DEAREST_COST = 16

_LETTERS = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_FORM = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")


def cost(secret: str) -> int | None:
    """The binary logarithm of the work that `secret` asks for; None when it is no bcrypt secret that we would check."""
    found = _FORM.fullmatch(secret)
    return int(found[1]) if found is not None and 4 <= int(found[1]) <= DEAREST_COST else None


def readable(secret: str) -> bool:
    """Whether `secret` is a bcrypt secret that we would check."""
    return cost(secret) is not None


def matches(password: bytes, secret: str) -> bool:
    """Whether `secret`, a bcrypt secret, was made from `password`.

    A password of more bytes than bcrypt looks at matches nothing, after the same work.

    Raises: ValueError when `secret` is none after all.
    """
    right = bcrypt.checkpw(password[:LONGEST_BYTES], secret.encode("ascii"))
    return right and len(password) <= LONGEST_BYTES


def decoy(cost: int) -> str:
    """A secret that no password has, of that cost."""
    salt, key = ("".join(secrets.choice(_LETTERS) for _ in range(count)) for count in (21, 31))
    return f"$2b${cost:02}${salt}.{key}"
