"""Recordings on disk: read whole, written as they grow, and nobody else's to read. Blocks: for a worker's thread."""

from __future__ import annotations

import os
import stat

from tnet.errors import BadUsage, cannot_write
from tnet.protocols.recording import RECORDING_BYTES, Recording, parse_recording

MODE = 0o600


def read_recording(path: str, *, field: str = "--replay") -> Recording:
    """The recording in the file at `path`.

    Raises: BadUsage, naming `field`, the file, and the line that is none of a recording.
    """
    try:
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY), "rb") as file:
            data = file.read(RECORDING_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadUsage(field, f"{path}: {getattr(error, 'strerror', None) or error}") from error
    return parse_recording(data, path, field=field)


class RecordingFile:
    """The file at `path`, to be written from its beginning; what it held before stays until then.

    Each method raises CannotWrite or OutputClosed.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._begun = False
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY, MODE)
        except (OSError, ValueError) as error:
            raise cannot_write(path, error if isinstance(error, OSError) else OSError(str(error))) from error

    def write(self, data: bytes) -> None:
        """Write `data` behind what was written before."""
        try:
            if not self._begun:
                self._begin()
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def close(self) -> None:
        """Let go of it."""
        try:
            os.close(self._descriptor)
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def _begin(self) -> None:
        mode = os.fstat(self._descriptor).st_mode
        if stat.S_ISREG(mode):
            os.ftruncate(self._descriptor, 0)
            os.fchmod(self._descriptor, stat.S_IMODE(mode) & MODE)
        self._begun = True
