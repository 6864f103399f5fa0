"""Tests for what is remembered of an exchange."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from tests.servers.web.inspector.sightings import sighting
from tnet.servers.web.carrying.exchange import NOTHING, Phases
from tnet.servers.web.inspector.seen import address, field_of

BEGUN = Phases(10.0, 10.5, 10.5, 11.0, 12.0, None)


class OutcomeTests(SynchronousTestCase):
    """`Seen.outcome`."""

    def test_whole(self) -> None:
        """A response that is whole needs no words, unless it refuses."""
        self.assertEqual(sighting().outcome, "")
        self.assertEqual(sighting(status=403, reason="not for you").outcome, "refused: not for you")
        self.assertEqual(sighting(status=404).outcome, "")

    def test_open(self) -> None:
        """One that goes on says so."""
        self.assertEqual(sighting(over=False, status=0).outcome, "in progress")

    def test_left(self) -> None:
        """A client that left is told of with how far it came."""
        half = {"phases": BEGUN, "bytes_out": 37, "reason": "reset by peer"}
        seen = sighting(fields=((b"Content-Length", b"100"),), **half)
        self.assertEqual((seen.outcome, seen.complete), ("left at 37 % (reset by peer)", False))
        self.assertEqual(sighting(**half).outcome, "left after 37 bytes (reset by peer)")
        nothing = Phases(10.0, 10.5, 10.5, None, None, None)
        self.assertEqual(sighting(status=0, phases=nothing).outcome, "left without an answer")

    def test_no_request(self) -> None:
        """What never became a request was refused, or dropped in the middle."""
        early = Phases(10.0, None, None, None, None, None)
        refused = sighting(head=NOTHING, status=400, reason="malformed request line", phases=early)
        self.assertEqual((refused.outcome, refused.is_request), ("refused: malformed request line", False))
        self.assertTrue(refused.complete)
        dropped = sighting(head=NOTHING, status=0, reason="closed in the middle of a request", phases=early)
        self.assertEqual(dropped.outcome, "closed in the middle of a request")

    def test_declared(self) -> None:
        """A length counts for a response that has a body."""
        fields = ((b"content-length", b"9"),)
        self.assertEqual(sighting(fields=fields).declared, 9)
        self.assertIsNone(sighting("HEAD", fields=fields).declared)
        self.assertIsNone(sighting(fields=fields, status=304).declared)
        self.assertIsNone(sighting(fields=((b"content-length", b"9" * 40),)).declared)


class SmallTests(SynchronousTestCase):
    """What else there is."""

    def test_addresses(self) -> None:
        """A peer in one word."""
        self.assertEqual(address(IPv4Address("TCP", "192.0.2.1", 80)), "192.0.2.1:80")
        self.assertEqual(address(IPv6Address("TCP", "::1", 80)), "[::1]:80")
        self.assertEqual(address(UNIXAddress(b"")), "local")

    def test_fields(self) -> None:
        """The first of a name counts."""
        self.assertEqual(field_of([(b"A", b"1"), (b"a", b"2")], b"a"), b"1")
        self.assertIsNone(field_of([], b"a"))

    def test_secrets_are_in_no_repr(self) -> None:
        """What was sent is not in its repr."""
        seen = sighting(
            "GET", "/?token=SECRET", (b"Cookie", b"SECRET"), request_body=b"SECRET", response_body=b"SECRET"
        )
        self.assertNotIn("SECRET", repr(seen))
