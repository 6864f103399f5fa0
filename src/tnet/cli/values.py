"""The kinds of value that options take, with the units people write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click


class Duration(click.ParamType[float]):
    """Seconds, or a number with `ms`, `s`, `m` or `h`: a float of seconds, never negative."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from tnet.plans.units import duration

        seconds = duration(str(value))
        if seconds is None:
            self.fail(f"{value!r} is not a duration such as 10, 250ms or 2m", param, ctx)
        return seconds


class Size(click.ParamType[int]):
    """Bytes, or a number with `k`, `M`, `G` (powers of 1000) or `KiB`, `MiB`, `GiB`: an int of bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from tnet.plans.units import size

        count = size(str(value))
        if count is None:
            self.fail(f"{value!r} is not a size such as 500, 64KiB or 1G", param, ctx)
        return count


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


class Line(click.types.StringParamType):
    """Text, which may hold spaces: of several in a variable, each stands on a line of its own."""

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """What stands on each line."""
        return rv.splitlines()


DURATION = Duration()
FILE_NAME = FileName()
LINE = Line()
SIZE = Size()
PORT = Port()
