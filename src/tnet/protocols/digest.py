"""Digest authentication, the client's half: what a challenge asks for, and the answer that proves who we are.

Source: RFC 7616; RFC 2617 section 3.2.2 for the servers that offer no `qop`; RFC 8187 for `username*`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import quote

from tnet.protocols.challenges import Challenge, quoted

_HASHES = {"sha-512-256": "sha512_256", "sha-256": "sha256", "md5": "md5"}
"""What can be hashed with, the strongest first."""

_SESSION = "-sess"


@dataclass(frozen=True, slots=True)
class Terms:
    """What one challenge asks for.

    `algorithm` is as the server wrote it, empty where it named none; `qop` is the one of those offered that we take,
    empty where none was: `auth` if it can be had, else `auth-int`, which vouches for the body too. `stale` says that
    the answer before was right, but for its nonce.
    """

    realm: str
    nonce: str
    algorithm: str = ""
    qop: str = ""
    opaque: str | None = None
    userhash: bool = False
    utf8: bool = False
    stale: bool = False

    @property
    def hash_name(self) -> str:
        """What to hash with, in lower case and without `-sess`."""
        return self.algorithm.lower().removesuffix(_SESSION) or "md5"

    @property
    def weak(self) -> bool:
        """Whether it is MD5 that stands between our password and whoever listens."""
        return self.hash_name == "md5"


def best_terms(challenges: Iterable[Challenge]) -> Terms | None:
    """The strongest digest that can be answered, the first of equals; None when there is none."""
    found = [terms for challenge in challenges if (terms := _terms(challenge)) is not None]
    return min(found, key=lambda terms: list(_HASHES).index(terms.hash_name), default=None)


def authorization(
    terms: Terms, user: str, password: str, method: str, target: str, *, count: int, cnonce: str, body: bytes = b""
) -> str:
    """The value of the Authorization field that answers `terms`.

    `count` is how often their nonce has been used, this time included; `cnonce` is random, and one for all its uses.
    `body` matters for `auth-int` alone.
    """
    if terms.utf8:
        user, password = normalize("NFC", user), normalize("NFC", password)
    response = _response(terms, (user, password), (method, target, body), count, cnonce)
    fields = [
        _user_field(terms, user),
        f"realm={quoted(terms.realm)}, nonce={quoted(terms.nonce)}, uri={quoted(target)}, response={quoted(response)}",
    ]
    if terms.algorithm:
        fields.append(f"algorithm={terms.algorithm}")
    if terms.opaque is not None:
        fields.append(f"opaque={quoted(terms.opaque)}")
    if terms.qop:
        fields.append(f"qop={terms.qop}, nc={count:08x}")
    if terms.qop or _is_session(terms):
        fields.append(f"cnonce={quoted(cnonce)}")
    if terms.userhash:
        fields.append("userhash=true")
    return "Digest " + ", ".join(fields)


def _terms(challenge: Challenge) -> Terms | None:
    params = challenge.params
    if challenge.scheme != "digest" or "realm" not in params or not params.get("nonce"):
        return None
    offered = {each.strip().lower() for each in params.get("qop", "").split(",")} - {""}
    qop = next((each for each in ("auth", "auth-int") if each in offered), "")
    terms = Terms(
        params["realm"],
        params["nonce"],
        params.get("algorithm", ""),
        qop,
        params.get("opaque"),
        userhash=params.get("userhash", "").lower() == "true",
        utf8=params.get("charset", "").lower() == "utf-8",
        stale=params.get("stale", "").lower() == "true",
    )
    known = _HASHES.get(terms.hash_name) in hashlib.algorithms_available
    return terms if known and (qop or not offered) else None


def _response(terms: Terms, who: tuple[str, str], what: tuple[str, str, bytes], count: int, cnonce: str) -> str:
    (user, password), (method, target, body) = who, what
    secret = _digest(terms, user, terms.realm, password)
    if _is_session(terms):
        secret = _digest(terms, secret, terms.nonce, cnonce)
    vouched = [_hashed(terms, body)] if terms.qop == "auth-int" else []
    asked = _digest(terms, method, target, *vouched)
    if not terms.qop:
        return _digest(terms, secret, terms.nonce, asked)
    return _digest(terms, secret, terms.nonce, f"{count:08x}", cnonce, terms.qop, asked)


def _user_field(terms: Terms, user: str) -> str:
    if terms.userhash:
        return f"username={quoted(_digest(terms, user, terms.realm))}"
    if terms.utf8 and not user.isascii():
        return f"username*=UTF-8''{quote(user, safe='', errors='surrogateescape')}"
    return f"username={quoted(user)}"


def _is_session(terms: Terms) -> bool:
    return terms.algorithm.lower().endswith(_SESSION)


def _digest(terms: Terms, *parts: str) -> str:
    return _hashed(terms, ":".join(parts).encode("utf-8", "surrogateescape"))


def _hashed(terms: Terms, data: bytes) -> str:
    return hashlib.new(_HASHES[terms.hash_name], data, usedforsecurity=False).hexdigest()
