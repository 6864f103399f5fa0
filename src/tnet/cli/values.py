"""The kinds of value that options take, with the units people write."""

from __future__ import annotations

import re
from typing import Any

import click

_SECONDS = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0, "h": 3600.0}
_BYTES = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|)")
_SIZE = re.compile(r"(\d+)\s*(ki|mi|gi|k|m|g|)b?", re.IGNORECASE)


class Duration(click.ParamType[float]):
    """Seconds, or a number with `ms`, `s`, `m` or `h`: a float of seconds, never negative."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        match = _DURATION.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value!r} is not a duration such as 10, 250ms or 2m", param, ctx)
        return float(match[1]) * _SECONDS[match[2]]


class Size(click.ParamType[int]):
    """Bytes, or a number with `k`, `M`, `G` (powers of 1000) or `KiB`, `MiB`, `GiB`: an int of bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = _SIZE.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value!r} is not a size such as 500, 64KiB or 1G", param, ctx)
        return int(match[1]) * _BYTES[match[2].lower()]


class Port(click.ParamType[int]):
    """A port number; 0 lets the system choose."""

    name = "port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from tnet.errors import BadUsage
        from tnet.plans.addresses import parse_port

        try:
            return parse_port(str(value), field="--port", zero=True)
        except BadUsage as bad:
            self.fail(bad.reason, param, ctx)


class FileName(click.ParamType[str]):
    """The name of a file, not a path to one."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in ("", ".", "..") or "/" in value:
            self.fail(f"{value!r} is not the name of a file", param, ctx)
        return str(value)


DURATION = Duration()
FILE_NAME = FileName()
SIZE = Size()
PORT = Port()
