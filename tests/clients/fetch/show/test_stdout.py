"""Standard output as a place for bodies."""

import os

from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.show.paper import start
from tests.support import World
from tnet.clients.fetch.show.stdout import Stdout
from tnet.errors import OutputClosed


class StdoutTests(SynchronousTestCase):
    """`Stdout`."""

    def stdout(self, fd):
        self.broken = []
        return Stdout(World().context, fd, self.broken.append)

    def test_bytes_are_exact(self):
        """It gets what came, to the last byte."""
        path = self.mktemp()
        with open(path, "wb") as file:
            output = self.stdout(file.fileno())
            self.assertFalse(output.is_terminal)
            for work in (output.write(b"\x1b[2J\0\r\n\xff"), output.finish(), output.discard()):
                self.successResultOf(start(work))
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"\x1b[2J\0\r\n\xff")

    def test_a_reader_that_left(self):
        """It ends the fetch, without a complaint."""
        reading, writing = os.pipe()
        self.addCleanup(os.close, writing)
        output = self.stdout(writing)
        os.close(reading)
        self.failureResultOf(start(output.write(b"x")), OutputClosed)
        self.assertIsInstance(self.broken[0], OutputClosed)

    def test_a_terminal(self):
        """It is known for what it is."""
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        output = self.stdout(theirs)
        self.assertTrue(output.is_terminal)
        self.successResultOf(start(output.discard()))
