"""Tests for tnet.servers.web.listing.memory."""

from __future__ import annotations

import os

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import Root
from tnet.servers.web.listing import memory
from tnet.servers.web.listing.memory import Memory

LONG_AGO = (1_000_000_000, 1_000_000_000)


class MemoryTests(TestCase):
    """Long directories are read once in a while, short ones always."""

    def setUp(self) -> None:
        self.patch(memory, "WORTH_KEEPING", 2)
        self.path = self.mktemp()
        for directory in ("long", "short"):
            os.makedirs(os.path.join(self.path, directory))
        self.make("long/a", "long/b", "short/a")
        self.root = Root(self.path)
        self.addCleanup(self.root.close)
        self.clock = Clock()
        self.memory = Memory(self.root, self.clock.seconds)

    def make(self, *names: str) -> None:
        """Make files in directories that look as if nobody had touched them for long."""
        for name in names:
            path = os.path.join(self.path, name)
            open(path, "w").close()
            os.utime(os.path.dirname(path), LONG_AGO)

    def test_kept(self) -> None:
        """A long listing is the same object while its directory is the same, and read again after a while."""
        first = self.memory.read([b"long"])
        self.assertIs(self.memory.read([b"long"]), first)
        self.clock.advance(memory.MAX_SECONDS)
        self.assertIsNot(self.memory.read([b"long"]), first)

    def test_short(self) -> None:
        """A short one is not kept."""
        self.assertIsNot(self.memory.read([b"short"]), self.memory.read([b"short"]))

    def test_changed(self) -> None:
        """What comes or goes is seen at once, even within one tick of the file system's clock."""
        self.memory.read([b"long"])
        for name in "cde":
            open(os.path.join(self.path, "long", name), "w").close()
            self.assertIn(name.encode(), [entry.name for entry in self.memory.read([b"long"]).entries])

    def test_bounded(self) -> None:
        """Only a few are kept, the ones that were read last."""
        for number in range(memory.MAX_DIRECTORIES + 1):
            os.makedirs(os.path.join(self.path, str(number)))
            self.make(f"{number}/a", f"{number}/b")
        first = self.memory.read([b"0"])
        for number in range(1, memory.MAX_DIRECTORIES + 1):
            last = self.memory.read([b"%d" % number])
        self.assertIs(self.memory.read([b"%d" % memory.MAX_DIRECTORIES]), last)
        self.assertIsNot(self.memory.read([b"0"]), first)

    def test_no_directory(self) -> None:
        """What is none is refused."""
        self.assertRaises(Refusal, self.memory.read, [b"long", b"a"])
