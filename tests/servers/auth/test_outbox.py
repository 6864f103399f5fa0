"""Lines for one peer."""

from twisted.trial.unittest import TestCase

from tests.servers.auth.wire import Wire
from tnet.servers.auth.outbox import OWED_BYTES, TOO_SLOW, Outbox


class OutboxTests(TestCase):
    """Gathering, sending, and a peer that does not read."""

    def setUp(self) -> None:
        self.wire = Wire()
        self.resumed: list[str] = []
        self.outbox = Outbox(self.wire, lambda: self.resumed.append("resumed"))

    def test_gathers(self) -> None:
        """Lines go out together when they are sent, each with CR LF, and only once."""
        self.outbox.add(b"a")
        self.outbox.add(b"b")
        self.assertEqual(self.wire.value(), b"")
        self.outbox.send()
        self.outbox.send()
        self.assertEqual(self.wire.value(), b"a\r\nb\r\n")

    def test_shut(self) -> None:
        """After it was shut, by us or by a transport that is gone, nothing goes out."""
        for shut in (self.outbox.shut, Outbox(self.wire, lambda: None).stopProducing):
            self.outbox.add(b"early")
            shut()
            self.outbox.shut()
            self.outbox.add(b"late")
            self.outbox.send()
            self.assertEqual(self.wire.value(), b"")

    def test_slow_reader(self) -> None:
        """A pause says that the reader is slow, and a resumption, also to the owner, that it has caught up."""
        self.outbox.pauseProducing()
        self.assertTrue(self.outbox.reader_slow)
        self.outbox.resumeProducing()
        self.assertEqual((self.outbox.reader_slow, self.resumed), (False, ["resumed"]))

    def test_bound(self) -> None:
        """Behind a slow reader the bound may pile up, and no byte more: then it is cut off, once, and for a reason."""
        self.outbox.pauseProducing()
        self.outbox.add(b"x" * (OWED_BYTES - 2))
        self.outbox.send()
        self.assertEqual(self.wire.endings, [])
        for _ in range(3):
            self.outbox.add(b"")
            self.outbox.send()
        self.assertEqual((self.wire.endings, self.wire.ended_because), (["aborted"], TOO_SLOW))
        self.assertEqual(len(self.wire.value()), OWED_BYTES)

    def test_catching_up(self) -> None:
        """A reader that catches up owes nothing any more."""
        for _ in range(3):
            self.outbox.pauseProducing()
            self.outbox.add(b"x" * (OWED_BYTES - 2))
            self.outbox.send()
            self.outbox.resumeProducing()
        self.assertEqual(self.wire.endings, [])

    def test_fast_reader(self) -> None:
        """A reader that keeps up may be told any amount."""
        for _ in range(3):
            self.outbox.add(b"x" * OWED_BYTES)
            self.outbox.send()
        self.assertEqual(self.wire.endings, [])
