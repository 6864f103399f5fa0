"""The streams of one body."""

from dataclasses import replace
from functools import partial

from twisted.internet.defer import CancelledError, Deferred

from tests.clients.fetch.downloads.origin import URL, Case, Origin, Stalled
from tnet.clients.fetch.downloads.answers import Wanted
from tnet.clients.fetch.downloads.body import Body
from tnet.clients.fetch.downloads.part import Part
from tnet.clients.fetch.downloads.progress import Progress
from tnet.clients.fetch.downloads.ranges import Ranges
from tnet.clients.fetch.downloads.sidecar import Sidecar
from tnet.clients.fetch.downloads.source import Source
from tnet.clients.fetch.downloads.streams import Streams
from tnet.clients.fetch.downloads.target import Target
from tnet.errors import CannotWrite, HttpStatusRefused, ReceiveFailed, TooLarge

MIB = 1 << 20
CONTENT = bytes(range(256)) * 4096 * 8


class Streaming(Case):
    """A body of 8 MiB, from an origin whose streams each bring one piece for every tick of the test's clock."""

    def setUp(self):
        super().setUp()
        self.origin = Origin(CONTENT, piece=MIB // 8)
        self.origin.pace = self.tick
        self.ticks = Stalled(0)

    async def tick(self, response):
        await self.ticks(response)

    def advance(self, count=1, seconds=0.25):
        """Every stream brings `count` pieces."""
        for _ in range(count):
            waiting, self.ticks.waiting = self.ticks.waiting, []
            self.world.reactor.advance(seconds)
            for each in waiting:
                if not each.called:
                    each.callback(None)

    def begin(self, most=4, *, done=(), limit=0):
        self.asker = self.client(self.origin, segments=most)
        self.source = Source(self.asker, (URL,), 1)
        sidecar = Sidecar(URL, '"1"', len(CONTENT))
        self.part = Part.lasting(Target.at(self.path(), replaces=False))
        self.addCleanup(self.part.close)
        self.part.begin(sidecar)
        self.part.write(0, [bytes(end - start) for start, end in done])
        self.ranges = Ranges(len(CONTENT), done)
        self.body = Body(self.part, self.ranges, sidecar, Progress(self.world.context, 1), self.world.context, limit)
        claim = self.ranges.take()
        wanted = Wanted(claim.start, claim.end, sidecar.version) if done else None
        first = self.done(self.source.open(wanted, self.attempt()))
        ask = partial(self.source.part, version=sidecar.version, attempt=self.attempt())
        return self.start(Streams(self.body, ask, most, self.world.context).run(first, claim))

    @property
    def count(self):
        """How many streams wait for their next piece."""
        return len([each for each in self.ticks.waiting if not each.called])

    def finish(self, running):
        for _ in range(200):
            if running.called:
                break
            self.advance()
        return self.successResultOf(running)

    def test_one_stream(self):
        """It brings everything, and is left."""
        running = self.begin(1)
        self.advance(8)
        self.assertEqual(self.count, 1)
        self.finish(running)
        self.assertEqual(self.content(".body.bin.part"), CONTENT)
        self.assertEqual(len(self.asker.asked), 1)
        self.assertTrue(self.asker.responses[0].left)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_more_of_them_as_long_as_they_bring_more(self):
        """One, after a second two, after another four; the answers fit together."""
        running = self.begin(4)
        counts = []
        for _ in range(4):
            self.advance(4)
            counts.append(self.count)
        self.assertEqual(counts, [2, 4, 4, 4])
        self.finish(running)
        self.assertEqual(self.content(".body.bin.part"), CONTENT)
        self.assertTrue(all(response.left for response in self.asker.responses))
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_no_more_when_they_bring_no_more(self):
        """The line is full with two: so it stays at two."""
        running = self.begin(8)
        self.advance(4)
        self.assertEqual(self.count, 2)
        for _ in range(8):
            self.advance(2, 0.5)
        self.assertEqual(self.count, 2)
        self.finish(running)

    def test_what_is_quick_is_not_split(self):
        """A body that is there within a second needs one request."""
        running = self.begin(8)
        self.advance(70, 0.001)
        self.successResultOf(running)
        self.assertEqual(len(self.asker.asked), 1)

    def test_gaps_of_an_earlier_run(self):
        """They are asked for one after the other, each with its end."""
        self.ticks.pieces = 1000
        running = self.begin(1, done=[(0, MIB), (2 * MIB, 3 * MIB)])
        self.successResultOf(running)
        self.assertEqual(self.asker.ranges, [f"bytes={MIB}-{2 * MIB - 1}", f"bytes={3 * MIB}-"])
        self.assertTrue(self.ranges.complete)

    def test_a_segment_that_is_refused(self):
        """The stream that was to be relieved brings it after all, and nobody asks again."""
        running = self.begin(4)
        self.origin.ranges = False
        self.advance(4)
        self.finish(running)
        self.assertEqual(len(self.asker.asked), 2)
        self.assertEqual(self.content(".body.bin.part"), CONTENT)

    def test_a_segment_that_breaks(self):
        """What it did not bring is asked for when another one is through."""
        running = self.begin(2)
        self.origin.cut = [MIB]
        self.advance(4)
        self.assertEqual(self.count, 2)
        self.finish(running)
        self.assertEqual(self.content(".body.bin.part"), CONTENT)
        self.assertEqual(len(self.asker.asked), 3)

    def test_the_last_stream_breaks(self):
        """Its error is that of the body; what came is there."""
        self.origin.cut = [MIB]
        running = self.begin(1)
        self.advance(9)
        self.failureResultOf(running, ReceiveFailed)
        self.assertEqual(self.ranges.done, ((0, MIB),))
        self.assertEqual(self.ranges.claims, [])

    def test_a_limit(self):
        """Every stream ends at once."""
        running = self.begin(2, limit=5 * MIB)
        self.advance(12)
        self.assertEqual(self.count, 0)
        self.failureResultOf(running, TooLarge)
        self.assertTrue(all(response.left for response in self.asker.responses))

    def test_a_full_disk(self):
        """Case 29: every stream ends at once, and what is written stays."""
        running = self.begin(2)
        self.advance(5)

        def full(*_):
            raise OSError(28, "No space left on device")

        self.patch(self.part, "write", full)
        self.advance(12)
        self.failureResultOf(running, CannotWrite)
        self.assertGreater(self.ranges.done_bytes, 0)

    def test_given_up(self):
        """Nothing is left running."""
        running = self.begin(2)
        self.advance(5)
        running.cancel()
        self.failureResultOf(running, CancelledError)
        self.assertEqual(self.count, 0)
        self.assertTrue(all(response.left for response in self.asker.responses))
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_given_up_before_there_are_more(self):
        """Nobody waits for the time to split it."""
        running = self.begin(2)
        running.cancel()
        self.failureResultOf(running, CancelledError)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_connections_are_waited_for(self):
        """It is over when every stream is."""
        gone = Deferred()
        running = self.begin(2)
        self.advance(5)
        self.origin.leaving = lambda: gone
        running.cancel()
        self.assertNoResult(running)
        gone.callback(None)
        self.failureResultOf(running, CancelledError)

    def test_a_gap_that_is_gone(self):
        """The last stream's refusal is that of the body."""
        self.ticks.pieces = 1000
        ranges = [(0, MIB), (2 * MIB, 3 * MIB)]
        self.origin.bend = lambda head: replace(head, status=404) if len(self.asker.asked) > 1 else head
        running = self.begin(1, done=ranges)
        self.failureResultOf(running, HttpStatusRefused)
