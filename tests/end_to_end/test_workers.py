"""Real threads: many calls come back, and one that is stuck does not keep the process."""

from __future__ import annotations

import subprocess
import sys
import threading

from twisted.internet import reactor
from twisted.internet.defer import gatherResults
from twisted.trial.unittest import TestCase

from tests.runtime.test_launch import Told
from tnet.events import Publisher
from tnet.net.workers import Workers
from tnet.runtime.world import make_context

STUCK = """
import sys
from threading import Event
from twisted.internet import reactor
from tnet.net.workers import Workers

stuck = Event()
workers = Workers(reactor, "stuck", threads=1)
workers.run(lambda: (stuck.set(), Event().wait()))
workers.run(print, "never")
reactor.callWhenRunning(lambda: (stuck.wait(20), print("stuck", stuck.is_set()), reactor.stop()))
reactor.run()
"""


class WorkersTests(TestCase):
    """`Workers`."""

    async def test_many(self) -> None:
        """Many calls come back in their order, from as many threads as were asked for and no more."""
        names: set[str] = set()
        workers = Workers(reactor, "many", threads=3)

        def double(number: int) -> int:
            names.add(threading.current_thread().name)
            return 2 * number

        self.assertEqual(await gatherResults([workers.run(double, n) for n in range(200)]), list(range(0, 400, 2)))
        self.assertTrue(1 <= len(names) <= 3, names)
        self.assertNotIn(threading.current_thread().name, names)

    async def test_files_for_everybody(self) -> None:
        """As many calls for files may wait as there can be connections: none of them is refused."""
        context = make_context(reactor, Publisher(), Told(), lambda _: None)
        free = threading.Event()
        calls = [context.workers.run(free.wait, 20) for _ in range(5000)]
        free.set()
        self.assertEqual(await gatherResults(calls), [True] * 5000)

    def test_stuck(self) -> None:
        """A process ends though a thread of its is stuck for ever and a call waits behind it."""
        done = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, timeout=20, check=False)
        self.assertEqual((done.stdout, done.stderr, done.returncode), (b"stuck True\n", b"", 0))
