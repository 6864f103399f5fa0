"""What Linux tells of changes, without a reactor: what it has told already can be read at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from unittest import skipUnless

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import TestCase

if sys.platform == "linux":
    from tnet.servers.web.live_reload.noticing import Notices, notices


@skipUnless(sys.platform == "linux", "inotify is Linux's")
class NoticesTests(TestCase):
    """A tree with a watch over it."""

    def setUp(self) -> None:
        self.root = Path(self.mktemp()).absolute()
        (self.root / "sub").mkdir(parents=True)
        self.told: list[tuple[str, bool]] = []
        made = notices(os.fsencode(self.root), MemoryReactorClock(), self.changed, hidden=False)
        assert made is not None
        self.notices: Notices = made
        self.addCleanup(made.end)

    def changed(self, path: bytes, is_directory: bool) -> None:
        """Keep what is told."""
        self.told.append((os.path.relpath(os.fsdecode(path), self.root), is_directory))

    def news(self) -> set[tuple[str, bool]]:
        """What was told since the last time."""
        self.told.clear()
        self.notices.doRead()
        return set(self.told)

    def test_files(self) -> None:
        """Written, touched, renamed, removed, at any depth; reading is no change."""
        (self.root / "sub" / "a").write_text("x")
        self.assertEqual(self.news(), {("sub/a", False)})
        (self.root / "sub" / "a").read_text()
        os.utime(self.root / "sub" / "a")
        self.assertEqual(self.news(), {("sub/a", False)})
        (self.root / "sub" / "a").rename(self.root / "b")
        self.assertEqual(self.news(), {("sub/a", False), ("b", False)})
        (self.root / "b").unlink()
        self.assertEqual(self.news(), {("b", False)})

    def test_the_root_itself(self) -> None:
        """Another directory, or a link, in its place is told as a change of it; its neighbours are not told of."""
        (self.root.parent / "neighbour").mkdir()
        self.assertEqual(self.news(), set())
        self.root.rename(self.root.parent / "old")
        self.assertEqual(self.news(), {(".", True)})
        self.root.symlink_to("old")
        self.assertEqual(self.news(), {(".", True)})

    def test_hidden(self) -> None:
        """What is not shown is not told of."""
        (self.root / ".a.swp").write_text("x")
        self.assertEqual(self.news(), set())

    def test_directories(self) -> None:
        """One that comes or goes is told as one; that one went does not end the watch over the others."""
        (self.root / "new").mkdir()
        self.assertEqual(self.news(), {("new", True)})
        (self.root / "sub").rmdir()
        self.assertIn(("sub", True), self.news())
        (self.root / "a").write_text("x")
        self.assertEqual(self.news(), {("a", False)})

    def test_what_cannot_be_watched(self) -> None:
        """A root that is gone is watched by nobody."""
        self.assertIsNone(notices(b"/nowhere/at all", MemoryReactorClock(), self.changed, hidden=False))
