"""Tests for tnet.servers.web.files.root."""

from __future__ import annotations

import os
import resource
import stat
from errno import EOPNOTSUPP
from unittest import mock

from twisted.trial.unittest import TestCase

from tnet.errors import CannotRead
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files import root
from tnet.servers.web.files.root import UPLOAD_PREFIX, OpenDirectory, OpenFile, Root


def open_descriptors() -> int:
    """How many descriptors this process holds."""
    return len(os.listdir("/proc/self/fd"))


class RootTests(TestCase):
    """Below the root, and nowhere else."""

    def setUp(self) -> None:
        self.path = self.mktemp()
        os.makedirs(os.path.join(self.path, "root", "sub", "deep"))
        self.base = os.path.join(self.path, "root")
        self.write("a.txt", "sub/b.txt", "sub/deep/c.txt", ".env", ".well-known/x", ".well-known/.y", "../secret")
        self.root = Root(self.base)
        self.addCleanup(self.root.close)
        before = open_descriptors()
        self.addCleanup(lambda: self.assertEqual(open_descriptors(), before))

    def write(self, *names: str) -> None:
        """Make files that hold their own names."""
        for name in names:
            path = os.path.join(self.base, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(name)

    def link(self, name: str, target: str) -> None:
        """Make a symbolic link."""
        os.symlink(target, os.path.join(self.base, name))

    def read(self, path: str, root: Root | None = None) -> bytes | int | None:
        """What is at a path: a file's content, None for a directory, or the status of the refusal."""
        try:
            opened = (root or self.root).open(os.fsencode(path).split(b"/"))
        except Refusal as refusal:
            return refusal.status
        data = opened.read(0, 100) if isinstance(opened, OpenFile) else None
        opened.close()
        return data

    def test_no_descriptor_left(self) -> None:
        """A file that cannot be opened because too many are is not said to be missing."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowest_free = os.dup(0)
        os.close(lowest_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
        try:
            self.assertEqual(self.read("a.txt"), 503)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def test_another_root_in_its_place(self) -> None:
        """A build may put a new directory in the place of the root, or of a link that is the root; nobody must wait."""
        descriptor = self.root.fd
        os.rename(self.base, self.base + ".old")
        self.assertEqual((self.read("a.txt"), self.read("")), (404, 404))
        self.write("new.txt")
        self.assertEqual((self.read("new.txt"), self.read("a.txt")), (b"new.txt", 404))
        os.rename(self.base, self.base + ".new")
        os.symlink("root.old", self.base)
        self.assertEqual((self.read("new.txt"), self.read("a.txt")), (404, b"a.txt"))
        os.unlink(self.base)
        os.symlink("root.new", self.base)
        self.assertEqual((self.read("new.txt"), self.read("a.txt")), (b"new.txt", 404))
        self.assertEqual(self.root.fd, descriptor)
        self.assertFalse(os.get_inheritable(descriptor))

    def test_nothing_in_its_place(self) -> None:
        """What is no directory is not served, and what leads to the root may be closed to us meanwhile."""
        os.rename(self.base, self.base + ".old")
        with open(self.base, "wb"):
            self.assertEqual(self.read("a.txt"), 404)
        with mock.patch.object(os, "stat", side_effect=PermissionError):
            self.root._renew()

    def test_closed_meanwhile(self) -> None:
        """A thread that is late takes no descriptor that has become somebody else's."""
        with open(os.devnull) as other:
            root = Root(self.base)
            root.close()
            os.dup2(other.fileno(), root.fd)
            self.addCleanup(os.close, root.fd)
        os.rename(self.base, self.base + ".old")
        os.mkdir(self.base)
        with self.assertRaises(Refusal):
            root.open([b"a.txt"])
        self.assertFalse(stat.S_ISDIR(os.fstat(root.fd).st_mode))

    def test_files_and_directories(self) -> None:
        """Names lead to files and directories; no names lead to the root itself."""
        self.assertEqual(self.read("a.txt"), b"a.txt")
        self.assertEqual(self.read("sub/deep/c.txt"), b"sub/deep/c.txt")
        self.assertIsNone(self.read("sub/deep"))
        root = self.root.open([])
        self.assertIsInstance(root, OpenDirectory)
        root.close()

    def test_what_is_not_there(self) -> None:
        """Missing names, a file as a directory, and names too long are 404."""
        for path in ("nothing", "sub/nothing", "a.txt/x", "a.txt/..", "x" * 300):
            self.assertEqual(self.read(path), 404, path)

    def test_links_inside(self) -> None:
        """A link that stays below the root leads where it says, through other links too."""
        self.link("to_file", "sub/b.txt")
        self.link("to_dir", "sub//deep/.")
        self.link("sub/up", "../a.txt")
        self.link("chain", "to_dir/../b.txt")
        self.assertEqual(self.read("to_file"), b"sub/b.txt")
        self.assertEqual(self.read("to_dir/c.txt"), b"sub/deep/c.txt")
        self.assertEqual(self.read("sub/up"), b"a.txt")
        self.assertEqual(self.read("chain"), b"sub/b.txt")

    def test_links_outside(self) -> None:
        """A link that leaves the root, by name, by dots, in a circle or by a chain too long, is 404."""
        self.link("absolute", os.path.abspath(os.path.join(self.base, "a.txt")))
        self.link("passwd", "/etc/passwd")
        self.link("dots", "../secret")
        self.link("sub/dots", "../../secret")
        self.link("out_and_in", "../root/a.txt")
        self.link("loop", "loop")
        self.link("sub/parent", "..")
        self.link("parent", "..")
        for path in ("absolute", "passwd", "dots", "sub/dots", "out_and_in", "loop", "parent", "parent/secret"):
            self.assertEqual(self.read(path), 404, path)
        self.assertEqual(self.read("sub/parent/a.txt"), b"a.txt")

    def names(self, path: str, root: Root | None = None) -> bytes:
        """The real names of what is at a path, as a path."""
        opened = (root or self.root).open(os.fsencode(path).split(b"/") if path else [])
        opened.close()
        return b"/".join(opened.names)

    def test_real_names(self) -> None:
        """What is opened knows where it is, whatever links led there."""
        self.link("to_file", "sub/b.txt")
        self.link("to_dir", "sub//deep/.")
        self.link("sub/up", "../a.txt")
        self.link("sub/parent", "..")
        for path, names in (
            ("", b""),
            ("a.txt", b"a.txt"),
            ("sub", b"sub"),
            ("to_file", b"sub/b.txt"),
            ("to_dir", b"sub/deep"),
            ("to_dir/c.txt", b"sub/deep/c.txt"),
            ("sub/up", b"a.txt"),
            ("sub/parent", b""),
            ("sub/parent/to_dir/c.txt", b"sub/deep/c.txt"),
        ):
            self.assertEqual(self.names(path), names, path)

    def test_following_links(self) -> None:
        """Where links may lead anywhere, absolute ones and those that leave the root do; inside, real names remain."""
        free = Root(self.base, follow_symlinks=True)
        self.addCleanup(free.close)
        outside = os.path.abspath(os.path.join(self.path, "outside"))
        os.makedirs(os.path.join(outside, "x"))
        with open(os.path.join(outside, "x", "y"), "w") as file:
            file.write("outside")
        self.link("absolute", os.path.abspath(os.path.join(self.base, "a.txt")))
        self.link("absolute_dir", os.path.abspath(os.path.join(self.base, "sub")))
        self.link("sub/dots", "../../secret")
        self.link("out", outside)
        self.link("out_and_in", "../root/a.txt")
        os.symlink("..", os.path.join(outside, "back"))
        os.symlink("y", os.path.join(outside, "x", "z"))
        os.mkfifo(os.path.join(outside, "pipe"))
        self.link("loop", "loop")
        self.link("device", "/dev/null")
        for path, content, names in (
            ("absolute", b"a.txt", b"a.txt"),
            ("absolute_dir/b.txt", b"sub/b.txt", b"sub/b.txt"),
            ("absolute_dir/deep/c.txt", b"sub/deep/c.txt", b"sub/deep/c.txt"),
            ("sub/dots", b"../secret", b"sub/dots"),
            ("out/x/y", b"outside", b"out/x/y"),
            ("out/x/z", b"outside", b"out/x/z"),
            ("out/back/secret", b"../secret", b"out/back/secret"),
            ("out/back/root/a.txt", b"a.txt", b"a.txt"),
            ("out/back/root/absolute_dir/b.txt", b"sub/b.txt", b"sub/b.txt"),
            ("out_and_in", b"a.txt", b"a.txt"),
        ):
            self.assertEqual((self.read(path, free), self.names(path, free)), (content, names), path)
        for path in ("loop", "device", "out/pipe", "out/nothing", "out/x/../x/y"):
            self.assertEqual(self.read(path, free), 404, path)

    def test_above_the_top(self) -> None:
        """Dots above the top of the file system stay there, as everywhere."""
        free = Root(self.base, follow_symlinks=True)
        self.addCleanup(free.close)
        self.link("far_up", "/../../" + os.path.abspath(self.path).lstrip("/") + "/secret")
        self.link("dots", "../" * 40 + os.path.abspath(self.path).lstrip("/") + "/secret")
        self.assertEqual((self.read("far_up", free), self.read("dots", free)), (b"../secret", b"../secret"))

    def test_hidden_names(self) -> None:
        """Names that begin with a dot are 404 unless wanted; /.well-known/ is always there."""
        hidden = Root(self.base, hidden=True)
        self.addCleanup(hidden.close)
        self.write(UPLOAD_PREFIX.decode() + "1")
        for path, without, having in (
            (".env", 404, b".env"),
            (".well-known/x", b".well-known/x", b".well-known/x"),
            (".well-known/.y", 404, b".well-known/.y"),
            ("sub/.well-known", 404, 404),
            (UPLOAD_PREFIX.decode() + "1", 404, 404),
        ):
            self.assertEqual((self.read(path), self.read(path, hidden)), (without, having), path)

    def test_neither_file_nor_directory(self) -> None:
        """A FIFO is 404, and nobody waits for its writer."""
        os.mkfifo(os.path.join(self.base, "pipe"))
        self.link("to_pipe", "pipe")
        self.assertEqual((self.read("pipe"), self.read("to_pipe")), (404, 404))

    def test_any_bytes_are_a_name(self) -> None:
        """A name that is not UTF-8 is found."""
        with open(os.path.join(os.fsencode(self.base), b"bad\xff\n"), "w"):
            pass
        self.assertEqual(self.read(os.fsdecode(b"bad\xff\n")), b"")

    def test_what_may_not_be_read(self) -> None:
        """What the system forbids is 403."""
        os.chmod(os.path.join(self.base, "a.txt"), 0)
        if not os.geteuid():
            os.seteuid(65534)
            self.addCleanup(os.seteuid, 0)
        self.assertEqual(self.read("a.txt"), 403)

    def test_no_root(self) -> None:
        """A root that is not there, or no directory, says so."""
        for path in (os.path.join(self.base, "nothing"), os.path.join(self.base, "a.txt")):
            self.assertRaises(CannotRead, Root, path)


class OpenFileTests(TestCase):
    """A file that is closed while it is read."""

    def setUp(self) -> None:
        self.reader, writer = os.pipe()
        os.close(writer)
        os.close(self.reader)
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(b"hello")
        self.fd = os.open(path, os.O_RDONLY)
        self.file = OpenFile(self.fd, os.fstat(self.fd))

    def is_open(self) -> bool:
        """Whether the descriptor is."""
        try:
            os.fstat(self.fd)
        except OSError:
            return False
        return True

    def test_reading(self) -> None:
        """Any part can be read; after the end there is nothing."""
        self.assertEqual((self.file.read(1, 3), self.file.read(9, 1)), (b"ell", b""))
        self.file.close()

    def test_what_is_at_hand(self) -> None:
        """What was just written is in memory; what is not there, or would have to be waited for, is not."""
        self.assertEqual(self.file.read_at_hand(0, 0), b"")
        self.assertIsNone(self.file.read_at_hand(3, 5))
        self.assertIn(self.file.read_at_hand(1, 3), (b"ell", None))
        for error in (BlockingIOError(), OSError(EOPNOTSUPP, "not here")):
            self.patch(os, "preadv", mock.Mock(side_effect=error))
            self.assertIsNone(self.file.read_at_hand(1, 3))
        self.patch(root, "_NOWAIT", 0)
        self.assertIsNone(self.file.read_at_hand(1, 3))
        self.file.close()

    def test_closing(self) -> None:
        """A closed file reads as empty; closing twice closes once."""
        self.file.close()
        self.assertFalse(self.is_open())
        self.assertEqual(self.file.read(0, 5), b"")
        other = os.open("/dev/null", os.O_RDONLY)
        self.file.close()
        os.fstat(other)
        os.close(other)

    def test_closing_under_a_reader(self) -> None:
        """The descriptor stays until the last reader is done, so that it is no other file's meanwhile."""
        self.file._readers += 1
        self.file.close()
        self.assertTrue(self.is_open())
        self.file._closed = False
        self.file._readers -= 1
        self.file.close()
        self.assertFalse(self.is_open())
