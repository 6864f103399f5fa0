"""What a finished file is called."""

import os
import stat
from unittest import mock

from tests.clients.fetch.downloads.origin import Case
from tnet.clients.fetch.downloads.target import Target, mode_for, refuse_closed_folder, refuse_unwritable


class Names(Case):
    def target(self, name="body.bin", *, replaces=False):
        return Target.at(self.path(name), replaces=replaces)

    def settled(self, target):
        """The name that a new file gets."""
        self.write(b"new", ".part")
        return os.path.relpath(target.settle(self.path(".part")), self.folder)

    def test_where_it_waits(self):
        """A hidden name in the same folder, not longer than any file system allows."""
        self.assertEqual(self.target().waiting, self.path(".body.bin.part"))
        for name in ("n" * 255, "é" * 127):
            waiting = os.path.basename(self.target(name).waiting)
            self.assertLess(len(os.fsencode(waiting)), 220)
            self.assertNotIn("\ufffd", waiting)

    def test_another_name_in_the_end(self):
        """What the answer says changes the name, not where the file waits."""
        target = self.target().called("other.iso")
        self.assertEqual((target.path, target.waiting), (self.path("other.iso"), self.path(".body.bin.part")))

    def test_a_free_name(self):
        """It is taken as it is."""
        self.assertEqual(self.settled(self.target()), "body.bin")
        self.assertEqual(self.names, ["body.bin"])

    def test_a_name_that_is_taken(self):
        """Case 24: what has it keeps it, whatever it is; the next free one is taken."""
        self.write(b"old")
        os.mkdir(self.path("body-1.bin"))
        os.symlink("nowhere", self.path("body-2.bin"))
        self.assertEqual(self.settled(self.target()), "body-3.bin")
        self.assertEqual((self.content(), self.content("body-3.bin")), (b"old", b"new"))
        self.assertFalse(os.path.exists(self.path("nowhere")))

    def test_names_without_an_extension(self):
        """The number comes last; digits are no extension, and neither is all of a name."""
        for name in ("body", ".body", "127.0.0.1", "tool-1.2.3", ".tar.gz", "a.", "a. b"):
            self.write(b"old", name)
            self.assertEqual(self.settled(self.target(name)), f"{name}-1")

    def test_what_an_extension_is(self):
        """The number comes before it, and before both of an archive."""
        for name, taken in (("a.tar.gz", "a-1.tar.gz"), ("a.b.7z", "a.b-1.7z"), (".a.json", ".a-1.json")):
            self.write(b"old", name)
            self.assertEqual(self.settled(self.target(name)), taken)

    def test_a_name_of_ones_own_choice_is_replaced(self):
        """Case 24: by renaming, so that a link there is not followed."""
        self.write(b"precious", "victim")
        os.symlink("victim", self.path())
        self.assertEqual(self.settled(self.target(replaces=True)), "body.bin")
        self.assertEqual((self.content(), self.content("victim")), (b"new", b"precious"))

    def test_a_rename_that_fails(self):
        """Case 25: the name that was reserved for it is free again."""
        self.assertRaises(FileNotFoundError, self.target().settle, self.path("missing"))
        self.assertEqual(self.names, [])

    def test_what_cannot_be_replaced(self):
        """A directory, or what is in none; a file that is not there can."""
        self.assertRaises(IsADirectoryError, refuse_unwritable, self.folder)
        self.assertRaises(FileNotFoundError, refuse_unwritable, self.path("nowhere/x"))
        refuse_unwritable(self.path())
        self.write(b"old")
        refuse_unwritable(self.path())

    def test_where_none_can_be_made(self):
        """In a folder that is none, or that we may not write to."""
        self.write(b"")
        self.assertRaises(NotADirectoryError, refuse_closed_folder, self.path())
        with mock.patch("os.access", lambda path, mode: path != self.folder):
            self.assertRaises(PermissionError, refuse_closed_folder, self.folder)
            self.assertRaises(PermissionError, refuse_unwritable, self.path())
        refuse_closed_folder("")

    def test_a_narrower_mode_stays(self):
        """A private file does not become public by being fetched again."""
        self.write(b"old")
        os.chmod(self.path(), 0o640)
        self.assertEqual(mode_for(self.path()), 0o640)
        os.chmod(self.path(), 0o4755)
        self.assertEqual(mode_for(self.path()), 0o644)
        self.assertEqual(mode_for(self.path("none")), 0o666)
        self.assertEqual(stat.S_IMODE(os.stat(self.path()).st_mode), 0o4755)
