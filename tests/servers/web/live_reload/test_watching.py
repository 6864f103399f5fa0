"""A watcher on a clock: it is told, or it looks."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SkipTest, TestCase

from tests.support import AtOnce
from tnet.errors import Overloaded
from tnet.servers.web.live_reload import watching
from tnet.servers.web.live_reload.watching import Watcher


class Slow:
    """Workers that answer when they are told to."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        answer: Deferred[Any] = Deferred()
        self.waiting.append(lambda: answer.callback(function(*args, **kwargs)))
        return answer


class WatcherTests(TestCase):
    """A directory with one file."""

    def setUp(self) -> None:
        self.root = Path(self.mktemp()).absolute()
        self.root.mkdir()
        (self.root / "a").write_text("a")
        self.reactor = MemoryReactorClock()
        self.told: list[str] = []

    def watch(self, workers: Any = None, **options: Any) -> Watcher:
        """A watcher that has begun."""
        watcher = Watcher(os.fsencode(self.root), self.reactor, workers or AtOnce(), self.changed, **options)
        self.addCleanup(watcher.stop)
        watcher.start()
        return watcher

    def changed(self, path: bytes) -> None:
        """Keep what is told."""
        self.told.append(os.path.relpath(os.fsdecode(path), self.root))

    def news(self, seconds: float = 0) -> set[str]:
        """What is told after so long."""
        self.told.clear()
        for reader in self.reactor.getReaders():
            reader.doRead()
        self.reactor.advance(seconds)
        return set(self.told)

    def listening(self) -> None:
        """Skip where the system tells nothing."""
        if sys.platform != "linux":
            raise SkipTest("inotify is Linux's")

    def test_told(self) -> None:
        """What the system tells is told on, and no timer runs."""
        self.listening()
        self.watch()
        (self.root / "a").write_text("b")
        self.assertEqual((self.news(), self.reactor.getDelayedCalls()), ({"a"}, []))

    def test_a_new_directory(self) -> None:
        """It is watched soon; what happened in it before is made up for."""
        self.listening()
        self.watch()
        (self.root / "new" / "deep").mkdir(parents=True)
        self.assertEqual(self.news(), {"new"})
        (self.root / "new" / "deep" / "early").write_text("x")
        self.assertEqual(self.news(0.2), {"."})
        (self.root / "new" / "deep" / "x").write_text("x")
        self.assertEqual((self.news(), len(self.reactor.getReaders())), ({"new/deep/x"}, 1))

    def test_a_renamed_directory(self) -> None:
        """It is known by its new name, and its old one can be used again."""
        self.listening()
        (self.root / "old").mkdir()
        self.watch()
        (self.root / "old").rename(self.root / "new")
        (self.root / "old").mkdir()
        self.news()
        self.news(0.2)
        for name in ("new/x", "old/y"):
            (self.root / name).write_text("x")
        self.assertEqual(self.news(), {"new/x", "old/y"})

    def test_a_new_root(self) -> None:
        """Builds remove it and make it anew: it is watched when it is there again, however long that takes."""
        self.listening()
        self.watch()
        shutil.rmtree(self.root)
        self.assertEqual(self.news(), {"a", "."})
        self.news(0.2)
        self.news(10)
        self.root.mkdir()
        (self.root / "a").write_text("early")
        self.assertEqual(self.news(), {"."})
        self.assertEqual(self.news(0.2), {"."})
        (self.root / "a").write_text("b")
        self.assertEqual((self.news(), self.reactor.getDelayedCalls()), ({"a"}, []))

    def test_looking(self) -> None:
        """Where nothing is told it looks every second: at what is new, other and gone."""
        self.watch(listens=False)
        self.assertEqual(self.news(1), set())
        (self.root / "b").write_text("b")
        self.assertEqual(self.news(1), {"b"})
        (self.root / "a").write_text("longer")
        (self.root / "b").unlink()
        self.assertEqual(self.news(1), {"a", "b"})
        self.assertEqual(self.news(1), set())

    def test_too_many(self) -> None:
        """Where too much is to be watched it looks instead."""
        self.listening()
        self.patch(watching, "notices", lambda *args, **options: None)
        self.watch()
        (self.root / "b").write_text("b")
        self.assertEqual(self.news(1), {"b"})

    def test_slow_workers(self) -> None:
        """One look at a time, and the next one a second after it was over."""
        slow = Slow()
        self.watch(slow, listens=False)
        self.reactor.advance(5)
        self.assertEqual(len(slow.waiting), 1)
        slow.waiting.pop()()
        self.reactor.advance(0.9)
        self.assertEqual(len(slow.waiting), 0)
        self.reactor.advance(0.1)
        self.assertEqual(len(slow.waiting), 1)

    def test_no_time(self) -> None:
        """Workers that have no time are asked again."""

        class Full:
            asked = 0

            def run(self, *args: Any, **kwargs: Any) -> Deferred[Any]:
                self.asked += 1
                return fail(Overloaded("files"))

        full = Full()
        self.watch(full)
        self.reactor.advance(1)
        self.reactor.advance(1)
        self.assertEqual(full.asked, 3)

    def test_stopped(self) -> None:
        """Nothing is told, read or planned any more, not even by a look that was on its way."""
        slow = Slow()
        watcher = self.watch(slow)
        watcher.stop()
        slow.waiting.pop()()
        self.assertEqual((self.reactor.getReaders(), self.reactor.getDelayedCalls(), self.told), ([], [], []))
