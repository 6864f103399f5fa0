"""Tests for tnet.servers.web.writing.room."""

from __future__ import annotations

import os

from twisted.trial.unittest import TestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.writing.room import Claim, Room

PLENTY = 1 << 62


class RoomTests(TestCase):
    """A quota, and what stays free."""

    def setUp(self) -> None:
        self.fd = os.open(".", os.O_RDONLY)
        self.addCleanup(os.close, self.fd)

    def test_quota(self) -> None:
        """What is claimed counts until it is dropped, and for good when it is kept."""
        room = Room(quota_bytes=10)
        first, second = Claim(room), Claim(room)
        first.reach(6, self.fd, written=0)
        self.assertEqual(self.assertRaises(Refusal, second.reach, 5, self.fd, written=0).status, 507)
        second.reach(4, self.fd, written=0)
        self.assertEqual(room.taken_bytes, 10)
        first.drop()
        second.keep(3)
        second.drop()
        self.assertEqual(room.taken_bytes, 3)

    def test_a_claim_grows(self) -> None:
        """Only what is more than before is counted; what is there already is settled without asking."""
        room = Room(quota_bytes=10)
        claim = Claim(room)
        claim.reach(5, self.fd, written=0)
        claim.reach(5, self.fd, written=3)
        claim.reach(7, self.fd, written=5)
        self.assertEqual(room.taken_bytes, 7)
        claim.settle(20)
        self.assertEqual(room.taken_bytes, 20)

    def test_without_a_quota(self) -> None:
        """There is no end to it but the disk's."""
        room = Room()
        Claim(room).reach(1, self.fd, written=0)
        self.assertEqual(self.assertRaises(Refusal, Claim(room).reach, PLENTY, self.fd, written=0).status, 507)

    def test_what_stays_free(self) -> None:
        """Less than the minimum is never left free."""
        self.assertEqual(self.assertRaises(Refusal, Room(min_free_bytes=PLENTY).judge_free, self.fd, 1).status, 507)
        Room(min_free_bytes=1).judge_free(self.fd, 1)
