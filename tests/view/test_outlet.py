"""Tests for writes that never wait."""

from __future__ import annotations

import errno
import os
import stat

from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import Stream
from tnet.errors import CannotWrite
from tnet.view.outlet import FileOutlet, Outlet, StreamOutlet, outlet_to

PIPE_BYTES = 65536


class OutletTests(SynchronousTestCase):
    """`Outlet`, over a pipe."""

    def setUp(self) -> None:
        self.reader, self.writer = os.pipe()
        self.open = {self.reader, self.writer}
        self.addCleanup(lambda: [os.close(fd) for fd in self.open])
        self.outlet = Outlet(self.writer, "pipe", backlog_bytes=4 * PIPE_BYTES)
        self.lost: list[int] = []
        self.broken: list[OSError] = []
        self.outlet.on_lost = lambda lines, why: self.lost.append(lines)
        self.outlet.on_broken = self.broken.append

    def _close(self, fd: int) -> None:
        self.open.remove(fd)
        os.close(fd)

    def test_written_at_once(self) -> None:
        """What is written is there at once, in UTF-8, with what cannot be encoded made visible."""
        self.outlet.write("é\ud800\n")
        self.assertEqual(os.read(self.reader, 99), b"\xc3\xa9\\ud800\n")
        self.assertFalse(self.outlet.is_behind)

    def test_sleeping_reader(self) -> None:
        """A reader that sleeps makes nobody wait: what the pipe cannot hold is kept, and follows in order."""
        lines = "".join(f"{number:099}\n" for number in range(2 * PIPE_BYTES // 100))
        self.outlet.write(lines)
        self.assertTrue(self.outlet.is_behind)
        got = b""
        while self.outlet.is_behind:
            got += os.read(self.reader, PIPE_BYTES)
            self.outlet.flush()
        got += os.read(self.reader, PIPE_BYTES)
        self.assertEqual(got.decode(), lines)
        self.assertEqual(self.lost, [])

    def test_bounded_backlog(self) -> None:
        """Lines that the backlog cannot hold are dropped whole, and their number is told when the reader is back."""
        line = "x" * 999 + "\n"
        for _ in range(6 * PIPE_BYTES // 1000):
            self.outlet.write(line)
        self.assertEqual(self.lost, [])
        got = 0
        while self.outlet.is_behind:
            got += len(os.read(self.reader, PIPE_BYTES))
            self.outlet.flush()
        got += len(os.read(self.reader, PIPE_BYTES))
        self.assertEqual(got % 1000, 0)
        self.assertEqual(self.lost, [6 * PIPE_BYTES // 1000 - got // 1000])
        self.assertGreater(self.lost[0], 0)

    def test_reader_gone(self) -> None:
        """When the reader went away that is told once, and later text goes nowhere."""
        self._close(self.reader)
        self.outlet.write("a\n")
        self.outlet.write("b\n")
        self.outlet.drain()
        self.assertEqual([type(error) for error in self.broken], [BrokenPipeError])

    def test_reader_gone_unnoticed(self) -> None:
        """A reader that went away is noticed without a write, as after `| head -1` of a server that is idle."""
        self.outlet.look()
        self.assertEqual(self.broken, [])
        self._close(self.reader)
        self.outlet.look()
        self.outlet.look()
        self.assertEqual([type(error) for error in self.broken], [BrokenPipeError])

    def test_drain_gives_up(self) -> None:
        """At the end a reader that sleeps gets a little time, and no more."""
        self.outlet.write("x" * 3 * PIPE_BYTES)
        self.outlet.drain(seconds=0.01)
        self.assertTrue(self.outlet.is_behind)

    def test_full_disk(self) -> None:
        """What a full disk does not take is told once, kept in bounds, and written when there is room again."""
        path, fd = self.mktemp(), os.open("/dev/full", os.O_WRONLY)
        self.addCleanup(os.close, fd)
        outlet, told, lost = Outlet(fd, "log", backlog_bytes=100), [], []
        outlet.on_broken, outlet.on_lost = told.append, lambda *what: lost.append(what)
        for line in ("a" * 60, "b" * 60, "c"):
            outlet.write(line + "\n")
        outlet.drain()
        self.assertEqual([error.errno for error in told], [errno.ENOSPC])
        with open(path, "wb") as file:
            os.dup2(file.fileno(), fd)
        outlet.look()
        with open(path) as file:
            self.assertEqual(file.read(), "a" * 60 + "\nc\n")
        self.assertEqual(lost, [(1, "had no room for them")])
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, fd)
        os.close(full)
        outlet.write("d\n")
        self.assertEqual(len(told), 2)

    def test_not_ours_to_close(self) -> None:
        """Closing it leaves a descriptor that somebody else gave us open."""
        self.outlet.close()
        self.outlet.reopen()
        os.fstat(self.writer)


class FileOutletTests(SynchronousTestCase):
    """`FileOutlet`."""

    def setUp(self) -> None:
        self.path = self.mktemp()
        self.outlet = FileOutlet(self.path)

    def _content(self, path: str) -> str:
        with open(path) as file:
            return file.read()

    def test_private_and_appended(self) -> None:
        """A new file is its owner's alone, and an old one is continued."""
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        self.outlet.write("a\n")
        self.outlet.close()
        again = FileOutlet(self.path)
        again.write("b\n")
        again.close()
        again.write("lost\n")
        self.assertEqual(self._content(self.path), "a\nb\n")

    def test_rotation(self) -> None:
        """After a rotation the text goes to the new file."""
        self.outlet.write("a\n")
        os.rename(self.path, self.path + ".1")
        self.outlet.write("b\n")
        self.outlet.reopen()
        self.outlet.write("c\n")
        self.outlet.close()
        self.assertEqual((self._content(self.path + ".1"), self._content(self.path)), ("a\nb\n", "c\n"))

    def test_failed_rotation(self) -> None:
        """When no new file can be made, that is told and the old one stays in use."""
        told: list[OSError] = []
        self.outlet.on_broken = told.append
        os.rename(self.path, self.path + ".1")
        os.mkdir(self.path)
        self.outlet.reopen()
        self.outlet.write("a\n")
        self.outlet.close()
        self.assertEqual([type(error) for error in told], [IsADirectoryError])
        self.assertEqual(self._content(self.path + ".1"), "a\n")

    def test_unusable(self) -> None:
        """A file that cannot be opened is an error that names it."""
        error = self.assertRaises(CannotWrite, FileOutlet, "/no/such/folder/file")
        self.assertEqual(error.path, "/no/such/folder/file")


class OutletToTests(SynchronousTestCase):
    """`outlet_to`."""

    def test_stream_in_memory(self) -> None:
        """A stream without a descriptor is written to as it is, in the limits of its encoding."""
        stream = Stream(encoding="ascii")
        outlet = outlet_to(stream, "memory")
        outlet.write("é\n")
        self.assertIsInstance(outlet, StreamOutlet)
        self.assertEqual(stream.text, "\\xe9\n")

    def test_stream_with_descriptor(self) -> None:
        """A stream with a descriptor is passed by: what is written is not buffered there."""
        with open(self.mktemp(), "w+") as stream:
            outlet_to(stream, "file").write("a\n")
            self.assertEqual(os.pread(stream.fileno(), 9, 0), b"a\n")
