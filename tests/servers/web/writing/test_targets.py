"""Tests for tnet.servers.web.writing.targets."""

from __future__ import annotations

import os

from tests.servers.web.writing.written import WritingTestCase
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import Root
from tnet.servers.web.permissions import Place
from tnet.servers.web.writing.staging import Staged
from tnet.servers.web.writing.targets import Naming, Terms, etag, find


class TargetTestCase(WritingTestCase):
    """Has the root of a directory."""

    def setUp(self) -> None:
        super().setUp()
        self.root = Root(self.path)
        self.descriptors += 1
        self.addCleanup(self.root.close)


class FindTests(TargetTestCase):
    """Where something is written."""

    def test_places(self) -> None:
        """It knows where it was asked for, and where it is."""
        os.symlink("sub", os.path.join(self.path, "link"))
        target = find(self.root, [b"link", b"new"])
        self.assertEqual((target.name, target.places), (b"new", ((b"link", b"new"), (b"sub", b"new"))))
        target.close()
        self.nothing_left()

    def test_refused(self) -> None:
        """The root is 403, a directory that is not there 409, a file in its place too."""
        for names, status in (([], 403), ([b"nothing", b"x"], 409), ([b"a.txt", b"x"], 409), ([b".git", b"x"], 409)):
            self.assertEqual(self.assertRaises(Refusal, find, self.root, names).status, status)
        self.nothing_left()

    def test_made(self) -> None:
        """Directories on the way are made and judged; they go again unless they were kept."""
        for kept in (False, True):
            asked: list[Place] = []
            target = find(self.root, [b"sub", b"one", b"two", b"x"], make=lambda asked_for, _: asked.append(asked_for))  # noqa: B023
            self.assertEqual(asked, [(b"sub", b"one"), (b"sub", b"one", b"two")])
            self.assertEqual(target.places[1], (b"sub", b"one", b"two", b"x"))
            if kept:
                target.keep()
            target.close()
            self.assertEqual("one" in self.names("sub"), kept)
        self.nothing_left()

    def test_not_made(self) -> None:
        """Where one of them is refused none is left."""

        def make(asked: Place, real: Place) -> None:
            if real[-1] == b"two":
                raise Refusal(403)

        self.assertEqual(self.assertRaises(Refusal, find, self.root, [b"one", b"two", b"x"], make=make).status, 403)
        self.assertNotIn("one", self.names())
        self.nothing_left()

    def test_seen(self) -> None:
        """A link to a file counts as that file, any other as itself, and nothing as nothing."""
        os.symlink("a.txt", os.path.join(self.path, "link"))
        os.symlink("nowhere", os.path.join(self.path, "dangling"))
        for name, like in ((b"link", "a.txt"), (b"dangling", "dangling"), (b"a.txt", "a.txt")):
            target = find(self.root, [name])
            seen = target.seen()
            target.close()
            assert seen is not None
            self.assertEqual(seen.st_ino, os.lstat(os.path.join(self.path, like)).st_ino)
        target = find(self.root, [b"nothing"])
        self.assertIsNone(target.seen())
        target.close()


class TermsTests(TargetTestCase):
    """On what terms a name is given."""

    def judge(self, replace: bool, conditions: dict[bytes, bytes], name: str) -> int | None:
        """The status of a refusal."""
        path = os.path.join(self.path, name)
        try:
            Terms(replace, conditions).judge(b"name", os.stat(path) if os.path.exists(path) else None)
        except Refusal as refusal:
            return refusal.status
        return None

    def test_judged(self) -> None:
        """Conditions come first, then whether anything may be replaced; a directory never is."""
        tag = etag(os.stat(os.path.join(self.path, "a.txt")))
        for replace, conditions, name, status in (
            (False, {}, "nothing", None),
            (False, {}, "a.txt", 409),
            (True, {}, "a.txt", None),
            (True, {}, "sub", 409),
            (True, {b"if-match": tag}, "a.txt", None),
            (False, {b"if-match": tag}, "a.txt", 409),
            (True, {b"if-match": b'"x"'}, "a.txt", 412),
            (True, {b"if-match": b"*"}, "nothing", 412),
            (True, {b"if-none-match": b"*"}, "a.txt", 412),
            (True, {b"if-none-match": b"*"}, "nothing", None),
            (True, {b"if-none-match": tag}, "a.txt", 412),
        ):
            self.assertEqual(self.judge(replace, conditions, name), status, (replace, conditions, name))


class NamingTests(TargetTestCase):
    """Names for complete files."""

    def give(self, terms: Terms, name: bytes = b"name") -> object:
        """What comes of one more file of that name."""
        target = find(self.root, [name])
        staged = Staged(target.directory.fd)
        try:
            return Naming().give(staged, target, terms)
        finally:
            staged.discard()
            target.close()

    def test_each_is_another(self) -> None:
        """However quickly they follow each other, no two have the same validator."""
        made = [self.give(Terms(replace=True)) for _ in range(20)]
        self.assertEqual([each.created for each in made], [True] + [False] * 19)  # type: ignore[attr-defined]  # Made
        self.assertEqual(len({each.etag for each in made}), 20)  # type: ignore[attr-defined]  # Made
        self.nothing_left()

    def test_refused(self) -> None:
        """A name that is taken is refused, and nothing is left of the file that wanted it."""
        self.assertEqual(self.assertRaises(Refusal, self.give, Terms(replace=False), b"a.txt").status, 409)
        self.nothing_left()
