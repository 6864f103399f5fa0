"""Tests for tnet.servers.web.writing.changes."""

from __future__ import annotations

import os

from tests.servers.web.writing.written import WritingTestCase
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import Root
from tnet.servers.web.permissions import Place
from tnet.servers.web.writing import changes
from tnet.servers.web.writing.changes import delete, make_directory, move, survey
from tnet.servers.web.writing.targets import Target, find


class ChangesTestCase(WritingTestCase):
    """Changes a directory directly."""

    def target(self, *names: bytes) -> Target:
        """A name in the directory."""
        root = Root(self.path)
        self.addCleanup(root.close)
        target = find(root, names)
        self.addCleanup(target.close)
        return target

    def status_of(self, function: object, *args: object, **options: object) -> int:
        """The status that a change is refused with."""
        return self.assertRaises(Refusal, function, *args, **options).status  # type: ignore[no-any-return]  # trial's

    def link(self, target: str, name: str) -> None:
        """A link in the directory."""
        os.symlink(target, os.path.join(self.path, name))


class DirectoryTests(ChangesTestCase):
    """New directories."""

    def test_made(self) -> None:
        """It is there and empty; a name that is taken is 405."""
        make_directory(self.target(b"sub", b"new"))
        self.assertEqual(self.names("sub/new"), set())
        for name in (b"sub", b"a.txt"):
            self.assertEqual(self.status_of(make_directory, self.target(name)), 405)


class DeleteTests(ChangesTestCase):
    """Deletions."""

    def test_a_file(self) -> None:
        """It is gone, and what is not there is 404."""
        delete(self.target(b"a.txt"), recursive=False, judge=None)
        self.assertNotIn("a.txt", self.names())
        self.assertEqual(self.status_of(delete, self.target(b"a.txt"), recursive=True, judge=None), 404)

    def test_a_link(self) -> None:
        """A link is gone, what it led to is not, be it a directory to delete with all that is in it."""
        self.link("sub", "link")
        self.link("nowhere", "dangling")
        for name in (b"link", b"dangling"):
            delete(self.target(name), recursive=True, judge=None)
        self.assertEqual((self.names() & {"link", "dangling"}, self.names("sub")), (set(), {"b.txt"}))

    def test_a_directory(self) -> None:
        """An empty one goes; a full one only if that was said, with all that is in it, unfinished uploads as well."""
        self.write("sub/one/two/three", "sub/.tnet-upload-x")
        os.mkdir(os.path.join(self.path, "empty"))
        self.link("../../site", "sub/one/link")
        self.assertEqual(self.status_of(delete, self.target(b"sub"), recursive=False, judge=None), 409)
        delete(self.target(b"empty"), recursive=False, judge=None)
        delete(self.target(b"sub"), recursive=True, judge=None)
        self.assertEqual((self.names() & {"sub", "empty"}, self.names("site")), (set(), {"index.html"}))

    def test_what_is_not_to_be_seen(self) -> None:
        """A directory that holds hidden files, or what is forbidden, stays whole."""
        self.write("sub/inner/.env")
        self.assertEqual(self.status_of(delete, self.target(b"sub"), recursive=True, judge=None), 409)
        os.unlink(os.path.join(self.path, "sub/inner/.env"))

        def judge(place: Place) -> None:
            if place[-1] == b"inner":
                raise Refusal(403)

        self.assertEqual(self.status_of(delete, self.target(b"sub"), recursive=True, judge=judge), 403)
        self.assertEqual(self.names("sub"), {"b.txt", "inner"})

    def test_bounds(self) -> None:
        """What is too deep or too much is not even begun."""
        os.makedirs(os.path.join(self.path, "deep", *["x"] * (changes.MAX_DEPTH + 2)))
        self.assertEqual(self.status_of(delete, self.target(b"deep"), recursive=True, judge=None), 409)
        self.patch(changes, "MAX_ENTRIES", 1)
        self.write("sub/c.txt")
        self.assertEqual(self.status_of(delete, self.target(b"sub"), recursive=True, judge=None), 409)
        self.assertEqual(self.names("sub"), {"b.txt", "c.txt"})

    def test_a_link_that_is_swapped_in(self) -> None:
        """A directory that becomes a link while its parent is deleted is a link to be deleted."""
        self.write("site/inner/x")
        swapped = []

        def judge(place: Place) -> None:
            if place[-1] == b"x" and not swapped:
                swapped.append(place)
                os.rename(os.path.join(self.path, "site/inner"), os.path.join(self.path, "aside"))
                self.link("../sub", "site/inner")

        delete(self.target(b"site"), recursive=True, judge=judge)
        self.assertEqual((self.names("sub"), self.names("aside"), "site" in self.names()), ({"b.txt"}, {"x"}, False))

    def test_survey(self) -> None:
        """Everything in it is judged, where it was asked for and where it is."""
        self.link("sub", "link")
        self.write("sub/inner/x")
        seen: list[Place] = []
        survey(self.target(b"link", b"inner"), seen.append)
        self.assertEqual(seen, [(b"link", b"inner", b"x"), (b"sub", b"inner", b"x")])


class MoveTests(ChangesTestCase):
    """Other names."""

    def test_a_file(self) -> None:
        """A free name is taken, a taken one only with leave to replace."""
        self.assertTrue(move(self.target(b"a.txt"), self.target(b"sub", b"a"), replace=False, judge=None))
        self.assertEqual((self.content("sub/a"), "a.txt" in self.names()), (b"a.txt", False))
        source, target = self.target(b"p.html"), self.target(b"sub", b"a")
        self.assertEqual(self.status_of(move, source, target, replace=False, judge=None), 412)
        self.assertFalse(move(source, target, replace=True, judge=None))
        self.assertEqual(self.content("sub/a"), b"p.html")

    def test_a_directory(self) -> None:
        """It goes as a whole, never over another, over a file, or into itself."""
        self.assertTrue(move(self.target(b"sub"), self.target(b"site", b"s"), replace=False, judge=None))
        self.assertEqual(self.names("site/s"), {"b.txt"})
        os.mkdir(os.path.join(self.path, "empty"))
        for target in ((b"empty",), (b"a.txt",), (b"site", b"s", b"inner")):
            self.assertEqual(
                self.status_of(move, self.target(b"site"), self.target(*target), replace=True, judge=None), 409
            )
        self.assertEqual(
            (self.names("site"), self.names("site/s"), self.content("a.txt")),
            ({"index.html", "s"}, {"b.txt"}, b"a.txt"),
        )

    def test_a_link(self) -> None:
        """It is the link that gets another name."""
        self.link("sub", "link")
        move(self.target(b"link"), self.target(b"other"), replace=False, judge=None)
        self.assertEqual(os.readlink(os.path.join(self.path, "other")), "sub")

    def test_refused(self) -> None:
        """What is not there is 404, its own name 403, a file over a directory 409; what is forbidden in it, as said."""
        a, b = self.target(b"a.txt"), self.target(b"sub")
        self.assertEqual(self.status_of(move, self.target(b"nothing"), a, replace=True, judge=None), 404)
        self.assertEqual(self.status_of(move, a, self.target(b"a.txt"), replace=True, judge=None), 403)
        self.assertEqual(self.status_of(move, a, b, replace=True, judge=None), 409)

        def judge(place: Place) -> None:
            raise Refusal(403)

        self.assertEqual(self.status_of(move, b, self.target(b"new"), replace=True, judge=judge), 403)
        self.assertIn("sub", self.names())
