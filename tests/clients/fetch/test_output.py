"""What a place for a body does in the end."""

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tnet.clients.fetch.output import Output
from tnet.errors import CannotWrite


class Sink(Output):
    """Notes what is called; `full` refuses to finish."""

    def __init__(self, *, full=False):
        self.calls = []
        self.full = full

    async def write(self, data):
        self.calls.append(data)

    async def finish(self):
        self.calls.append("finish")
        if self.full:
            raise CannotWrite("sink", "full")

    async def discard(self):
        self.calls.append("discard")
        raise CannotWrite("sink", "gone")


class Ends(SynchronousTestCase):
    def use(self, sink, error=None):
        async def use():
            async with sink as output:
                await output.write(b"x")
                if error is not None:
                    raise error

        return Deferred.fromCoroutine(use())

    def test_success(self):
        """It is finished, and then let go."""
        sink = Sink()
        self.successResultOf(self.use(sink))
        self.assertEqual(sink.calls, [b"x", "finish", "discard"])

    def test_failure(self):
        """What is incomplete is given up; the error is the first one."""
        sink = Sink()
        self.failureResultOf(self.use(sink, ZeroDivisionError()), ZeroDivisionError)
        self.assertEqual(sink.calls, [b"x", "discard"])

    def test_an_end_that_fails(self):
        """It is an error like any other, and nothing is kept open for it."""
        sink = Sink(full=True)
        self.assertEqual(self.failureResultOf(self.use(sink), CannotWrite).value.reason, "full")
        self.assertEqual(sink.calls, [b"x", "finish", "discard"])
