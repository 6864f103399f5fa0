"""The output that drops what it is given."""

from __future__ import annotations

import errno

from twisted.trial.unittest import SynchronousTestCase

from tests.clients.connect.ends import Paper
from tnet.clients.connect.muted import MutedOutput
from tnet.errors import OutputClosed, TnetError


class MutedTests(SynchronousTestCase):
    """What goes through to the true output, and what does not."""

    def setUp(self) -> None:
        self.paper = Paper(is_terminal=True)
        self.muted = MutedOutput(self.paper)

    def test_bytes(self) -> None:
        """Nothing is written, so nothing waits and nothing has to be escaped for a terminal."""
        self.muted.write(b"x")
        self.assertEqual((self.paper.written, self.muted.waiting, self.muted.is_terminal), (b"", 0, False))

    def test_break(self) -> None:
        """When the true output breaks, this one does."""
        told: list[TnetError] = []
        self.muted.watch(told.append)
        self.paper.fail(OSError(errno.EPIPE, "broken"))
        self.assertIsInstance(told[0], OutputClosed)

    def test_broken_before(self) -> None:
        """One that had broken already is told of, too."""
        self.paper.fail(OSError(errno.EPIPE, "broken"))
        told: list[TnetError] = []
        MutedOutput(self.paper).watch(told.append)
        self.assertEqual(len(told), 1)

    def test_flush_and_close(self) -> None:
        """What somebody else writes to the true output is waited for; closing closes both."""
        self.paper.slow = True
        self.paper.write(b"diff")
        flushed = self.muted.flushed()
        self.assertNoResult(flushed)
        self.paper.catch_up()
        self.successResultOf(flushed)
        self.muted.close()
        self.assertIsNotNone(self.paper.error)
        self.assertIsNotNone(self.muted.error)
