"""Tests for what is known of every request."""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.report.staging import Command, head
from tnet.clients.fetch.outgoing import FromMemory
from tnet.clients.fetch.report import ledger as module
from tnet.clients.fetch.report.ledger import KEPT_BODY_BYTES, KINDS, MOST_BYTES, Ledger
from tnet.events import Publisher, kinds
from tnet.events.phases import MOST_HOPS
from tnet.plans.fetch import Showing


class LedgerTests(SynchronousTestCase):
    """`Ledger`."""

    def test_the_url(self) -> None:
        """It is what the client told, which is not masked as that of the event may be."""
        command = Command()
        command.ledger.began(1, "http://h/?token=s3cret")
        command.fetched(1, 0, "http://h/?token=***")
        self.assertEqual(command.account().url_effective, "http://h/?token=s3cret")

    def test_entries(self) -> None:
        """Each request is known with its times and its heads, by transfer or in all."""
        command = Command()
        command.fetched(1, 0, "http://h/1", transfer=1)
        command.fetched(2, 10, "http://h/2", transfer=2, head=head(404))
        everything, (second,) = command.ledger.entries(), command.ledger.entries(2)
        self.assertEqual([entry.hop.request for entry in everything], [1, 2])
        self.assertEqual(second.hop.asked and second.hop.asked.url, "http://h/2")
        self.assertEqual(second.facts.head, head(404))
        self.assertEqual((second.facts.wire_bytes, second.facts.bytes_out), (5, 100))

    def test_interims(self) -> None:
        """Interim heads are kept beside the answer's, a bounded number of them."""
        command = Command()
        command.begin(1, 0, "http://h/")
        for _ in range(100):
            command.ledger.answered(1, head(103))
        command.ledger.answered(1, head(200))
        facts = command.ledger.entries()[0].facts
        self.assertEqual((len(facts.interims), facts.head), (module.MOST_INTERIMS, head(200)))

    def test_bodies(self) -> None:
        """Bodies are kept only where they are wanted, and only their beginning."""
        for bodies, kept in ((False, 0), (True, KEPT_BODY_BYTES)):
            command = Command(bodies=bodies)
            command.begin(1, 0, "http://h/")
            for _ in range(3):
                command.ledger.received(1, b"x" * (KEPT_BODY_BYTES // 2))
                command.ledger.sent(1, b"y" * (KEPT_BODY_BYTES // 2))
            facts = command.ledger.entries()[0].facts
            self.assertEqual((len(facts.received), len(facts.sent)), (kept, kept))

    def test_overheard(self) -> None:
        """A body that is sent is kept as it is read; where bodies are not kept, it is the body itself."""
        command, body = Command(bodies=True), FromMemory(b"abc")
        command.begin(1, 0, "http://h/")
        overheard = command.ledger.overhear(1, body)
        assert overheard is not None
        read = [self.successResultOf(Deferred.fromCoroutine(overheard.read())) for _ in range(2)]
        overheard.close()
        self.assertEqual((read, overheard.length), ([b"abc", b""], 3))
        self.assertEqual(command.ledger.entries()[0].facts.sent, b"abc")
        again = command.ledger.overhear(1, FromMemory(b"abc"))
        assert again is not None
        self.successResultOf(Deferred.fromCoroutine(again.read()))
        self.assertEqual(command.ledger.entries()[0].facts.sent, b"abc", "what is sent again is kept once")
        self.assertIs(Command().ledger.overhear(1, body), body)
        self.assertIsNone(command.ledger.overhear(1, None))

    def test_bound(self) -> None:
        """Of very many requests, and of very long bodies, what came last is known."""
        command = Command(bodies=True)
        many = MOST_BYTES // KEPT_BODY_BYTES + 5
        for request in range(1, many + 1):
            command.begin(request, request, "http://h/")
            command.ledger.received(request, b"x" * KEPT_BODY_BYTES)
        sizes = [len(entry.facts.received) for entry in command.ledger.entries()]
        self.assertLessEqual(sum(sizes), MOST_BYTES)
        self.assertEqual((sizes[0], sizes[-1]), (0, KEPT_BODY_BYTES))
        for request in range(many + 1, MOST_HOPS + many + 1):
            command.begin(request, request, "http://h/")
            command.ledger.asked(request, ((b"A", b"b"),))
        self.assertEqual(len(command.ledger.entries()), MOST_HOPS)

    def test_asleep(self) -> None:
        """A ledger that nobody will read takes no notice."""
        ledger = Ledger(awake=False)
        ledger.asked(1, ((b"A", b"b"),))
        ledger.answered(1, head())
        ledger.read(1, 1, 1)
        ledger.ended(1, (), 1, 1)
        self.assertEqual(ledger.entries(), [])

    def test_opened(self) -> None:
        """It observes only where something is to be told at the end."""
        for change, awake in (
            ({}, False),
            ({"write_out": "%{http_code}"}, True),
            ({"har": "f.har"}, True),
            ({"report": True}, True),
            ({"slo": (("total", 1.0),)}, True),
        ):
            publisher = Publisher()
            ledger = Ledger.opened(replace(Showing(), **change), publisher)
            self.assertIs(ledger.awake, awake)
            self.assertIs(publisher.wants(kinds.DialAttempted), awake)
            self.assertIs(ledger.bodies, "har" in change)

    def test_transfers(self) -> None:
        """Where a transfer is kept, and how often it was tried, is known by its number."""
        command = Command()
        command.tell(1, kinds.RetryPlanned(transfer=2, attempt=2, seconds=1, error="e"))
        command.tell(2, kinds.TransferStarted(transfer=2, url="u", path="f"))
        self.assertEqual((len(command.ledger.retries(1)), len(command.ledger.retries(2))), (0, 1))
        kept = command.ledger.kept(2)
        self.assertEqual((kept and kept.path, kept and kept.ended), ("f", None))
        ended = kinds.TransferEnded(transfer=2, path="g", done_bytes=1, seconds=1, outcome="ok")
        command.tell(3, ended)
        kept = command.ledger.kept(2)
        self.assertEqual((kept and kept.path, kept and kept.ended), ("g", ended))
        self.assertIsNone(command.ledger.kept(1))

    def test_kinds(self) -> None:
        """It needs no event that would be told very often."""
        self.assertNotIn(kinds.TransferProgressed, KINDS)
