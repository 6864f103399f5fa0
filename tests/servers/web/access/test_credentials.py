"""Authorization fields: what they hold, and what is none."""

from __future__ import annotations

from base64 import b64encode

from twisted.trial.unittest import SynchronousTestCase

from tnet.servers.web.access.credentials import Password, Token, challenge, read_credentials
from tnet.servers.web.bodies import Refusal


def basic(pair: bytes) -> bytes:
    """The field for a name and a password."""
    return b"Basic " + b64encode(pair)


class CredentialsTests(SynchronousTestCase):
    """What one or more lines of the field come to."""

    def refused(self, *lines: bytes) -> int:
        return int(self.assertRaises(Refusal, read_credentials, lines).status)

    def test_basic(self) -> None:
        """The first colon parts name and password; both are bytes, in whatever encoding they came."""
        self.assertEqual(read_credentials([basic(b"a:b:c")]), Password(b"a", b"b:c"))
        self.assertEqual(read_credentials([b" bASIC   " + b64encode(b"\xc3\xa4:")]), Password(b"\xc3\xa4", b""))

    def test_bearer(self) -> None:
        """A token is taken as it is."""
        self.assertEqual(read_credentials([b"Bearer a.b-c_d~+/=="]), Token(b"a.b-c_d~+/=="))

    def test_malformed(self) -> None:
        """What cannot be read is 400: no colon, no base64, control characters, nothing, two at once."""
        for field in (b"Basic", b"Basic ", b"Basic ***", b"Basic YQ", b"Bearer", b"Bearer a b", b"Bearer \xff"):
            self.assertEqual((field, self.refused(field)), (field, 400))
        for pair in (b"no colon", b"a\0:b", b"a:b\n", b"\x7f:"):
            self.assertEqual((pair, self.refused(basic(pair))), (pair, 400))
        self.assertEqual(self.refused(basic(b"a:b"), basic(b"a:b")), 400)

    def test_other_schemes(self) -> None:
        """A scheme that is not ours is answered with those that are."""
        for field in (b"Digest username=x", b"", b"Negotiate YII="):
            self.assertEqual((field, self.refused(field)), (field, 401))
        self.assertIn(b"Basic", challenge().fields[b"WWW-Authenticate"])

    def test_secrets_are_not_shown(self) -> None:
        """Neither a password nor a token is in a repr."""
        self.assertNotIn("s3cret", repr(Password(b"a", b"s3cret")) + repr(Token(b"s3cret")))
