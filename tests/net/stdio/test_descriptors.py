"""Inherited descriptors, used without changing what they share."""

from __future__ import annotations

import fcntl
import os
import socket
import termios

from twisted.trial.unittest import TestCase

from tnet.net.stdio.descriptors import Stream, own_stream, read_blocking, write_blocking


class OwnStreamTests(TestCase):
    """A description of our own."""

    def stream(self, fd: int, access: int) -> Stream:
        """The stream on `fd`, which must exist."""
        stream = own_stream(fd, access)
        assert stream is not None
        self.addCleanup(stream.close)
        return stream

    def pipe(self) -> tuple[int, int]:
        """Both ends of a pipe."""
        ends = os.pipe()
        for fd in ends:
            self.addCleanup(os.close, fd)
        return ends

    def test_pipe(self) -> None:
        """Both ends of a pipe never block through the stream, and still block for everybody else."""
        reading, writing = self.pipe()
        source, sink = self.stream(reading, os.O_RDONLY), self.stream(writing, os.O_WRONLY)
        self.assertRaises(BlockingIOError, source.read, 10)
        self.assertEqual(sink.write([b"one", b"two"]), 6)
        self.assertEqual(source.read(10), b"onetwo")
        with self.assertRaises(BlockingIOError):
            for _ in range(1000):
                sink.write([bytes(1 << 16)])
        self.assertTrue(os.get_blocking(reading) and os.get_blocking(writing))

    def test_hang_up_is_known_of_pipes_alone(self) -> None:
        """Only the writing end of a pipe tells by readability that its reader left."""
        reading, writing = self.pipe()
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        self.assertTrue(self.stream(writing, os.O_WRONLY).hangs_up)
        self.assertFalse(self.stream(reading, os.O_RDONLY).hangs_up)
        self.assertFalse(self.stream(theirs, os.O_WRONLY).hangs_up)

    def test_capacity_is_known_of_pipes_alone(self) -> None:
        """How much a pipe holds is what the system says; of a terminal or a socket it is not known."""
        _, writing = self.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096 * 4)
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        self.assertEqual(self.stream(writing, os.O_WRONLY).capacity, 4096 * 4)
        self.assertIsNone(self.stream(theirs, os.O_WRONLY).capacity)

    def test_reactor_waits_on_the_inherited_descriptor(self) -> None:
        """A FIFO opened anew without a writer never reports the end; the inherited one does."""
        reading, _ = self.pipe()
        self.assertEqual(self.stream(reading, os.O_RDONLY).fileno(), reading)

    def test_fifo_without_a_writer(self) -> None:
        """What a FIFO still holds is read, then its end."""
        path = self.mktemp()
        os.mkfifo(path)
        writing = os.open(path, os.O_RDWR)
        reading = os.open(path, os.O_RDONLY)
        self.addCleanup(os.close, reading)
        os.write(writing, b"rest")
        os.close(writing)
        source = self.stream(reading, os.O_RDONLY)
        self.assertEqual((source.read(10), source.read(10)), (b"rest", b""))

    def test_terminal(self) -> None:
        """A terminal's settings and blocking flag stay."""
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        before = termios.tcgetattr(theirs)
        source = self.stream(theirs, os.O_RDONLY)
        self.assertRaises(BlockingIOError, source.read, 10)
        os.write(ours, b"line\n")
        self.assertEqual(source.read(10), b"line\n")
        self.assertEqual((os.get_blocking(theirs), termios.tcgetattr(theirs)), (True, before))

    def test_socket(self) -> None:
        """A socket is asked not to wait call by call, and stays blocking."""
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        stream = self.stream(theirs.fileno(), os.O_RDONLY)
        self.assertRaises(BlockingIOError, stream.read, 10)
        ours.sendall(b"one")
        self.assertEqual((stream.read(10), stream.write([b"two"])), (b"one", 3))
        self.assertTrue(os.get_blocking(theirs.fileno()))

    def test_nothing_of_ours(self) -> None:
        """Files and devices have no stream, nor has a pipe that was not given for this."""
        null = os.open(os.devnull, os.O_RDWR)
        self.addCleanup(os.close, null)
        _, writing = self.pipe()
        self.assertIsNone(own_stream(null, os.O_RDONLY))
        self.assertIsNone(own_stream(writing, os.O_RDONLY))


class BlockingTests(TestCase):
    """The calls for threads."""

    def test_reading_and_writing(self) -> None:
        """All is written; what is there is read; the end is empty."""
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        write_blocking(writing, b"hello")
        os.close(writing)
        self.assertEqual((read_blocking(reading, 3), read_blocking(reading, 3)), (b"hel", b"lo"))
        self.assertEqual(read_blocking(reading, 3), b"")
