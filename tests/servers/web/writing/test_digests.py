"""Tests for tnet.servers.web.writing.digests."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from twisted.trial.unittest import TestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.writing.digests import Checked


def digest(name: str, data: bytes) -> bytes:
    """A field with one member."""
    return f"{name}=:{b64encode(hashlib.new(name.replace('-', ''), data).digest()).decode()}:".encode()


class CheckedTests(TestCase):
    """What a body should be."""

    def judge(self, field: bytes | None, *pieces: bytes) -> None:
        """Check some pieces."""
        checked = Checked(field)
        for piece in pieces:
            checked.update(piece)
        checked.judge()

    def test_right(self) -> None:
        """What is as its digest says passes, with the stronger of two, and so does what nobody vouches for."""
        sha256, sha512 = digest("sha-256", b"hello"), digest("sha-512", b"hello")
        for field in (sha256, sha512, sha256 + b", " + sha512, digest("sha-256", b"x") + b"," + sha512, None):
            self.judge(field, b"hel", b"lo")
        self.judge(b"md5=:aGk=:", b"anything")
        self.assertEqual(
            (Checked(None).asked, Checked(b"md5=:aGk=:").asked, Checked(sha256).asked), (False, False, True)
        )

    def test_wrong(self) -> None:
        """What is not is 400."""
        refusal = self.assertRaises(Refusal, self.judge, digest("sha-256", b"hello"), b"hallo")
        self.assertEqual(refusal.status, 400)

    def test_nonsense(self) -> None:
        """A field that cannot be read is 400 before the body comes."""
        for field in (b"sha-256=abc", b"sha-256", b"sha-256=:a:", b"", b"sha-256=:aGk=:,"):
            self.assertEqual(self.assertRaises(Refusal, Checked, field).status, 400, field)
