"""What a server tool hands to the runtime."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory
from twisted.trial.unittest import SynchronousTestCase

from tnet.net.server import Server


class ServerTests(SynchronousTestCase):
    """The least that a tool has to say."""

    def test_a_factory_is_enough(self) -> None:
        """A tool that keeps nothing says goodbye, reloads and closes without doing anything."""
        server = Server(factory=Factory())
        self.assertIsNone(server.goodbye())
        self.assertIsNone(server.datagrams)
        for ending in (server.reload, server.close):
            self.assertIsNone(self.successResultOf(Deferred.fromCoroutine(ending())))
