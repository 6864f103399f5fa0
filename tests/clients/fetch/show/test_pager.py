"""A pager on the terminal."""

import os

from twisted.internet.error import ProcessDone
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.show.paper import start
from tests.support import World
from tnet.clients.fetch.show.pager import Pager
from tnet.errors import BadUsage, OutputClosed


class Reactor(MemoryReactorClock):
    """Starts no process, but keeps the end of the pipe that it would read."""

    def spawnProcess(self, protocol, executable, args, env, childFDs):
        self.child, self.args, self.env, self.fds = protocol, args, env, childFDs
        self.reading = os.dup(childFDs[0])

    def leave(self):
        """The person has read enough."""
        self.child.processEnded(Failure(ProcessDone(0)))


class PagerTests(SynchronousTestCase):
    """`Pager`."""

    def pager(self, command="cat -A", environ=None):
        self.reactor = Reactor()
        self.broken = []
        pager = Pager(command, World(self.reactor).context, 1, self.broken.append, {} if environ is None else environ)
        self.addCleanup(self.close)
        return pager

    def close(self):
        if self.reactor.reading is not None:
            os.close(self.reactor.reading)
            self.reactor.reading = None

    def test_command(self):
        """It is run without a shell, with the terminal for its output."""
        self.pager("cat -A '$HOME'")
        self.assertEqual([os.path.basename(self.reactor.args[0]), *self.reactor.args[1:]], ["cat", "-A", "$HOME"])
        self.assertEqual((self.reactor.fds[1], self.reactor.fds[2]), (1, 2))

    def test_less(self):
        """It passes colours, and leaves by itself when all fits; who has set it up has it so."""
        self.pager()
        self.assertEqual(self.reactor.env, {"LESS": "FRX"})
        self.pager(environ={"LESS": "S", "A": "b"})
        self.assertEqual(self.reactor.env, {"LESS": "S", "A": "b"})

    def test_text(self):
        """What is written is what it reads, and then the end; we wait until it is left."""
        pager = self.pager()
        self.successResultOf(start(pager.write(b"text")))
        finishing = start(pager.finish())
        self.assertNoResult(finishing)
        self.assertEqual((os.read(self.reactor.reading, 99), os.read(self.reactor.reading, 99)), (b"text", b""))
        self.reactor.leave()
        self.successResultOf(finishing)
        self.successResultOf(start(pager.discard()))

    def test_left_early(self):
        """Whoever has seen enough ends the fetch, without a complaint; to have read it all is no condition."""
        pager = self.pager()
        self.close()
        self.failureResultOf(start(pager.write(b"text")), OutputClosed)
        self.assertIsInstance(self.broken[0], OutputClosed)
        self.reactor.leave()
        self.successResultOf(start(pager.finish()))

    def test_giving_up(self):
        """What it has got by then can still be read."""
        pager = self.pager()
        ending = start(pager.discard())
        self.assertNoResult(ending)
        self.reactor.leave()
        self.successResultOf(ending)

    def test_no_such_command(self):
        """It is an error before anything is fetched."""
        for command in ("no-such-command -x", "", "'"):
            self.assertRaises(BadUsage, Pager, command, World(Reactor()).context, 1, print, {})
