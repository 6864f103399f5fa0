"""The three descriptors that every process is expected to have."""

from __future__ import annotations

import os


def occupy_standard_descriptors() -> None:
    """Put /dev/null on each of 0, 1 and 2 that is closed, so that no file or socket is ever given its number."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(fd, True)
    os.close(fd)
