"""Recordings on disk."""

from __future__ import annotations

import os
import stat

from twisted.trial.unittest import TestCase

from tnet.errors import BadUsage, CannotWrite
from tnet.net.recordings import RecordingFile, read_recording
from tnet.protocols import recording
from tnet.protocols.recording import Chunk, chunk_line, header_line

HEADER = header_line("", "h:7", ())


class RecordingFileTests(TestCase):
    """Writing and reading."""

    def write(self, path: str, *lines: bytes) -> None:
        """A file of these lines."""
        file = RecordingFile(path)
        for line in lines:
            file.write(line)
        file.close()

    def test_round_trip(self) -> None:
        """What is written can be read."""
        path = self.mktemp()
        chunk = Chunk(1, "us", b"hello")
        self.write(path, HEADER, chunk_line(chunk))
        found = read_recording(path)
        self.assertEqual((found.path, found.target, found.chunks), (path, "h:7", (chunk,)))

    def test_only_its_owner_reads_it(self) -> None:
        """The mode is 0600, also of a file that was open to others, and never wider than it was."""
        for before, after in ((None, 0o600), (0o644, 0o600), (0o200, 0o200)):
            path = self.mktemp()
            if before is not None:
                with open(path, "wb"):
                    os.chmod(path, before)
            self.write(path, HEADER)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), after)

    def test_old_content_stays_until_something_is_written(self) -> None:
        """A file is not emptied by being opened; a shorter recording leaves nothing of a longer one."""
        path = self.mktemp()
        self.write(path, HEADER, chunk_line(Chunk(1, "us", b"hello")))
        RecordingFile(path).close()
        self.assertEqual(len(read_recording(path).chunks), 1)
        self.write(path, HEADER)
        self.assertEqual(read_recording(path).chunks, ())

    def test_what_is_no_file(self) -> None:
        """Devices are written to as they are."""
        self.write("/dev/null", HEADER)

    def test_cannot_be_written(self) -> None:
        """A folder that is not there, and a disk that is full."""
        error = self.assertRaises(CannotWrite, RecordingFile, os.path.join(self.mktemp(), "x"))
        self.assertIn("No such file", str(error))
        self.assertRaises(CannotWrite, RecordingFile, "nul\0")
        self.assertRaises(CannotWrite, RecordingFile("/dev/full").write, HEADER)

    def test_cannot_be_read(self) -> None:
        """A file that is not there, and one that is no recording, are usage errors that name it."""
        path = self.mktemp()
        error = self.assertRaises(BadUsage, read_recording, path)
        self.assertIn(f"--replay: {path}: No such file", str(error))
        self.write(path, b"something\n")
        self.assertIn(f"{path}:1:", str(self.assertRaises(BadUsage, read_recording, path)))
        self.assertRaises(BadUsage, read_recording, "nul\0")

    def test_endless_file(self) -> None:
        """Of a file without an end only as much is read as a recording may have."""
        self.patch(recording, "RECORDING_BYTES", 1000)
        self.patch(__import__("tnet.net.recordings", fromlist=["x"]), "RECORDING_BYTES", 1000)
        self.assertRaises(BadUsage, read_recording, "/dev/zero")
