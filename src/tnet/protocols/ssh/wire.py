"""Reads the fields of an SSH message, strictly: a field that is cut short is an error, never a shorter field.

Source: RFC 4251 section 5.
"""

from __future__ import annotations

import struct


class Malformed(ValueError):
    """A message whose fields do not fit it."""


class Reader:
    """The fields of `data`, taken one after another.

    Raises: Malformed, from every method, when there is less than the field needs.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        end = self._at + count
        if end > len(self._data):
            raise Malformed(f"{count} bytes expected, {len(self._data) - self._at} left")
        taken, self._at = self._data[self._at : end], end
        return taken

    def boolean(self) -> bool:
        """One byte; everything but 0 is true."""
        return self.take(1) != b"\0"

    def number(self) -> int:
        """A uint32."""
        return int(struct.unpack(">L", self.take(4))[0])

    def string(self) -> bytes:
        """A counted string."""
        return self.take(self.number())

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data) - self._at)

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self._at != len(self._data):
            raise Malformed(f"{len(self._data) - self._at} bytes too many")
