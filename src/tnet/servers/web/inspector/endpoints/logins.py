"""Logins that the path itself says the name and the password of."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Mapping

from tnet.protocols.challenges import Challenge, parse_challenges
from tnet.protocols.digest import Terms, authorization
from tnet.servers.web import pages
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.inspector.endpoints.call import Answer, Call, as_json

REALM = "tnet"
NONCE_SECONDS = 300
ALGORITHMS = ("SHA-256", "MD5")

_QOPS = ("auth", "auth-int")
_COUNT = re.compile(r"[0-9a-fA-F]{8}")


def basic(call: Call) -> Answer:
    """Basic authentication: 401 until it is right."""
    if not _is_basic(call):
        return _again([f'Basic realm="{REALM}"'])
    return _welcome(call.names["user"])


def hidden_basic(call: Call) -> Answer:
    """The same for clients that log in unasked: 404 until it is right.

    Raises: Refusal, 404.
    """
    if not _is_basic(call):
        raise Refusal(404)
    return _welcome(call.names["user"])


def bearer(call: Call) -> Answer:
    """Any bearer token: 401 until there is one."""
    scheme, _, token = _given(call).partition(b" ")
    if scheme.lower() != b"bearer" or not token.strip():
        return _again(["Bearer"])
    return as_json({"authenticated": True, "token": token.strip().decode("utf-8", "replace")})


class Digest:
    """Digest authentication: 401 until it is right.

    A nonce carries its own time and proof, so nothing is remembered; that one is not used twice is not checked.

    Source: RFC 7616.
    """

    def __init__(self) -> None:
        self._key = os.urandom(32)

    def answer(self, call: Call) -> Answer:
        """With `algorithm` in the path that one alone; else each of them, the strongest first.

        Raises: Refusal, 400.
        """
        qop, algorithm = call.names["qop"].lower(), call.names.get("algorithm", "").upper()
        if qop not in _QOPS:
            raise Refusal(400, "the quality of protection is auth or auth-int")
        if algorithm and algorithm not in ALGORITHMS:
            raise Refusal(400, f"the algorithm is one of {', '.join(ALGORITHMS)}")
        now = call.request.channel.site.now()
        offered = (algorithm,) if algorithm else ALGORITHMS
        given = next(iter(parse_challenges([_given(call)])), None)
        right = given is not None and self._is_right(call, given, qop, offered)
        if right and given is not None and self._is_fresh(given.params["nonce"], now):
            return _welcome(call.names["user"])
        return _again(self._challenge(qop, each, now, stale=right) for each in offered)

    def _challenge(self, qop: str, algorithm: str, now: float, *, stale: bool) -> str:
        stamp = f"{int(now):x}"
        parts = [f'realm="{REALM}"', f'nonce="{stamp}.{self._proof(stamp)}"', f'qop="{qop}"', f"algorithm={algorithm}"]
        return "Digest " + ", ".join(parts + (["stale=true"] if stale else []))

    def _is_right(self, call: Call, given: Challenge, qop: str, offered: Iterable[str]) -> bool:
        told = given.params
        stamp, _, proof = told.get("nonce", "").partition(".")
        return (
            given.scheme == "digest"
            and told.get("algorithm", "MD5").upper() in offered
            and told.get("realm") == REALM
            and told.get("qop") == qop
            and told.get("username") == call.names["user"]
            and told.get("uri", "").encode("utf-8", "surrogateescape") == call.request.uri
            and _same(proof, self._proof(stamp))
            and _COUNT.fullmatch(told.get("nc", "")) is not None
            and _same(told.get("response", ""), _expected(call, told))
        )

    def _is_fresh(self, nonce: str, now: float) -> bool:
        return now - int(nonce.partition(".")[0], 16) <= NONCE_SECONDS

    def _proof(self, stamp: str) -> str:
        return hmac.new(self._key, stamp.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def _expected(call: Call, told: Mapping[str, str]) -> str:
    """What somebody who knows the password would say."""
    terms = Terms(REALM, told["nonce"], told.get("algorithm", "MD5"), told["qop"])
    value = authorization(
        terms,
        call.names["user"],
        call.names["password"],
        call.request.method.decode("ascii"),
        call.request.uri.decode("ascii"),
        count=int(told["nc"], 16),
        cnonce=told.get("cnonce", ""),
        body=call.body,
    )
    (expected,) = parse_challenges([value.encode("utf-8", "surrogateescape")])
    return expected.params["response"]


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _given(call: Call) -> bytes:
    value: bytes = call.request.getHeader(b"authorization") or b""
    return value


def _is_basic(call: Call) -> bool:
    scheme, _, told = _given(call).partition(b" ")
    try:
        pair = base64.b64decode(told.strip(), validate=True)
    except binascii.Error:
        return False
    expected = f"{call.names['user']}:{call.names['password']}".encode()
    return scheme.lower() == b"basic" and hmac.compare_digest(pair, expected)


def _welcome(user: str) -> Answer:
    return as_json({"authenticated": True, "user": user})


def _again(challenges: Iterable[str]) -> Answer:
    fields = tuple((b"WWW-Authenticate", challenge.encode("ascii")) for challenge in challenges)
    return Answer(b"401 Unauthorized\n", pages.TEXT, 401, fields)
