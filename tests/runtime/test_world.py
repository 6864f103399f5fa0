"""The Context of a real process."""

from __future__ import annotations

import threading

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import TestCase

from tests.runtime.test_launch import Told
from tnet.events import Publisher
from tnet.runtime.world import make_context


class WorldTests(TestCase):
    """What a job gets."""

    def test_names_do_not_wait_for_files(self) -> None:
        """Files and names have threads of their own, none of them before there is work."""
        before = threading.active_count()
        context = make_context(MemoryReactorClock(), Publisher(), Told(), lambda _: None)
        self.assertIsNot(context.workers, context.names)
        self.assertEqual(threading.active_count(), before)
