"""Descriptors: the three that every process is expected to have, and how many a server may open."""

from __future__ import annotations

import os
import resource
import sys


def occupy_standard_descriptors() -> None:
    """Put /dev/null on each of 0, 1 and 2 that is closed, so that no file or socket is ever given its number.

    Python has no stream where it found a descriptor closed: it gets one.
    """
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(fd, True)
    os.close(fd)
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)


def raise_descriptor_limit() -> int:
    """Allow this process as many open descriptors as its hard limit lets it; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
