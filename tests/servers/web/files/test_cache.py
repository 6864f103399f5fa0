"""Tests for tnet.servers.web.files.cache."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from twisted.trial.unittest import TestCase
from twisted.web.http_headers import Headers

from tnet.servers.web.files.cache import SMALL_BYTES, SmallFiles
from tnet.servers.web.files.root import OpenFile, Root

LATER = 60.0


class CacheTestCase(TestCase):
    """Has a directory, and a cache whose clock is a minute ahead."""

    def setUp(self) -> None:
        self.path = os.path.abspath(self.mktemp())
        self.base = os.path.join(self.path, "root")
        os.makedirs(os.path.join(self.base, "sub", "deep"))
        self.write("a.txt", "alpha")
        self.write("sub/deep/b.txt", "bravo")
        self.root = Root(self.base)
        self.addCleanup(self.root.close)
        self.ahead = LATER
        self.cache = self.make()

    def make(self, **options: int) -> SmallFiles:
        """A cache of the root."""
        return SmallFiles(self.root, wall=lambda: os.stat(self.at("a.txt")).st_ctime + self.ahead, **options)

    def at(self, name: str) -> str:
        """The path of a file in the root."""
        return os.path.join(self.base, name)

    def write(self, name: str, text: str) -> None:
        """Write a file in place."""
        with open(self.at(name), "w") as file:
            file.write(text)

    def keep(self, *names: str, target: bytes | None = None, coding: bytes = b"", **fields: bytes) -> bytes:
        """Let the cache keep the response that is made of these files, the last one's content; its target."""
        files = [self.root.open(os.fsencode(name).split(b"/")) for name in names]
        assert all(isinstance(file, OpenFile) for file in files)
        body = files[-1].read(0, SMALL_BYTES + 1)  # type: ignore[union-attr]  # see above
        target = target or b"/" + names[0].encode()
        self.cache.keep(target, coding, self.headers(body, **fields), body, files)  # type: ignore[arg-type]  # see above
        for file in files:
            file.close()
        return target

    def headers(self, body: bytes, **fields: bytes) -> Headers:
        """The fields of a response."""
        headers = Headers({b"Server": [b"tnet"], b"Date": [b"now"], b"Connection": [b"close"]})
        headers.setRawHeaders(b"Content-Length", [b"%d" % len(body)])
        for name, value in fields.items():
            headers.setRawHeaders(name.replace("_", "-").encode(), [value])
        return headers

    def kept(self, target: bytes, coding: bytes = b"") -> bytes | None:
        """The body that is kept for a target."""
        stored = self.cache.look_up(b"GET", target, coding)
        return None if stored is None else stored.body


class LookUpTests(CacheTestCase):
    """What is found."""

    def test_a_response(self) -> None:
        """A response is found again: its fields but those of the connection, and for GET its body."""
        target = self.keep("a.txt", ETag=b'"x"')
        stored = self.cache.look_up(b"GET", target, b"")
        assert stored is not None
        self.assertEqual(sorted(stored.fields.split(b"\r\n")), [b"", b"Content-Length: 5", b'ETag: "x"'])
        self.assertEqual(stored.body, b"alpha")
        head = self.cache.look_up(b"HEAD", target, b"")
        assert head is not None
        self.assertEqual((head.fields, head.body), (stored.fields, b""))

    def test_what_is_not_there(self) -> None:
        """Other targets, other methods and other codings are not found."""
        target = self.keep("a.txt")
        self.assertIsNone(self.cache.look_up(b"POST", target, b""))
        self.assertIsNone(self.kept(target + b"x"))
        self.assertIsNone(self.kept(target, b"br"))

    def test_codings(self) -> None:
        """Fields that accept the same are one; a variant is for those who accept it."""
        self.keep("a.txt", coding=b"gzip, br")
        self.assertEqual(self.kept(b"/a.txt", b"br;q=1.0,gzip"), b"alpha")
        self.assertIsNone(self.kept(b"/a.txt", b"gzip"))
        self.assertIsNone(self.kept(b"/a.txt"))

    def test_an_index(self) -> None:
        """A directory's path leads to its index."""
        self.keep("sub/deep/b.txt", target=b"/sub/deep/")
        self.assertEqual(self.kept(b"/sub/deep/"), b"bravo")


class StaleTests(CacheTestCase):
    """What must not be found, because it is not so any more."""

    def check(self, change: Callable[[str], object], *, name: str = "sub/deep/b.txt") -> None:
        """After `change` nothing is found, and nothing remains."""
        target = self.keep(name)
        self.assertEqual(self.kept(target), b"bravo")
        change(self.at(name))
        self.assertIsNone(self.kept(target))
        self.assertEqual((len(self.cache._entries), self.cache._bytes), (0, 0))

    def test_rewritten_in_place(self) -> None:
        """Content of the same size, in the same inode, with its old time stamp put back."""

        def rewrite(path: str) -> None:
            before = os.stat(path)
            with open(path, "r+") as file:
                file.write("BRAVO")
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

        self.check(rewrite)

    def test_replaced(self) -> None:
        """Another file of the same size and time, renamed over it."""

        def replace(path: str) -> None:
            with open(path + "~", "w") as file:
                file.write("BRAVO")
            os.utime(path + "~", ns=(os.stat(path).st_atime_ns, os.stat(path).st_mtime_ns))
            os.replace(path + "~", path)

        self.check(replace)

    def test_touched(self) -> None:
        """A new time stamp alone, which is a new ETag and Last-Modified."""
        self.check(lambda path: os.utime(path, (1, 1)))

    def test_grown_and_shrunk(self) -> None:
        """Another size."""
        self.check(lambda path: os.truncate(path, 3))

    def test_deleted(self) -> None:
        """No file."""
        self.check(os.unlink)

    def test_made_unreadable(self) -> None:
        """A mode that forbids reading, though we could still see it."""
        self.check(lambda path: os.chmod(path, 0))

    def test_turned_into_a_fifo(self) -> None:
        """No regular file."""

        def turn(path: str) -> None:
            os.unlink(path)
            os.mkfifo(path)

        self.check(turn)

    def test_turned_into_a_link(self) -> None:
        """A link to the very same file elsewhere."""

        def turn(path: str) -> None:
            os.rename(path, os.path.join(self.path, "outside"))
            os.symlink("../../../outside", path)

        self.check(turn)

    def test_its_directory_swapped(self) -> None:
        """Another directory in the place of one on the way, whatever it holds."""

        def swap(path: str) -> None:
            os.rename(self.at("sub"), self.at("other"))
            shutil.copytree(self.at("other"), self.at("sub"))

        self.check(swap)

    def test_its_directory_moved_out(self) -> None:
        """A link in the place of a directory on the way, which leads to the untouched file outside of the root."""

        def move(path: str) -> None:
            os.rename(self.at("sub"), os.path.join(self.path, "sub"))
            os.symlink("../sub", self.at("sub"))

        self.check(move)

    def test_the_root_swapped(self) -> None:
        """Another directory in the place of the root is another site."""
        target = self.keep("a.txt")
        os.rename(self.base, self.base + ".old")
        shutil.copytree(self.base + ".old", self.base)
        self.assertIsNone(self.kept(target))

    def test_the_same_directory_filled(self) -> None:
        """What comes and goes beside a file does not matter."""
        target = self.keep("sub/deep/b.txt")
        self.write("sub/deep/c.txt", "new")
        self.write("sub/c.txt", "new")
        self.assertEqual(self.kept(target), b"bravo")

    def test_any_of_its_files(self) -> None:
        """A response that depends on two files is stale when either changes."""
        for changed in ("a.txt", "sub/deep/b.txt"):
            target = self.keep("a.txt", "sub/deep/b.txt")
            self.assertIsNotNone(self.kept(target))
            os.utime(self.at(changed), (2, 2))
            self.assertIsNone(self.kept(target), changed)


class KeepTests(CacheTestCase):
    """What is kept at all."""

    def test_young_files(self) -> None:
        """A file that was changed this very moment could change again without a trace."""
        for self.ahead, kept in ((0.0, None), (0.01, None), (LATER, b"alpha")):
            self.assertEqual(self.kept(self.keep("a.txt")), kept)

    def test_links(self) -> None:
        """A file that a link led to is not kept for the link."""
        os.symlink("sub/deep/b.txt", self.at("link"))
        os.symlink("deep", self.at("sub/way"))
        self.keep("link")
        self.keep("sub/way/b.txt")
        self.assertIsNone(self.kept(b"/link"))
        self.assertIsNone(self.kept(b"/sub/way/b.txt"))

    def test_changed_meanwhile(self) -> None:
        """A file that is another one by the time its response is kept is not."""
        file = self.root.open([b"a.txt"])
        assert isinstance(file, OpenFile)
        os.utime(self.at("a.txt"), (3, 3))
        self.cache.keep(b"/a.txt", b"", self.headers(b""), b"", [file])
        file.close()
        self.assertIsNone(self.kept(b"/a.txt"))

    def test_what_is_for_one_client(self) -> None:
        """A response that depends on more of the request than its coding, or sets a cookie, is not kept."""
        for fields in ({"Vary": b"Accept-Encoding, Origin"}, {"Vary": b"*"}, {"Set_Cookie": b"a=b"}):
            self.assertIsNone(self.kept(self.keep("a.txt", **fields)), fields)
        self.assertIsNotNone(self.kept(self.keep("a.txt", Vary=b"accept-encoding")))

    def test_other_targets(self) -> None:
        """A target that does not name the file, such as one with a query, is not what the file would answer alone."""
        for target in (b"/a.txt?x", b"/b.txt", b"/sub/", b"/a.txt/"):
            self.assertIsNone(self.kept(self.keep("a.txt", target=target)), target)
        for target in (b"/", b"/a.txt", b"/%61.txt"):
            self.assertIsNotNone(self.kept(self.keep("a.txt", target=target)), target)

    def test_large_files(self) -> None:
        """What is not small is not kept."""
        self.write("a.txt", "x" * (SMALL_BYTES + 1))
        self.assertIsNone(self.kept(self.keep("a.txt")))

    def test_bounds(self) -> None:
        """There are so many entries and so many bytes at most; what was used last remains."""
        names = [f"{number}.txt" for number in range(4)]
        for name in names:
            self.write(name, "x" * 100)
        for bound in ({"entries": 2}, {"limit_bytes": 2500}):
            self.cache = self.make(**bound)
            targets = [self.keep(name) for name in names[:2]]
            self.kept(targets[0])
            targets.append(self.keep(names[2]))
            self.assertEqual([self.kept(target) is not None for target in targets], [True, False, True], bound)
            self.assertEqual(self.cache._bytes, sum(entry.size for entry in self.cache._entries.values()))

    def test_again(self) -> None:
        """Keeping the same target again counts it once."""
        for _ in range(3):
            self.keep("a.txt")
        self.assertEqual(len(self.cache._entries), 1)
        self.assertEqual(self.cache._bytes, sum(entry.size for entry in self.cache._entries.values()))

    def test_closing(self) -> None:
        """A closed cache forgets, and keeps nothing more: its root's descriptor may soon be another's."""
        target = self.keep("a.txt")
        self.cache.close()
        self.assertIsNone(self.kept(target))
        self.assertIsNone(self.kept(self.keep("a.txt")))
