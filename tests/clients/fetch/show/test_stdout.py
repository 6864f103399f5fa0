"""Standard output as a place for bodies."""

import os

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.clients.fetch.show.stdout import Stdout
from tnet.errors import CannotWrite, OutputClosed


def start(work):
    return Deferred.fromCoroutine(work)


class StdoutTests(SynchronousTestCase):
    """`Stdout`."""

    def done(self, work):
        return self.successResultOf(start(work))

    def stdout(self, fd, **more):
        self.broken = []
        return Stdout(World().context, fd, self.broken.append, **more)

    def test_bytes_are_exact(self):
        """What is no terminal gets what came."""
        path = self.mktemp()
        with open(path, "wb") as file:
            output = self.stdout(file.fileno())
            self.done(output.write(b"\x1b[2J\0\r\n\xff"))
            self.done(output.finish())
            self.done(output.discard())
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"\x1b[2J\0\r\n\xff")

    def test_a_reader_that_left(self):
        """It ends the fetch, without a complaint."""
        reading, writing = os.pipe()
        output = self.stdout(writing)
        os.close(reading)
        self.failureResultOf(start(output.write(b"x")), OutputClosed)
        self.assertIsInstance(self.broken[0], OutputClosed)
        os.close(writing)

    def terminal(self, *pieces, **more):
        """What a terminal gets to see, and the errors on the way."""
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        try:
            output = self.stdout(theirs, **more)
            for piece in pieces:
                self.done(output.write(piece))
            self.done(output.finish())
            self.done(output.discard())
            return os.read(ours, 4096)
        finally:
            os.close(theirs)

    def test_a_terminal_is_shown_text(self):
        """What it would obey is visible."""
        self.assertEqual(self.terminal(b"h\xc3", b"\xa9\x1b[2J\n\xc3"), "h\u00e9\\x1b[2J\r\n\\xc3".encode())

    def test_raw_on_a_terminal(self):
        """Whoever asks for it gets what came."""
        self.assertEqual(self.terminal(b"\x1b[0m\0", raw=True), b"\x1b[0m\0")

    def test_no_binary_on_a_terminal(self):
        """It is refused, with a way out."""
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        error = self.failureResultOf(start(self.stdout(theirs).write(b"\x7fELF\0")), CannotWrite).value
        self.assertIn("-o FILE", error.hint)
        self.assertEqual(error.exit_status, 23)
