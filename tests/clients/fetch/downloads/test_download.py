"""One body into one file, whatever happens to it on its way."""

import errno
import hashlib
import os
import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred

from tests.clients.fetch.downloads.origin import NOW, URL, Case, Origin, Stalled, head, with_field, without
from tnet.clients.fetch.downloads import download
from tnet.clients.fetch.downloads.sidecar import Sidecar
from tnet.errors import (
    BodyCutShort,
    CannotWrite,
    ChecksumMismatch,
    HttpStatusRefused,
    RangeRefused,
    ReceiveFailed,
    TooLarge,
)
from tnet.events.kinds import Logged, RetryPlanned, TransferEnded, TransferStarted
from tnet.plans.fetch import Showing

CONTENT = random.Random(4).randbytes(10_000)
DIGEST = ("sha256", hashlib.sha256(CONTENT).hexdigest())
PART, SIDECAR = ".body.bin.part", ".body.bin.part.json"


class Downloading(Case):
    def fetch(self, origin, **plan):
        self.asker = self.client(origin, **plan)
        return self.start(download(self.asker, tuple(self.asker.origins), 1))

    def fetched(self, origin, **plan):
        """The name of the file in the folder."""
        return os.path.relpath(self.successResultOf(self.fetch(origin, **plan)), self.folder)

    def failed(self, kind, origin, **plan):
        return self.failureResultOf(self.fetch(origin, **plan), kind).value

    def left_over(self, count=4000, *, etag='"1"', content=CONTENT, **plan):
        """What a run leaves that was cut off after `count` bytes."""
        origin = Origin(content, etag=etag)
        origin.cut = [count]
        self.failed(ReceiveFailed, origin, **plan)

    def vouch(self, spans):
        """Let the sidecar vouch for other spans."""
        text = self.content(SIDECAR).replace(b"[[0, 4000]]", spans.encode())
        self.write(text, SIDECAR)


class Once(Downloading):
    def test_a_file_appears_when_it_is_complete(self):
        """Case 25: until then it waits under another name, and nothing of that is left."""
        origin = Origin(CONTENT)
        origin.pace = Stalled(5)
        fetching = self.fetch(origin)
        self.assertEqual(self.names, [PART, SIDECAR])
        origin.pace.pieces = 99
        origin.pace.waiting[0].callback(None)
        self.assertEqual(self.successResultOf(fetching), self.path())
        self.assertEqual((self.names, self.content()), (["body.bin"], CONTENT))

    def test_a_body_that_nobody_can_go_on_with(self):
        """Case 25: it waits under a name that nobody can guess, and is gone after an error."""
        origin = Origin(CONTENT, etag=None)
        self.assertEqual((self.fetched(origin), self.content()), ("body.bin", CONTENT))
        origin.cut = [4000]
        self.failed(ReceiveFailed, origin)
        self.assertEqual(self.names, ["body.bin"])

    def test_no_length(self):
        """The end tells it."""
        origin = Origin(CONTENT)
        origin.bend = lambda head: without(head, "content-length")
        self.assertEqual((self.fetched(origin, checksum=DIGEST), self.content()), ("body.bin", CONTENT))

    def test_an_empty_body(self):
        """It is a file, too."""
        self.assertEqual((self.fetched(Origin(b"")), self.content()), ("body.bin", b""))

    def test_the_end_is_told(self):
        """Where it is, how much that was, and its checksum."""
        self.write(b"old")
        self.fetched(Origin(CONTENT), checksum=DIGEST)
        started, ended = self.world.recorder.of(TransferStarted)[0], self.world.recorder.of(TransferEnded)[0]
        self.assertEqual((started.url, started.total_bytes, started.offset_bytes), (URL, 10_000, 0))
        self.assertEqual((ended.path, ended.done_bytes, ended.outcome), (self.path("body-1.bin"), 10_000, "ok"))
        self.assertEqual(ended.checksum, ":".join(DIGEST))

    def test_heads_are_not_in_the_file(self):
        """Case 26: a body and nothing else."""
        self.fetched(Origin(CONTENT), plan={"showing": Showing(parts="HBhb")})
        self.assertEqual(self.content(), CONTENT)

    def test_too_large(self):
        """Case 36: nothing is fetched of what is announced to be, and nothing is left of what only turns out to be."""
        error = self.failed(TooLarge, Origin(CONTENT), most_bytes=9999)
        self.assertEqual((error.exit_status, self.names), (63, []))
        origin = Origin(CONTENT, etag=None)
        origin.bend = lambda head: without(head, "content-length")
        self.failed(TooLarge, origin, most_bytes=9999)
        self.assertEqual(self.names, [])

    def test_a_wrong_checksum(self):
        """Case 28: exit 112, and neither a file nor a part of one."""
        error = self.failed(ChecksumMismatch, Origin(CONTENT + b"!"), checksum=DIGEST)
        self.assertEqual((error.exit_status, error.expected, self.names), (112, DIGEST[1], []))
        self.assertEqual(self.world.recorder.of(TransferEnded)[0].outcome, "failed")

    def test_an_encoded_body(self):
        """What is decoded on its way is as long as it turns out to be."""
        origin = Origin(CONTENT, content_encoding="gzip")
        origin.bend = lambda head: with_field(head, "content-length", 77)
        self.assertEqual(self.fetched(origin, plan={"compressed": True}), "body.bin")
        self.assertEqual(self.content(), CONTENT)

    def test_given_up(self):
        """What came stays; there is no file."""
        origin = Origin(CONTENT)
        origin.pace = Stalled(5)
        fetching = self.fetch(origin)
        self.world.reactor.advance(1)
        origin.pace.waiting[0].callback(None)
        fetching.cancel()
        self.failureResultOf(fetching, CancelledError)
        self.assertEqual(self.names, [PART, SIDECAR])
        self.assertEqual(self.world.recorder.of(TransferEnded)[0].outcome, "cancelled")


class GoingOn(Downloading):
    def test_an_error_leaves_what_came(self):
        """Case 25: with what another run has to know, and a hint."""
        self.left_over()
        self.assertEqual(self.names, [PART, SIDECAR])
        said = self.world.recorder.of(Logged)[-1]
        self.assertEqual((said.text, said.level), (f"4000 bytes stay in {self.path(PART)}", "notice"))
        self.assertIn("--resume", said.hint)

    def test_unless_nobody_wants_it(self):
        """Case 25: `--no-part`."""
        self.left_over(keep_part=False)
        self.assertEqual(self.names, [])

    def test_the_rest_is_fetched(self):
        """And the checksum is that of the whole."""
        self.left_over()
        self.assertEqual(self.fetched(Origin(CONTENT), resume=True, checksum=DIGEST), "body.bin")
        self.assertEqual((self.names, self.content()), (["body.bin"], CONTENT))
        self.assertEqual(self.asker.ranges, ["bytes=4000-"])
        self.assertEqual(self.asker.asked[0].request.value("if-range"), '"1"')
        self.assertEqual(self.world.recorder.of(TransferStarted)[-1].offset_bytes, 4000)

    def test_a_run_that_does_not_go_on(self):
        """It begins anew, in the same place."""
        self.left_over()
        self.assertEqual(self.fetched(Origin(CONTENT)), "body.bin")
        self.assertEqual((self.names, self.content(), self.asker.ranges), (["body.bin"], CONTENT, [None]))

    def test_a_file_that_has_changed(self):
        """Case 27: If-Range brings the new one at once."""
        self.left_over()
        self.assertEqual(self.fetched(Origin(CONTENT[::-1], etag='"2"'), resume=True), "body.bin")
        self.assertEqual((self.names, self.content()), (["body.bin"], CONTENT[::-1]))
        self.assertEqual(len(self.asker.asked), 1)

    def test_a_part_that_does_not_fit(self):
        """Case 27: another start, total or validator, an encoding, several parts: fetched anew, not appended."""
        for name, value in (
            ("content-range", "bytes 3999-9999/10000"),
            ("content-range", "bytes 4000-9999/10001"),
            ("content-range", "bytes 4000-9998/10000"),
            ("etag", '"2"'),
            ("content-encoding", "gzip"),
            ("content-type", "multipart/byteranges; boundary=x"),
        ):
            self.left_over()
            origin = Origin(CONTENT[::-1])

            def bend(head, name=name, value=value):
                if head.status != 206:
                    return head
                bent = with_field(head, name, value)
                return without(bent, "content-range") if name == "content-type" else bent

            origin.bend = bend
            self.assertEqual(self.fetched(origin, resume=True, path="body.bin"), "body.bin")
            self.assertEqual((self.content(), self.names), (CONTENT[::-1], ["body.bin"]), name)
            self.assertEqual(self.asker.ranges, ["bytes=4000-", None])
            self.assertTrue(self.asker.responses[0].left)
            self.assertIn("changed", self.world.recorder.of(Logged)[-1].text)

    def test_a_server_without_ranges(self):
        """Case 27: 200 begins anew."""
        self.left_over()
        origin = Origin(CONTENT)
        origin.ranges = False
        self.assertEqual((self.fetched(origin, resume=True), self.content()), ("body.bin", CONTENT))
        self.assertEqual(len(self.asker.asked), 1)

    def test_only_the_name_is_missing(self):
        """Case 27: 416, and the size is that of what is there: done."""
        self.left_over()
        self.write(CONTENT, PART)
        self.vouch("[[0, 10000]]")
        self.assertEqual(self.fetched(Origin(CONTENT), resume=True, checksum=DIGEST), "body.bin")
        self.assertEqual((self.names, self.content()), (["body.bin"], CONTENT))
        self.assertEqual(self.asker.responses[0].head.status, 416)

    def test_what_is_missing_is_refused(self):
        """Case 27: 416, and what is there is smaller: exit 33, and it stays."""
        self.left_over()
        origin = Origin(CONTENT)
        origin.refusals = [head(416, content_range="bytes */10000")]
        error = self.failed(RangeRefused, origin, resume=True)
        self.assertEqual((error.exit_status, self.names), (33, [PART, SIDECAR]))

    def test_an_error_page(self):
        """It does not take the place of what is there."""
        for status in (404, 302):
            self.left_over()
            origin = Origin(CONTENT)
            origin.refusals = [head(status)]
            self.failed(HttpStatusRefused, origin, resume=True)
            self.assertEqual(self.names, [PART, SIDECAR])

    def test_another_url(self):
        """Its version means nothing here."""
        self.left_over()
        other = "http://origin/other/body.bin"
        self.fetched(None, origins={other: Origin(CONTENT[::-1])}, resume=True)
        self.assertEqual((self.content(), self.asker.ranges), (CONTENT[::-1], [None]))

    def test_a_file_by_its_date(self):
        """It serves where there is no tag."""
        fields = {"last_modified": b"Tue, 01 Jul 2025 00:00:00 GMT", "date": NOW}
        origin = Origin(CONTENT, etag=None, **fields)
        origin.cut = [4000]
        self.failed(ReceiveFailed, origin)
        self.assertEqual((self.fetched(origin, resume=True), self.content()), ("body.bin", CONTENT))
        self.assertEqual(self.asker.asked[0].request.value("if-range"), fields["last_modified"].decode())

    def test_another_run_writes_it(self):
        """Then this one has a part of its own, and both are complete in the end."""
        origin = Origin(CONTENT)
        origin.pace = Stalled(5)
        first = self.fetch(origin)
        self.assertEqual(self.fetched(Origin(CONTENT), resume=True), "body.bin")
        origin.pace.pieces = 99
        origin.pace.waiting[0].callback(None)
        self.assertEqual(self.successResultOf(first), self.path("body-1.bin"))
        self.assertEqual((self.content(), self.content("body-1.bin")), (CONTENT, CONTENT))
        self.assertEqual(self.names, ["body-1.bin", "body.bin"])

    def test_a_post_is_not_gone_on_with(self):
        """A second one may have another answer."""
        self.left_over(plan={"method": "POST"})
        self.assertEqual(self.names, [])


class Complete(Downloading):
    def test_a_file_that_is_as_long_as_it_should_be(self):
        """Case 27: nothing is fetched, and that is success."""
        self.write(CONTENT)
        for plan in ({}, {"path": "body.bin"}, {"checksum": DIGEST}):
            self.assertEqual(self.fetched(Origin(CONTENT), resume=True, **plan), "body.bin")
            self.assertEqual((self.names, self.asker.ranges), (["body.bin"], ["bytes=10000-"]))
            self.assertEqual(self.world.recorder.of(TransferEnded)[-1].outcome, "unchanged")

    def test_a_file_that_is_not(self):
        """Shorter, longer, or with another checksum: it is fetched anew, for nothing vouches for what is there."""
        for content, plan in (
            (CONTENT[:4000], {}),
            (CONTENT + b"!", {}),
            (b"", {}),
            (CONTENT[::-1], {"checksum": DIGEST}),
        ):
            self.write(content)
            self.assertEqual(self.fetched(Origin(CONTENT), resume=True, path="body.bin", **plan), "body.bin")
            self.assertEqual((self.names, self.content()), (["body.bin"], CONTENT))

    def test_a_name_that_the_server_chose(self):
        """What has it keeps it."""
        self.write(b"old")
        self.assertEqual(self.fetched(Origin(CONTENT), resume=True), "body-1.bin")
        self.assertEqual(self.content(), b"old")


class Again(Downloading):
    def test_the_next_attempt_goes_on(self):
        """What came is not fetched twice."""
        origin = Origin(CONTENT)
        origin.cut = [4000, 3000]
        fetching = self.fetch(origin, retry=2, checksum=DIGEST)
        self.world.reactor.pump([1, 2])
        self.assertEqual(self.successResultOf(fetching), self.path())
        self.assertEqual((self.content(), self.names), (CONTENT, ["body.bin"]))
        self.assertEqual(self.asker.ranges, [None, "bytes=4000-", "bytes=7000-"])
        self.assertEqual([asked.cause for asked in self.asker.asked], ["first", "retry", "retry"])

    def test_anew_where_it_has_to_be(self):
        """Without a version nothing of the first attempt is in the file."""
        origin = Origin(CONTENT, etag=None)
        origin.cut = [4000]
        fetching = self.fetch(origin, retry=1)
        origin.body = CONTENT[::-1]
        self.world.reactor.advance(1)
        self.successResultOf(fetching)
        self.assertEqual((self.content(), self.names), (CONTENT[::-1], ["body.bin"]))

    def test_it_changes_between_two_attempts(self):
        """The second one is fetched whole."""
        origin = Origin(CONTENT)
        origin.cut = [4000]
        fetching = self.fetch(origin, retry=1)
        origin.body, origin.etag = CONTENT[::-1] + b"!", '"2"'
        self.world.reactor.advance(1)
        self.successResultOf(fetching)
        self.assertEqual((self.content(), self.names), (CONTENT[::-1] + b"!", ["body.bin"]))

    def test_a_server_that_is_busy(self):
        """It says when to come back."""
        origin = Origin(CONTENT)
        origin.refusals = [head(503, retry_after=7)]
        fetching = self.fetch(origin, retry=1)
        self.assertEqual(self.world.recorder.of(RetryPlanned)[0].seconds, 7)
        self.world.reactor.advance(7)
        self.successResultOf(fetching)
        self.assertEqual(self.content(), CONTENT)

    def test_no_more(self):
        """The error is that of the last attempt, and what came stays."""
        origin = Origin(CONTENT)
        origin.cut = [4000, 3000]
        fetching = self.fetch(origin, retry=1)
        self.world.reactor.advance(1)
        self.failureResultOf(fetching, ReceiveFailed)
        self.assertEqual(self.names, [PART, SIDECAR])
        self.assertEqual(self.fetched(Origin(CONTENT), resume=True), "body.bin")
        self.assertEqual((self.content(), self.asker.ranges), (CONTENT, ["bytes=7000-"]))

    def test_a_body_that_ends_too_early(self):
        """It is not taken for complete."""
        origin = Origin(CONTENT)
        origin.bend = lambda head: with_field(head, "content-length", 10_001)
        error = self.failed(BodyCutShort, origin)
        self.assertEqual((error.exit_status, self.names), (18, [PART, SIDECAR]))


class Disk(Downloading):
    def test_a_disk_that_is_full_from_the_beginning(self):
        """Nothing that is empty stays, and what an earlier run left stays as it was."""

        def full(_):
            raise OSError(errno.ENOSPC, "No space left on device")

        self.patch(Sidecar, "as_bytes", full)
        self.assertEqual(self.failed(CannotWrite, Origin(CONTENT)).exit_status, 23)
        self.assertEqual(self.names, [])

    def test_a_full_disk(self):
        """Case 29: exit 23, and what is written stays."""
        real, written = os.pwritev, []

        def full(fd, pieces, offset):
            if offset >= 4000:
                raise OSError(28, "No space left on device")
            written.append(offset)
            return real(fd, pieces, offset)

        self.patch(os, "pwritev", full)
        origin = Origin(CONTENT)
        origin.pace = self.slowly
        error = self.failed(CannotWrite, origin)
        self.assertEqual((error.exit_status, error.reason), (23, "No space left on device"))
        self.assertEqual(self.names, [PART, SIDECAR])
        self.patch(os, "pwritev", real)
        origin.pace = None
        self.assertEqual((self.fetched(origin, resume=True), self.content()), ("body.bin", CONTENT))
        self.assertEqual(self.asker.ranges, ["bytes=4000-"])

    async def slowly(self, response):
        self.world.reactor.advance(1)

    def test_no_folder(self):
        """Case 30: it is not made."""
        error = self.failed(CannotWrite, Origin(CONTENT), folder=self.path("no"))
        self.assertEqual(error.exit_status, 23)
        self.failed(CannotWrite, Origin(CONTENT), path="no/body.bin")

    def test_a_folder_in_the_way(self):
        """Nothing is even asked."""
        os.mkdir(self.path())
        self.failed(CannotWrite, Origin(CONTENT), path="body.bin")
        self.assertEqual(self.asker.asked, [])

    def test_short_writes(self):
        """The system need not take all at once."""
        real_v, real = os.pwritev, os.pwrite
        self.patch(os, "pwritev", lambda fd, pieces, offset: real(fd, b"".join(pieces)[:7], offset))
        self.patch(os, "pwrite", lambda fd, data, offset: real(fd, bytes(data)[:999], offset))
        self.fetched(Origin(CONTENT))
        self.patch(os, "pwritev", real_v)
        self.assertEqual(self.content(), CONTENT)


class Killed(Downloading):
    """The process ends between two system calls: only what is on the disk goes on."""

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["same", "changed", "lying"])), max_size=4))
    def test_whatever_is_left_leads_to_the_right_file(self, kills):
        """Case 25: at any moment, several times, while the file changes or a server appends what it should not."""
        self.setUp()
        content, etag = CONTENT, '"0"'
        for number, (calls, server) in enumerate([*kills, (10_000, "same")]):
            if server != "same":
                content, etag = random.Random(number).randbytes(9000 + number), f'"{number + 1}"'
            origin = Origin(content, etag=etag)
            origin.pace = self.slowly
            if server == "lying":
                origin.answer = lambda request, origin=origin: self.lie(origin, request)
            self.run_until(calls, origin)
        self.assertEqual((self.content(), self.names), (content, ["body.bin"]))

    def lie(self, origin, request):
        """The range of whatever version there is, as of a server that does not know If-Range."""
        headers = tuple(field for field in request.headers if field[0] != "If-Range")
        return Origin.answer(origin, replace(request, headers=headers))

    async def slowly(self, response):
        self.world.reactor.advance(0.7)

    def run_until(self, calls, origin):
        """Fetch; after so many calls that change a file the process is gone, and its locks with it."""
        left = [calls]
        changing = ("pwritev", "ftruncate", "replace", "unlink", "fdatasync")
        patches, opened, real_open = [], [], os.open

        def killing(real):
            def call(*arguments):
                left[0] -= 1
                if left[0] < 0:
                    raise KeyboardInterrupt
                return real(*arguments)

            return call

        def opening(*arguments, **more):
            opened.append(real_open(*arguments, **more))
            return opened[-1]

        for name in changing:
            patches.append(self.patch(os, name, killing(getattr(os, name))))
        patches.append(self.patch(os, "open", opening))
        fetching = self.fetch(origin, resume=True, path="body.bin")
        for patch in patches:
            patch.restore()
        for fd in opened:
            try:
                os.close(fd)
            except OSError:
                pass
        if fetching.called:
            fetching.addErrback(lambda failure: failure.trap(KeyboardInterrupt))


class Segments(Downloading):
    def test_their_map_is_kept(self):
        """What several streams brought is gone on with in several places."""
        content = random.Random(5).randbytes(8 << 20)
        origin = Origin(content, piece=1 << 18)
        origin.pace = pace = Stalled(0)
        fetching = self.fetch(origin, segments=2)
        self.turn(pace, 8)
        self.assertGreater(len(self.asker.asked), 1)
        fetching.cancel()
        self.failureResultOf(fetching, CancelledError)
        origin.pace = None
        self.assertEqual(self.fetched(origin, resume=True), "body.bin")
        self.assertEqual(self.content(), content)
        self.assertEqual(len([each for each in self.asker.ranges if each is not None]), 2)

    def test_parts_of_another_version(self):
        """They come too late for the first stream to bring them: it is fetched whole, and split no more."""
        content = random.Random(6).randbytes(4 << 20)
        origin = Origin(content, piece=1 << 18)
        origin.pace = pace = Stalled(0)
        fetching = self.fetch(origin, segments=4)
        answering = Deferred()
        self.turn(pace, 2)
        origin.asking, origin.bend = lambda: answering, lambda head: with_field(head, "etag", '"2"')
        self.turn(pace, 10)
        self.assertEqual(len(self.asker.asked), 2)
        origin.asking = None
        answering.callback(None)
        origin.bend = lambda head: head
        self.turn(pace, 20)
        self.successResultOf(fetching)
        self.assertEqual(self.content(), content)
        self.assertEqual((len(self.asker.ranges), self.asker.ranges[-1]), (3, None))

    def turn(self, pace, count):
        """So many pieces come on each stream."""
        for _ in range(count):
            waiting, pace.waiting = pace.waiting, []
            self.world.reactor.advance(0.3)
            for each in waiting:
                if not each.called:
                    each.callback(None)

    def test_a_server_that_gives_no_parts(self):
        """In the end it is fetched whole, by one stream."""
        self.left_over(content=CONTENT)
        origin = Origin(CONTENT)
        self.vouch("[[0, 1000], [2000, 4000]]")
        origin.bend = lambda head: self.bent(head, origin)
        self.assertEqual((self.fetched(origin, resume=True, segments=4), self.content()), ("body.bin", CONTENT))
        self.assertEqual(self.asker.ranges, ["bytes=1000-1999", "bytes=4000-", None])

    def bent(self, head, origin):
        """The second part is of another version."""
        return with_field(head, "etag", '"2"') if len(self.asker.asked) == 2 else head


class Mirrors(Downloading):
    def test_the_first_good_one(self):
        """It brings the body; the file has the name of the first URL."""
        bad, good = Origin(b""), Origin(CONTENT)
        bad.refusals = [head(404)]
        origins = {"http://one/first.bin": bad, "http://two/second.bin": good}
        self.assertEqual(self.fetched(None, origins=origins, plan={"race": True}), "first.bin")
        self.assertEqual(self.content("first.bin"), CONTENT)

    def test_what_one_began_is_gone_on_with_there(self):
        """A mirror with another version neither wins nor is mixed in."""
        one, two = Origin(CONTENT, etag='"1"'), Origin(CONTENT[::-1], etag='"2"')
        origins = {"http://one/body.bin": one, "http://two/body.bin": two}
        one.cut = [4000]
        fetching = self.fetch(None, origins=origins, plan={"race": True}, retry=1)
        one.cut = []
        self.world.reactor.advance(1)
        self.successResultOf(fetching)
        self.assertEqual(self.content(), CONTENT)
