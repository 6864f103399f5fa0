"""Durations and sizes with the units that people write."""

from __future__ import annotations

import re

_SECONDS = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0, "h": 3600.0}
_BYTES = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) *(ms|s|m|h|)")
_SIZE = re.compile(r"([0-9]{1,15}) *(ki|mi|gi|k|m|g|)b?", re.IGNORECASE)


def duration(text: str) -> float | None:
    """The seconds of `10`, `250ms`, `1.5s`, `2m` or `1h`; None for anything else."""
    match = _DURATION.fullmatch(text.strip())
    return None if match is None else float(match[1]) * _SECONDS[match[2]]


def size(text: str) -> int | None:
    """The bytes of `500`, `64KiB`, `2MB` or `1G`, with or without the B; None for anything else."""
    match = _SIZE.fullmatch(text.strip())
    return None if match is None else int(match[1]) * _BYTES[match[2].lower()]
