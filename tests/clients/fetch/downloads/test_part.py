"""Unfinished files."""

import errno
import hashlib
import os
import stat

from tests.clients.fetch.downloads.origin import Case
from tnet.clients.fetch.downloads.part import Part
from tnet.clients.fetch.downloads.sidecar import Sidecar
from tnet.clients.fetch.downloads.target import Target

SAID = Sidecar("http://h/a", '"1"', 100)


class Parts(Case):
    def setUp(self):
        super().setUp()
        self.target = Target.at(self.path(), replaces=False)
        self.waiting, self.sidecar = ".body.bin.part", ".body.bin.part.json"

    def lasting(self, algorithm=None):
        """A part that another run may go on with."""
        part = Part.lasting(self.target, algorithm)
        if part is not None:
            self.addCleanup(part.close)
        return part

    def left_over(self, data=b"x" * 40, done=((0, 40),)):
        """What a run leaves that was killed."""
        part = self.lasting()
        part.begin(SAID)
        part.write(0, [data])
        part.save(Sidecar(SAID.url, SAID.validator, SAID.total, done=done))
        part.close()

    def test_what_is_written_appears_in_the_end(self):
        """Case 25: synced, under its name, and nothing else is left."""
        part = self.lasting()
        part.begin(SAID)
        part.write(5, [b"world"])
        part.write(0, [b"hel", b"lo"])
        part.save(SAID)
        self.assertEqual(self.names, [self.waiting, self.sidecar])
        self.assertEqual(part.settle(self.target), self.path())
        self.assertEqual((self.names, self.content()), (["body.bin"], b"helloworld"))

    def test_a_part_of_this_run_alone(self):
        """Its name cannot be guessed, it has no sidecar, and it goes away if need be."""
        parts = [Part.passing(self.target) for _ in range(2)]
        self.assertEqual(len(self.names), 2)
        for part in parts:
            part.begin(SAID)
            part.save(SAID)
            self.assertRegex(os.path.basename(part.path), r"^\.body\.bin\.[0-9a-f]{8}\.part$")
        self.assertEqual(len(self.names), 2)
        for part in parts:
            part.remove()
        self.assertEqual(self.names, [])

    def test_the_next_run_finds_it(self):
        """With what the sidecar vouches for."""
        self.left_over()
        said = self.lasting().recall()
        self.assertEqual((said.url, said.done), (SAID.url, ((0, 40),)))

    def test_a_sidecar_is_private(self):
        """The URL in it may hold a token."""
        self.left_over()
        self.assertEqual(stat.S_IMODE(os.stat(self.path(self.sidecar)).st_mode), 0o600)

    def test_a_sidecar_that_says_too_much(self):
        """A file that is shorter than it says is not gone on with, and not touched."""
        self.left_over()
        os.truncate(self.path(self.waiting), 39)
        self.assertIsNone(self.lasting())
        self.assertEqual(os.path.getsize(self.path(self.waiting)), 39)

    def test_only_one_writes(self):
        """Another one, here or in another process, does not get it."""
        part = self.lasting()
        self.assertIsNone(self.lasting())
        part.close()
        self.assertIsNotNone(self.lasting())

    def test_what_is_not_ours_stays(self):
        """Case 25: a link, a folder, a FIFO, a file with two names, and one that we have said nothing about."""
        waiting = self.path(self.waiting)
        self.write(b"precious", "victim")
        for make in (
            lambda: os.symlink("victim", waiting),
            lambda: os.symlink("nowhere", waiting),
            lambda: os.mkdir(waiting),
            lambda: os.mkfifo(waiting),
            lambda: os.link(self.path("victim"), waiting),
            lambda: self.write(b"precious", self.waiting),
        ):
            make()
            self.assertIsNone(self.lasting())
            os.rmdir(waiting) if os.path.isdir(waiting) else os.unlink(waiting)
        self.assertEqual((self.names, self.content("victim")), (["victim"], b"precious"))

    def test_a_sidecar_is_not_followed(self):
        """A link in its place is replaced."""
        self.write(b"precious", "victim")
        os.symlink("victim", self.path(self.sidecar))
        os.symlink("victim", self.path(self.sidecar + ".new"))
        part = self.lasting()
        self.assertIsNone(part.recall())
        part.begin(SAID)
        self.assertEqual(self.content("victim"), b"precious")
        self.assertEqual(Sidecar.parse(self.content(self.sidecar)), SAID)

    def test_no_folder(self):
        """There the system's reason is told."""
        self.assertRaises(FileNotFoundError, Part.lasting, Target.at(self.path("no/body"), replaces=True))

    def test_anew(self):
        """The sidecar is that of the new version before the old data is gone."""
        self.left_over()
        part = self.lasting()
        part.begin(Sidecar("http://h/b", '"2"', 9))
        self.assertEqual(os.path.getsize(self.path(self.waiting)), 0)
        said = part.recall()
        self.assertEqual((said.url, said.done), ("http://h/b", ()))

    def test_no_room_to_say_so(self):
        """What was there stays, with what was said about it; only what is empty goes away."""

        def full(_):
            raise OSError(errno.ENOSPC, "No space left on device")

        self.left_over()
        names = self.names
        self.patch(Sidecar, "as_bytes", full)
        part = self.lasting()
        self.assertRaises(OSError, part.begin, SAID)
        part.give_up()
        self.assertEqual(self.names, names)
        for name in names:
            os.unlink(self.path(name))
        part = self.lasting()
        self.assertRaises(OSError, part.begin, SAID)
        part.give_up()
        part.give_up()
        self.assertEqual(self.names, [])

    def test_the_checksum(self):
        """It is that of the file, in whatever order that was written."""
        part = self.lasting("sha256")
        part.begin(SAID)
        part.write(5, [b"world"])
        part.write(0, [b"hello"])
        self.assertTrue(part.hash_on(10))
        self.assertEqual(part.digest, hashlib.sha256(b"helloworld").hexdigest())

    def test_a_late_thread(self):
        """A call that comes when everything is over does nothing, whoever has the descriptor's number by then."""
        part = self.lasting()
        part.begin(SAID)
        part.close()
        with open(self.path("other"), "w+b") as other:
            part.write(0, [b"late"])
            part.save(Sidecar("http://h/late", '"2"', 9))
            part.begin(None)
            part.remove()
            part.close()
            self.assertEqual(part.settle(self.target), part.path)
            self.assertTrue(part.hash_on(4))
            self.assertEqual(other.read(), b"")
        self.assertEqual(self.names, [self.waiting, self.sidecar, "other"])

    def test_a_name_that_is_gone(self):
        """A file that another run has finished meanwhile is not begun anew, even if a third one has its old name."""
        part = self.lasting()
        part.begin(SAID)
        part.write(0, [b"done" * 25])
        real = os.open

        def opened(*arguments):
            patch.restore()
            fd = real(*arguments)
            part.settle(self.target)
            self.left_over()
            return fd

        patch = self.patch(os, "open", opened)
        self.assertIsNone(self.lasting())
        self.assertEqual(self.content(), b"done" * 25)
