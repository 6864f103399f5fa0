"""URLs that bodies come from."""

from tests.clients.fetch.downloads.origin import URL, Case, Origin, head
from tnet.clients.fetch.downloads.answers import Changed, Version, Wanted
from tnet.clients.fetch.downloads.ranges import Ranges
from tnet.clients.fetch.downloads.source import Source
from tnet.clients.fetch.retries import Again
from tnet.errors import HttpStatusRefused
from tnet.events.kinds import Logged
from tnet.plans.fetch import Body

MIRRORS = ("http://one/a", "http://two/a", "http://three/a")
VERSION = Version('"1"', 100)
WANTED = Wanted(40, 100, VERSION)


class Asking(Case):
    def source(self, origin, **plan):
        self.asker = self.client(origin, **plan)
        return Source(self.asker, (URL,), 1)

    def open(self, source, wanted=None, attempt=1):
        return self.done(source.open(wanted, self.attempt(attempt))).response

    def test_everything(self):
        """The request is as the plan has it."""
        source = self.source(Origin(b"x" * 100))
        self.assertEqual(self.open(source).head.status, 200)
        self.assertEqual(self.asker.ranges, [None])
        self.assertEqual(self.asker.asked[0].cause, "first")

    def test_a_part(self):
        """The range is asked for as it is stored, whatever codings the user takes."""
        source = self.source(Origin(b"x" * 100), plan={"headers": (("Accept-Encoding", "gzip"), ("A", "b"))})
        self.assertEqual(self.open(source, WANTED, 2).head.status, 206)
        asked = self.asker.asked[0]
        self.assertEqual(asked.cause, "retry")
        self.assertEqual(asked.request.headers, (("A", "b"), *WANTED.headers))

    def test_what_has_parts(self):
        """Only what is fetched with nothing else in the request."""
        for plan in ({"method": "POST"}, {"headers": (("range", "bytes=0-5"),)}, {"body": Body(data=b"x")}):
            self.assertFalse(self.source(Origin(b""), plan=plan).divisible)
        self.assertTrue(self.source(Origin(b"")).divisible)

    def refused(self, status=404, wanted=None, attempt=1, kind=HttpStatusRefused, **plan):
        origin = Origin(b"x" * 100)
        origin.refusals = [head(status, retry_after=7)]
        source = self.source(origin, **plan)
        error = self.fails(source.open(wanted, self.attempt(attempt)), kind)
        self.assertTrue(self.asker.responses[0].left)
        return error

    def test_an_error_page(self):
        """It is kept as any body, with a warning, unless there is a reason not to."""
        origin = Origin(b"x" * 100)
        origin.refusals = [head(404)]
        self.assertEqual(self.open(self.source(origin)).head.status, 404)
        self.assertIn("404 Reason; its body is kept", self.world.recorder.of(Logged)[0].text)

    def test_an_error_instead_of_a_file(self):
        """It is refused where its body cannot be what is wanted."""
        for plan in (
            {"plan": {"fail": True}},
            {"resume": True},
            {"segments": 2},
            {"checksum": ("md5", "0" * 32)},
            {"wanted": WANTED},
        ):
            self.assertEqual(self.refused(**plan).exit_status, 22)
        self.refused(302, WANTED)

    def test_an_error_that_may_pass(self):
        """It is tried again as long as the plan has attempts left."""
        error = self.refused(503, kind=Again, retry=1)
        self.assertEqual((error.seconds, error.error.code), (7, 503))
        self.refused(503, wanted=WANTED, retry=1, attempt=2)
        self.refused(503, wanted=WANTED, retry=1, plan={"fail": True}, longest=6)
        self.refused(404, wanted=WANTED, retry=1)


class Mirrors(Case):
    def setUp(self):
        super().setUp()
        self.origins = {url: Origin(b"x" * 100) for url in MIRRORS}

    def source(self):
        self.asker = self.client(origins=self.origins, plan={"race": True})
        return Source(self.asker, MIRRORS, 1)

    def test_the_first_good_answer(self):
        """An error is none; who won is asked first from then on."""
        self.origins[MIRRORS[0]].refusals = [head(404)]
        source = self.source()
        self.assertEqual(source.urls, set(MIRRORS))
        self.done(source.open(None, self.attempt()))
        self.assertEqual(source.url, MIRRORS[1])
        self.assertTrue(self.asker.responses[0].left)

    def test_a_part_of_another_version(self):
        """A mirror that has none of ours does not win."""
        self.origins[MIRRORS[0]].etag = '"2"'
        source = self.source()
        self.done(source.open(WANTED, self.attempt()))
        self.assertEqual(source.url, MIRRORS[1])
        for origin in self.origins.values():
            origin.etag = '"2"'
        self.fails(source.open(WANTED, self.attempt()), Changed)

    def test_the_end_is_good(self):
        """Nothing is missing: that is an answer."""
        self.assertEqual(
            self.done(self.source().open(Wanted(100, 100, VERSION), self.attempt())).response.head.status, 416
        )

    def part(self, source):
        claim = Ranges(100, [(0, 40)]).take()
        return self.done(source.part(claim, VERSION, self.attempt())).response.head.status

    def test_segments_from_all_of_them(self):
        """They take turns."""
        source = self.source()
        self.assertEqual([self.part(source) for _ in range(4)], [206] * 4)
        self.assertEqual([asked.url for asked in self.asker.asked], [*MIRRORS[1:], *MIRRORS[:2]])
        self.assertEqual([asked.cause for asked in self.asker.asked], ["mirror", "mirror", "segment", "mirror"])

    def test_a_mirror_with_another_version(self):
        """It is asked for no more segments."""
        self.origins[MIRRORS[1]].etag = '"2"'
        source = self.source()
        claim = Ranges(100).take()
        self.fails(source.part(claim, VERSION, self.attempt()), Changed)
        self.assertEqual([self.part(source) for _ in range(4)], [206] * 4)
        self.assertNotIn(MIRRORS[1], [asked.url for asked in self.asker.asked[1:]])

    def test_whoever_began_stays(self):
        """The mirror that the body began at is never left out."""
        source = self.source()
        for origin in self.origins.values():
            origin.etag = '"2"'
        for _ in range(6):
            self.fails(source.part(Ranges(100).take(), VERSION, 1), Changed)
        self.assertEqual(source.urls, {MIRRORS[0]})
