"""Names, sizes and times in words for people, harmless wherever they came from."""

from __future__ import annotations

from datetime import UTC, datetime

from tnet.escape import safe_line


def shown(name: bytes) -> str:
    """A name as harmless text: what is not UTF-8 is replaced, what could mislead is made visible."""
    return safe_line(name.decode("utf-8", "replace"))


def human_size(count: int) -> str:
    """A number of bytes for people, in powers of 1024."""
    size, units = float(count), iter(("KiB", "MiB", "GiB", "TiB", "PiB"))
    unit = "B"
    while size >= 1023.95 and (larger := next(units, None)):
        size, unit = size / 1024, larger
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"


def exact_size(count: int) -> str:
    """A number of bytes with all its digits."""
    return plural(count, "byte")


def plural(count: int, noun: str) -> str:
    """How many of something there are."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def iso(at: float) -> str:
    """A time for programs, in whole seconds of UTC.

    Units: seconds since the epoch.
    """
    return _guarded(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(at: float) -> str:
    """A time for people, in UTC.

    Units: seconds since the epoch.
    """
    return _guarded(at).strftime("%Y-%m-%d %H:%M")


def _guarded(at: float) -> datetime:
    """File systems hold times that a calendar does not."""
    try:
        return datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
