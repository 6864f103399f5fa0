"""Where the body of an answer goes."""

import os
import stat

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import AtOnce
from tnet.clients.fetch.output import InPlace, Replacement, open_file, open_in_place
from tnet.errors import CannotWrite, OutputClosed


def start(work):
    return Deferred.fromCoroutine(work)


class Case(SynchronousTestCase):
    def setUp(self):
        self.folder = self.mktemp()
        os.mkdir(self.folder)
        self.path = os.path.join(self.folder, "body")

    def done(self, work):
        return self.successResultOf(start(work))

    def open(self, path=None):
        return self.done(open_file(path or self.path, AtOnce()))

    def content(self):
        with open(self.path, "rb") as file:
            return file.read()


class Replacing(Case):
    def test_a_file_appears_when_it_is_complete(self):
        """Until then its name is free, or what it was."""
        output = self.open()
        self.done(output.write(b"hel"))
        self.done(output.write(b"lo"))
        self.assertFalse(os.path.exists(self.path))
        self.assertTrue(os.listdir(self.folder)[0].startswith(".body."))
        self.done(output.finish())
        self.assertEqual(self.content(), b"hello")
        self.assertEqual(os.listdir(self.folder), ["body"])

    def test_a_failure_leaves_what_was_there(self):
        """Nothing of ours is left behind."""

        async def fail():
            async with await open_file(self.path, AtOnce()) as output:
                await output.write(b"new")
                raise ZeroDivisionError

        with open(self.path, "wb") as file:
            file.write(b"old")
        self.failureResultOf(start(fail()), ZeroDivisionError)
        self.assertEqual(self.content(), b"old")
        self.assertEqual(os.listdir(self.folder), ["body"])

    def test_success_in_a_block(self):
        """Leaving the block without an error finishes the file."""

        async def succeed():
            async with await open_file(self.path, AtOnce()) as output:
                await output.write(b"new")

        self.done(succeed())
        self.assertEqual(self.content(), b"new")

    def test_a_link_is_replaced_and_not_followed(self):
        """Whoever can put a link there does not choose what we overwrite."""
        victim = os.path.join(self.folder, "victim")
        with open(victim, "wb") as file:
            file.write(b"precious")
        os.symlink("victim", self.path)
        output = self.open()
        self.done(output.write(b"new"))
        self.done(output.finish())
        self.assertFalse(os.path.islink(self.path))
        with open(victim, "rb") as file:
            self.assertEqual(file.read(), b"precious")

    def test_a_narrower_mode_stays(self):
        """A private file does not become public by being fetched again."""
        with open(self.path, "wb"):
            os.chmod(self.path, 0o600)
        output = self.open()
        self.done(output.finish())
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)

    def test_where_no_file_can_be(self):
        """A directory, and a folder that is not there."""
        for path in (self.folder, os.path.join(self.folder, "no", "body")):
            error = self.failureResultOf(start(open_file(path, AtOnce())), CannotWrite).value
            self.assertEqual(error.path, path)

    def test_a_name_at_the_limit(self):
        """The unfinished file's name is longer, and still short enough."""
        for name in ("n" * 255, "é" * 127):
            output = self.open(os.path.join(self.folder, name))
            self.done(output.finish())
            self.assertIn(name, os.listdir(self.folder))

    def test_a_rename_that_fails(self):
        """The unfinished file goes away, and the error is told."""

        async def replace():
            async with await open_file(self.path, AtOnce()) as output:
                os.mkdir(self.path)
                await output.write(b"new")

        self.failureResultOf(start(replace()), CannotWrite)
        self.assertEqual(os.listdir(self.folder), ["body"])

    def test_writing_after_the_end_does_nothing(self):
        """A write that was queued when we gave up touches no descriptor."""
        output = self.open()
        self.done(output.discard())
        self.done(output.write(b"late"))
        self.assertEqual(os.listdir(self.folder), [])


class Devices(Case):
    def test_a_device_is_written_to_as_it_is(self):
        """`-o /dev/null` replaces nothing."""
        output = self.open("/dev/null")
        self.assertIsInstance(output, InPlace)
        self.assertNotIsInstance(output, Replacement)
        self.done(output.write(b"gone"))
        self.done(output.finish())
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_only_a_device_is_opened_in_place(self):
        """A file, a folder and a name that is free are none."""
        self.done(self.done(open_in_place("/dev/null", AtOnce())).finish())
        with open(self.path, "wb"):
            for path in (self.path, self.folder, self.path + "-1"):
                self.assertIsNone(self.done(open_in_place(path, AtOnce())))

    def test_a_full_device(self):
        """The system's reason is told."""
        output = self.open("/dev/full")
        error = self.failureResultOf(start(output.write(b"x")), CannotWrite).value
        self.assertEqual(str(error), "cannot write /dev/full: No space left on device")
        self.done(output.discard())

    def test_a_fifo_without_a_reader(self):
        """Whoever read it has gone: that is no fault."""
        os.mkfifo(self.path)
        reading = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        output = self.open()
        os.close(reading)
        self.failureResultOf(start(output.write(b"x")), OutputClosed)
        self.done(output.discard())
        self.assertTrue(stat.S_ISFIFO(os.stat(self.path).st_mode))
