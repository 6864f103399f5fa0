"""Tests for logins."""

from __future__ import annotations

import base64
import hashlib
import json

from tests.servers.web.inspector.inspected import InspectedTestCase
from tests.servers.web.wire import Reply
from tnet.protocols.challenges import parse_challenges
from tnet.protocols.digest import Terms, authorization
from tnet.servers.web.inspector.endpoints.logins import NONCE_SECONDS


def basic(user: str, password: str) -> str:
    """The field that logs in."""
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class SimpleTests(InspectedTestCase):
    """/basic-auth, /hidden-basic-auth and /bearer."""

    def test_basic(self) -> None:
        """401 until it is right, or 404 for whom that is hidden from."""
        for path, refusal in (("basic-auth", 401), ("hidden-basic-auth", 404)):
            for fields in (
                [],
                [basic("u", "x")],
                [basic("x", "p")],
                ["Authorization: Basic !"],
                ["Authorization: Basic"],
            ):
                self.assertEqual(self.ask(f"/_tnet/{path}/u/p", *fields).status, refusal, fields)
            found = self.json(f"/_tnet/{path}/u/p%C3%A9", basic("u", "pé"))
            self.assertEqual(found, {"authenticated": True, "user": "u"})
        self.assertEqual(self.ask("/_tnet/basic-auth/u/p").fields[b"www-authenticate"], b'Basic realm="tnet"')

    def test_bearer(self) -> None:
        """Any token will do."""
        self.assertEqual(self.ask("/_tnet/bearer").status, 401)
        self.assertEqual(self.ask("/_tnet/bearer", "Authorization: Bearer ").status, 401)
        self.assertEqual(self.json("/_tnet/bearer", "Authorization: bearer abc")["token"], "abc")


class DigestTests(InspectedTestCase):
    """/digest-auth."""

    PATH = "/_tnet/digest-auth/auth/u/p/SHA-256"

    def challenged(self, path: str = PATH, method: str = "GET", body: bytes = b"") -> Terms:
        """What is wanted."""
        return self.terms(self.ask(path, method=method, body=body))

    def terms(self, reply: Reply) -> Terms:
        """What a reply wants."""
        self.assertEqual(reply.status, 401)
        (challenge,) = parse_challenges([reply.fields[b"www-authenticate"]])
        told = challenge.params
        return Terms(told["realm"], told["nonce"], told["algorithm"], told["qop"], stale="stale" in told)

    def login(self, terms: Terms, path: str = PATH, password: str = "p", **options: object) -> Reply:
        """The answer to somebody who knows that password."""
        method, body = str(options.get("method", "GET")), options.get("body", b"")
        assert isinstance(body, bytes)
        told = str(options.get("uri", path))
        value = authorization(terms, "u", password, method, told, count=1, cnonce="abc", body=body)
        return self.ask(path, f"Authorization: {value}", method=method, body=body)

    def test_right_and_wrong(self) -> None:
        """The password opens, nothing else does."""
        terms = self.challenged()
        self.assertEqual(json.loads(self.login(terms).body), {"authenticated": True, "user": "u"})
        self.assertEqual(self.login(terms, password="x").status, 401)
        self.assertEqual(self.login(terms, uri="/other").status, 401)
        forged = Terms("tnet", terms.nonce[:-1] + "x", "SHA-256", "auth")
        self.assertEqual(self.login(forged).status, 401)
        for value in ("Digest", "Digest a=b", "Basic abc", 'Digest nonce="x"', "Digest " + "a" * 3000):
            self.assertEqual(self.ask(self.PATH, f"Authorization: {value}").status, 401, value)

    def test_stale(self) -> None:
        """An old nonce is answered with a new one, and that the password was right."""
        terms = self.challenged()
        self.clock.advance(NONCE_SECONDS + 2)
        again = self.terms(self.login(terms))
        self.assertTrue(again.stale)
        self.assertFalse(self.terms(self.login(terms, password="x")).stale)
        self.assertEqual(self.login(again).status, 200)

    def test_algorithms(self) -> None:
        """MD5 too; both are offered where none is named, and others are refused."""
        path = "/_tnet/digest-auth/auth/u/p/MD5"
        self.assertEqual(self.login(self.challenged(path), path).status, 200)
        self.wire.ask("GET", "/_tnet/digest-auth/auth/u/p")
        self.clock.advance(0)
        offered = [line for line in self.wire.sent.split(b"\r\n") if line.lower().startswith(b"www-authenticate")]
        self.assertEqual([b"SHA-256" in line for line in offered], [True, False])
        self.wire.reply()
        self.assertEqual(self.ask("/_tnet/digest-auth/auth/u/p/SHA-1").status, 400)
        self.assertEqual(self.ask("/_tnet/digest-auth/none/u/p").status, 400)

    def test_bodies(self) -> None:
        """auth-int vouches for the body."""
        path = "/_tnet/digest-auth/auth-int/u/p/SHA-256"
        terms = self.challenged(path, "POST", b"abc")
        self.assertEqual(self.login(terms, path, method="POST", body=b"abc").status, 200)
        value = authorization(terms, "u", "p", "POST", path, count=1, cnonce="abc", body=b"abc")
        self.assertEqual(self.ask(path, f"Authorization: {value}", method="POST", body=b"abd").status, 401)

    def test_by_hand(self) -> None:
        """The response is what RFC 7616 says."""
        terms = self.challenged()
        parts = [hashlib.sha256(text.encode()).hexdigest() for text in ("u:tnet:p", f"GET:{self.PATH}")]
        response = hashlib.sha256(f"{parts[0]}:{terms.nonce}:00000001:c:auth:{parts[1]}".encode()).hexdigest()
        field = (
            f'Authorization: Digest username="u", realm="tnet", nonce="{terms.nonce}", uri="{self.PATH}", '
            f'algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c", response="{response}"'
        )
        self.assertEqual(self.ask(self.PATH, field).status, 200)
