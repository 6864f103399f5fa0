"""How the story is told: what the options that every command shares were set to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tnet.errors import BadUsage

AccessLogFormat = Literal["combined", "common", "json"]
ACCESS_LOG_FORMATS: tuple[AccessLogFormat, ...] = ("combined", "common", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputPlan:
    """Where events go and how they look.

    `mode` None is live on a terminal and plain elsewhere. `events_file` gets every event as JSON Lines; `-` is
    stdout. `access_log` gets a line for each request to a web server, in `access_log_format`; `-` is stdout as well.
    `verbosity` is -1 with `-q`, else the number of `-v`. `timings` shows the phases at the end.
    """

    mode: Literal["live", "plain", "json"] | None = None
    events_file: str | None = None
    log_file: str | None = None
    access_log: str | None = None
    access_log_format: AccessLogFormat = "combined"
    verbosity: int = 0
    color: Literal["auto", "always", "never"] = "auto"
    ascii_only: bool = False
    privacy: bool = False
    timings: bool = False

    def __post_init__(self) -> None:
        if self.events_file == self.access_log == "-":
            raise BadUsage("--access-log", "stdout carries the events already", "name a file for one of them")


def wants_color(choice: str, is_tty: bool, environ: Mapping[str, str]) -> bool:
    """Whether to use colour on a stream.

    Decided in this order: `--color`, NO_COLOR (when not empty), FORCE_COLOR or CLICOLOR_FORCE, CLICOLOR=0, TERM=dumb,
    and last whether the stream is a terminal.

    Source: no-color.org, bixense.com/clicolors, force-color.org.
    """
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    if environ.get("CLICOLOR") == "0" or environ.get("TERM") == "dumb":
        return False
    return is_tty
