"""Bodies on their way into their file."""

from tests.clients.fetch.downloads.origin import URL, Case, FakeResponse, Origin, head
from tnet.clients.fetch.downloads.body import Body
from tnet.clients.fetch.downloads.part import Part
from tnet.clients.fetch.downloads.progress import Progress
from tnet.clients.fetch.downloads.ranges import Ranges
from tnet.clients.fetch.downloads.sidecar import Sidecar
from tnet.clients.fetch.downloads.target import Target
from tnet.clients.fetch.request import Request
from tnet.errors import BodyCutShort, MalformedReply, ReceiveFailed, TooLarge
from tnet.plans.urls import parse_url

SAID = Sidecar(URL, '"1"', 100)


class Receiving(Case):
    def body(self, total=100, *, done=(), most=0, sidecar=SAID):
        self.part = Part.lasting(Target.at(self.path(), replaces=False))
        self.addCleanup(self.part.close)
        self.part.begin(SAID)
        self.ranges = Ranges(total, done)
        progress = Progress(self.world.context, 1)
        return Body(self.part, self.ranges, sidecar, progress, self.world.context, most)

    def response(self, data, **origin):
        made = Origin(data, piece=10)
        for name, value in origin.items():
            setattr(made, name, value)
        return FakeResponse(Request("GET", parse_url(URL)), head(200), data, made)

    @property
    def waiting(self):
        return self.content(".body.bin.part")

    def test_everything(self):
        """It is in the file, at its place."""
        body = self.body(done=[(0, 40)])
        claim = self.ranges.take()
        self.done(body.receive(self.response(b"x" * 60), claim))
        self.assertEqual(self.waiting, bytes(40) + b"x" * 60)
        self.ranges.give_back(claim)
        self.assertTrue(self.ranges.complete)

    def test_a_length_that_only_the_end_tells(self):
        """It is what has come by then."""
        body = self.body(None)
        self.done(body.receive(self.response(b"x" * 60), self.ranges.take()))
        self.assertEqual(self.ranges.total, 60)

    def test_another_stream_brings_the_end(self):
        """This one stops where that begins."""
        body = self.body()
        claim = self.ranges.take()
        self.ranges.split(1)
        response = self.response(b"x" * 100)
        self.done(body.receive(response, claim))
        self.assertEqual((claim.kept, len(self.waiting)), (50, 50))

    def test_what_came_before_an_error_stays(self):
        """The next attempt goes on behind it."""
        body = self.body()
        claim = self.ranges.take()
        self.fails(body.receive(self.response(b"x" * 100, cut=[35]), claim), ReceiveFailed)
        self.assertEqual((claim.kept, len(self.waiting)), (35, 35))

    def test_less_or_more_than_announced(self):
        """Neither is the body."""
        body = self.body()
        claim = self.ranges.take()
        error = self.fails(body.receive(self.response(b"x" * 99), claim), BodyCutShort)
        self.assertEqual((error.received, error.expected), (99, 100))
        self.ranges.give_back(claim)
        self.fails(body.receive(self.response(b"xx"), self.ranges.take()), MalformedReply)

    def test_too_much(self):
        """Case 36: what is read counts, whatever was announced."""
        body = self.body(None, most=50)
        error = self.fails(body.receive(self.response(b"x" * 60), self.ranges.take()), TooLarge)
        self.assertEqual(error.exit_status, 63)

    def test_now_and_then_the_sidecar_vouches_for_more(self):
        """Not for each piece, and never for what is not written."""
        body = self.body()
        self.seen = []

        async def pace(response):
            self.world.reactor.advance(0.2)
            self.seen.append(self.part.recall().done)

        self.done(body.receive(self.response(b"x" * 100, pace=pace), self.ranges.take()))
        told = [done[0][1] for done in self.seen if done]
        self.assertEqual(told, sorted(told))
        self.assertIn(len(set(told)), (2, 3))
        self.done(body.save())
        self.assertEqual(self.part.recall().done, ((0, 100),))

    def test_a_sidecar_that_cannot_be_written(self):
        """The one before it holds as well, and the body goes on."""
        body = self.body()

        async def pace(response):
            self.world.reactor.advance(3)
            self.patch(self.part, "save", self.fail_to_save)

        self.done(body.receive(self.response(b"x" * 100, pace=pace), self.ranges.take()))
        self.assertEqual(self.part.recall().done, ())

    def fail_to_save(self, sidecar):
        raise OSError(28, "No space left on device")
