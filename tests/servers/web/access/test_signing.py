"""Statements that nobody else can make, and that end."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tnet.servers.web.access.signing import DAY_SECONDS, LONGEST_SECONDS, Expired, Forged, Signer, lifetime
from tnet.servers.web.bodies import Refusal


class SignerTests(SynchronousTestCase):
    """A signer on a clock."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.signer = Signer(b"k" * 32, "this", self.clock.seconds)

    def test_there_and_back(self) -> None:
        """A statement is read as it was made, until its time is over; it fits into a path."""
        signed, ends = self.signer.sign({"user": "ä"}, 10)
        self.assertEqual((self.signer.read(signed.encode()), ends), ({"user": "ä"}, 1010))
        self.assertRegex(signed, "^[A-Za-z0-9._-]+$")
        self.clock.advance(10)
        self.assertRaises(Expired, self.signer.read, signed.encode())

    def test_forged(self) -> None:
        """Nothing that was changed anywhere, made for something else or with another key, is read."""
        signed = self.signer.sign({"user": "a"}, 10)[0].encode()
        for at in range(len(signed)):
            other = b"A" if signed[at : at + 1] != b"A" else b"B"
            changed = signed[:at] + other + signed[at + 1 :]
            if changed[:-1] != signed[:-1]:
                self.assertRaises(Forged, self.signer.read, changed)
        for data in (b"", b".", b"a.b", b"\xff", signed + b".x", signed[:-2]):
            self.assertRaises(Forged, self.signer.read, data)
        for signer in (Signer(b"k" * 32, "that", self.clock.seconds), Signer(b"x" * 32, "this", self.clock.seconds)):
            self.assertRaises(Forged, signer.read, signed)


class LifetimeTests(SynchronousTestCase):
    """How long something is asked to last."""

    def test_said(self) -> None:
        """In seconds; a day when nothing is said."""
        self.assertEqual(lifetime({b"expires": [b"60"]}), 60)
        self.assertEqual([lifetime({}), lifetime({b"expires": [b""]})], [DAY_SECONDS, DAY_SECONDS])

    def test_refused(self) -> None:
        """What is no number of seconds, or too many, is refused."""
        for text in (b"0", b"-1", b"1.5", b"1d", b"\xb2", b"9" * 40, b"%d" % (LONGEST_SECONDS + 1)):
            self.assertEqual(self.assertRaises(Refusal, lifetime, {b"expires": [text]}).status, 400)
