"""Tests for masked addresses."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import LISTENING, Stage, opened
from tnet.events import Record, kinds
from tnet.view.privacy import mask_event, mask_text, masked


class MaskTests(SynchronousTestCase):
    """`mask_text`."""

    def test_texts(self) -> None:
        """An address keeps its network, wherever it stands; what only looks like one stays."""
        for text, shown in (
            ("203.0.113.77", "203.0.113.0"),
            ("203.0.113.77:443: connection refused", "203.0.113.0:443: connection refused"),
            ("to [2001:db8:1:2::9]:80.", "to [2001:db8:1::]:80."),
            ("fe80::1%eth0", "fe80::%eth0"),
            ("::ffff:203.0.113.77", "::ffff:203.0.113.0"),
            ("127.0.0.1 and ::1 and 0.0.0.0", "127.0.0.1 and ::1 and 0.0.0.0"),
            ("12:30:05 curl/8.5.0 std::vector 1.2.3.4.5", "12:30:05 curl/8.5.0 std::vector 1.2.3.4.5"),
            ("999.1.1.1", "999.1.1.1"),
        ):
            self.assertEqual(mask_text(text), shown)

    @given(st.ip_addresses())
    def test_any_address(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
        """Two hosts of a network cannot be told apart, and masking twice changes nothing."""
        shown = mask_text(str(address))
        self.assertEqual(mask_text(shown), shown)
        bits = 24 if address.version == 4 else 48
        if not (address.is_loopback or address.is_unspecified or getattr(address, "ipv4_mapped", None)):
            network = ipaddress.ip_network((address, bits), strict=False)
            self.assertEqual(shown, str(network.network_address))


class MaskEventTests(SynchronousTestCase):
    """`mask_event` and `masked`."""

    def test_peer_only(self) -> None:
        """The peer's address is masked, ours and where we listen are not."""
        event = kinds.ConnectionOpened(
            role="server", transport="tcp", peer_address="203.0.113.77", local_address="198.51.100.4"
        )
        self.assertEqual(
            mask_event(event),
            kinds.ConnectionOpened(
                role="server", transport="tcp", peer_address="203.0.113.0", local_address="198.51.100.4"
            ),
        )
        self.assertEqual(mask_event(LISTENING), LISTENING)

    def test_texts_and_lists(self) -> None:
        """Addresses in log lines, reasons and answers are masked as well."""
        answer = mask_event(kinds.DnsAnswered(host="h", addresses=("192.0.2.9", "2001:db8::7"), seconds=0))
        self.assertEqual(answer.addresses, ("192.0.2.0", "2001:db8::"))
        logged = mask_event(kinds.Logged(level="error", text="192.0.2.9:80: refused"))
        self.assertEqual(logged.text, "192.0.2.0:80: refused")

    def test_observer(self) -> None:
        """A masked observer sees the record with the same stamp and no address."""
        seen: list[Record] = []
        record = Stage().record(opened("203.0.113.77"), 4)
        masked(seen.append)(record)
        self.assertEqual((seen[0].seq, seen[0].conn, seen[0].event), (record.seq, 4, opened("203.0.113.0")))
