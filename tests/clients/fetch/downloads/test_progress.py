"""What is told of a transfer."""

from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.clients.fetch.downloads.progress import Progress
from tnet.errors import BodyCutShort
from tnet.events.kinds import TransferEnded, TransferProgressed, TransferStarted


class Telling(SynchronousTestCase):
    def setUp(self):
        self.world = World()
        self.progress = Progress(self.world.context, 3)

    def told(self, kind):
        return self.world.recorder.of(kind)

    def test_a_start(self):
        """What is fetched, where it goes, how much there was."""
        self.progress.start("http://h/a", "dir/a\x1b", 100, 40, 4)
        told = TransferStarted(
            transfer=3, url="http://h/a", path="dir/a\\x1b", total_bytes=100, offset_bytes=40, segments=4
        )
        self.assertEqual(self.told(TransferStarted), [told])

    def test_not_more_than_ten_times_a_second(self):
        """However often something comes."""
        self.progress.start("http://h/a", "a", 10_000, 0)
        for done in range(1, 1001):
            self.world.reactor.advance(0.002)
            self.progress.move(done)
        told = self.told(TransferProgressed)
        self.assertLessEqual(len(told), 20)
        self.assertGreater(len(told), 15)
        self.assertEqual((told[0].transfer, told[0].total_bytes), (3, 10_000))

    def test_the_end(self):
        """Where it is in the end, and how long that took."""
        self.progress.start("http://h/a", "a", 10, 0)
        self.progress.move(10)
        self.world.reactor.advance(2)
        self.progress.end("a-1", "ok", "md5:0")
        told = TransferEnded(transfer=3, path="a-1", done_bytes=10, seconds=2, outcome="ok", checksum="md5:0")
        self.assertEqual(self.told(TransferEnded), [told])

    def test_a_failure(self):
        """The error by its name; giving up is none."""
        self.progress.start("http://h/a", "a", 10, 0)
        self.progress.fail(BodyCutShort(5, 10))
        self.progress.fail(KeyboardInterrupt())
        told = self.told(TransferEnded)
        self.assertEqual([each.outcome for each in told], ["failed", "cancelled"])
        self.assertEqual(told[0].error, "BodyCutShort")

    def test_a_failure_before_the_start(self):
        """A transfer that nobody heard of does not end."""
        self.progress.fail(BodyCutShort(5, 10))
        self.assertEqual(self.told(TransferEnded), [])
