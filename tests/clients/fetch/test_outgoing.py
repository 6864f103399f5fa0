"""Where the body of a request comes from."""

import os
import zlib
from dataclasses import replace

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import AtOnce, World
from tnet.clients.fetch.outgoing import (
    PIECE_BYTES,
    FromFile,
    FromMemory,
    FromStandardInput,
    Joined,
    OpeningCancelled,
    open_body,
)
from tnet.errors import BadUsage, CannotRead
from tnet.plans.fetch import Body, Part


def start(work):
    return Deferred.fromCoroutine(work)


class Never:
    """Threads that come to no end."""

    def run(self, function, *args, **named):
        return Deferred()


class Case(SynchronousTestCase):
    def done(self, work):
        return self.successResultOf(start(work))

    def file(self, data):
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(data)
        return path

    def read_all(self, body):
        pieces = []
        while piece := self.done(body.read()):
            pieces.append(piece)
        return pieces


class Opening(Case):
    def test_each_body_has_its_source(self):
        """Bytes, a file, and standard input."""
        context = World().context
        self.assertIsInstance(self.done(open_body(Body(data=b"x"), context)), FromMemory)
        self.assertIsInstance(self.done(open_body(Body(path=self.file(b"x")), context)), FromFile)
        self.assertIsInstance(self.done(open_body(Body(path="-"), context)), FromStandardInput)

    def test_a_file_that_is_not_there(self):
        """Nothing is connected for it."""
        error = self.failureResultOf(start(open_body(Body(path="/nowhere"), World().context)), CannotRead).value
        self.assertEqual(str(error), "cannot read /nowhere: No such file or directory")

    def test_waiting_for_it(self):
        """Who waits in vain, as for the writer of a FIFO, is told that this is where."""
        never = replace(World().context, workers=Never())
        for body in (Body(path="fifo"), Body(path="fifo", deflate=True)):
            opening = start(open_body(body, never))
            opening.cancel()
            self.assertEqual(self.failureResultOf(opening, OpeningCancelled).value.phase, "opening the body")

    def test_without_a_length(self):
        """A body may be sent in chunks although its length is known."""
        for body in (Body(data=b"abc"), Body(path=self.file(b"abc")), Body(parts=(Part("a", b"b"),), boundary="x")):
            context = World().context
            plain = self.done(open_body(body, context))
            chunked = self.done(open_body(replace(body, chunked=True), context))
            self.assertEqual((plain.length is None, chunked.length), (False, None))
            self.assertEqual(self.read_all(plain), self.read_all(chunked))

    def test_compressed(self):
        """What is in memory has a length all the same, what is streamed from a file has none."""
        for body, known in (
            (Body(data=b"abc" * 9, deflate=True), True),
            (Body(path=self.file(b"abc" * 9), deflate=True), False),
        ):
            opened = self.done(open_body(body, World().context))
            data = b"".join(self.read_all(opened))
            self.assertEqual((opened.length, zlib.decompress(data)), (len(data) if known else None, b"abc" * 9))


class Parts(Case):
    def opened(self, *parts):
        return self.done(open_body(Body(parts=parts, boundary="b"), World().context))

    def test_texts_and_files(self):
        """The length is exact before anything is read, and texts do not come in crumbs."""
        big = os.urandom(PIECE_BYTES + 1)
        body = self.opened(
            Part("a", b"1"),
            Part("f", path=self.file(big), file_name="x", content_type="text/plain"),
            Part("g", path=self.file(b"")),
            Part("c", b"2"),
            Part("d", b"3"),
        )
        pieces = self.read_all(body)
        disposition = b"--b\r\nContent-Disposition: form-data; name="
        self.assertEqual(
            b"".join(pieces),
            disposition
            + b'"a"\r\n\r\n1\r\n'
            + disposition
            + b'"f"; filename="x"\r\nContent-Type: text/plain\r\n\r\n'
            + big
            + b"\r\n"
            + disposition
            + b'"g"\r\n\r\n\r\n'
            + disposition
            + b'"c"\r\n\r\n2\r\n'
            + disposition
            + b'"d"\r\n\r\n3\r\n--b--\r\n',
        )
        self.assertEqual((body.length, len(pieces)), (sum(map(len, pieces)), 5))

    def test_a_part_without_a_length(self):
        """Then only the end will tell."""
        self.assertIsNone(self.opened(Part("a", b"1"), Part("f", path="/dev/null")).length)

    def test_what_is_not_there_leaves_nothing_open(self):
        """The files before it are closed again."""
        path, before = self.file(b"x"), len(os.listdir("/proc/self/fd"))
        for part, error in ((Part("g", path="/nowhere"), CannotRead), (Part("\0"), BadUsage)):
            body = Body(parts=(Part("f", path=path), part), boundary="b")
            self.failureResultOf(start(open_body(body, World().context)), error)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_a_file_that_shrinks_is_an_error(self):
        """The length was promised."""
        path = self.file(b"abc")
        body = self.opened(Part("f", path=path))
        os.truncate(path, 0)
        self.done(body.read())
        self.failureResultOf(start(body.read()), CannotRead)

    def test_closing(self):
        """In the middle all that is left is closed; nothing comes any more."""
        before = len(os.listdir("/proc/self/fd"))
        body = self.opened(Part("f", path=self.file(b"abc")), Part("g", path=self.file(b"def")))
        self.done(body.read())
        body.close()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)
        self.assertEqual(self.read_all(body), [])

    def test_nothing_joined_is_nothing(self):
        """It has a length, too."""
        body = Joined([])
        self.assertEqual((body.length, self.read_all(body)), (0, []))


class Memory(Case):
    def test_it_comes_in_pieces(self):
        """So that a slow peer can hold it back; then comes the end."""
        body = FromMemory(b"x" * PIECE_BYTES + b"abc")
        self.assertEqual(body.length, PIECE_BYTES + 3)
        self.assertEqual([len(self.done(body.read())) for _ in range(3)], [PIECE_BYTES, 3, 0])


class Files(Case):
    def test_a_file_comes_in_pieces(self):
        """Its length is known before."""
        data = os.urandom(PIECE_BYTES + 10)
        body = self.done(FromFile.open(self.file(data), AtOnce()))
        self.assertEqual(body.length, len(data))
        self.assertEqual([len(piece) for piece in self.read_all(body)], [PIECE_BYTES, 10])

    def test_closing(self):
        """The descriptor goes; nothing can be read any more."""
        body = self.done(FromFile.open("/dev/zero", AtOnce()))
        body.close()
        self.failureResultOf(start(body.read()), ValueError)

    def test_a_file_that_grows_is_cut(self):
        """What was promised is what is sent."""
        path = self.file(b"abc")
        body = self.done(FromFile.open(path, AtOnce()))
        with open(path, "ab") as file:
            file.write(b"more")
        self.assertEqual(self.read_all(body), [b"abc"])

    def test_a_file_that_shrinks_is_an_error(self):
        """A request is never cut short in silence."""
        path = self.file(b"abc")
        body = self.done(FromFile.open(path, AtOnce()))
        os.truncate(path, 0)
        self.failureResultOf(start(body.read()), CannotRead)

    def test_a_device_has_no_length(self):
        """Only its end tells how long it was."""
        body = self.done(FromFile.open("/dev/null", AtOnce()))
        self.assertIsNone(body.length)
        self.assertEqual(self.read_all(body), [])

    def test_a_directory_is_no_body(self):
        """It cannot even be opened."""
        self.failureResultOf(start(FromFile.open(".", AtOnce())), CannotRead)


class Pushed:
    """Standard input in the hands of a test."""

    def __init__(self):
        self.paused = True
        self.over = False

    def start(self, received, ended):
        self.give, self.end = received, ended
        self.resumeProducing()

    def pauseProducing(self):
        self.paused = True

    def resumeProducing(self):
        self.paused = False

    def stopProducing(self):
        self.over = True


class FromInput(Case):
    def setUp(self):
        self.source = Pushed()
        self.body = FromStandardInput(self.source)

    def test_it_is_read_only_when_asked(self):
        """Nothing is read ahead of the one who sends."""
        self.assertTrue(self.source.paused)
        reading = start(self.body.read())
        self.assertFalse(self.source.paused)
        self.source.give(b"abc")
        self.assertTrue(self.source.paused)
        self.assertEqual(self.successResultOf(reading), b"abc")

    def test_pieces_then_the_end(self):
        """What was pushed before the end comes before the end."""
        reading = start(self.body.read())
        self.source.give(b"a")
        self.source.give(b"b")
        self.source.end(None)
        self.assertEqual(self.successResultOf(reading), b"a")
        self.assertEqual([self.done(self.body.read()), self.done(self.body.read())], [b"b", b""])

    def test_an_error_comes_last(self):
        """A broken input does not look like a complete one."""
        reading = start(self.body.read())
        self.source.end(CannotRead("standard input", "broken"))
        self.failureResultOf(reading, CannotRead)

    def test_closing_stops_it(self):
        """Nothing is read for a request that is over."""
        self.body.close()
        self.assertTrue(self.source.over)
