"""Numbers as people read them.

Units: the arguments are seconds and bytes.
"""

from __future__ import annotations

_SIZES = ("KiB", "MiB", "GiB", "TiB", "PiB")


def duration(seconds: float) -> str:
    """`0.4 ms`, `38 ms`, `2.5 s`, `3 m 07 s`, `2 h 05 m`, `3 d 04 h`: three digits, and the unit that fits."""
    milliseconds = seconds * 1000
    if milliseconds < 9.95:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    return _long(round(seconds))


def _long(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours:02} h"
    return f"{hours} h {minutes:02} m" if hours else f"{minutes} m {seconds:02} s"


def size(count: float) -> str:
    """`12 B`, `1.2 KiB`, `340 MiB`."""
    if count < 1000:
        return f"{count:.0f} B"
    for unit in _SIZES:
        count /= 1024
        if count < 999.5 or unit == _SIZES[-1]:
            break
    return f"{count:.1f} {unit}" if count < 9.95 else f"{count:.0f} {unit}"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 connection`, `2 connections`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def address(host: str, port: int | None) -> str:
    """`127.0.0.1:80`, `[::1]:80`, or the host alone when there is no port."""
    if port is None:
        return host or "unix"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
