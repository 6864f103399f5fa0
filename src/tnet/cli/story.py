"""The options that every command shares: how its story is told."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from tnet.cli.asked import Asked, usage
from tnet.cli.config import use_config
from tnet.cli.sections import section

_story = section("Story")

_OPTIONS = (
    _story(
        "--output",
        type=click.Choice(["live", "plain", "json"]),
        help="The story on stderr: a live display, a line an event, or JSON Lines. "
        "[default: live on a terminal, else plain]",
    ),
    _story(
        "--events",
        type=click.Path(dir_okay=False, allow_dash=True),
        metavar="FILE",
        help="Append every event to FILE as JSON Lines.",
    ),
    _story("-v", "--verbose", count=True, help="Tell more; twice: everything."),
    _story("-q", "--quiet", is_flag=True, help="Only where we listen, warnings, errors and the summary."),
    _story(
        "--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True, help="Colours."
    ),
    _story("--ascii", is_flag=True, help="Draw with ASCII characters only."),
    _story("--privacy", is_flag=True, help="Mask peer addresses."),
    _story("--log-file", type=click.Path(dir_okay=False), metavar="FILE", help="Write the log there as well."),
    _story(
        "--config",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=use_config,
        help="Defaults from FILE (TOML).  [default: see `tnet config path`]",
    ),
)


def tells_story(command: Callable[..., Any]) -> Callable[..., Asked]:
    """Give a command the shared options; the wrapped function returns the plan alone."""

    @wraps(command)
    def with_output(**options: Any) -> Asked:
        output = _output(options)
        return Asked(command(**options), output, " ".join(click.get_current_context().command_path.split()[1:]))

    for option in reversed(_OPTIONS):
        option(with_output)
    return with_output


def _output(options: dict[str, Any]) -> Any:
    from tnet.plans.output import OutputPlan

    verbose, quiet = options.pop("verbose"), options.pop("quiet")
    if verbose and quiet:
        raise click.UsageError("-q and -v contradict each other", click.get_current_context())
    return usage(
        OutputPlan,
        mode=options.pop("output"),
        events_file=_events_file(options.pop("events")),
        log_file=options.pop("log_file"),
        verbosity=-1 if quiet else verbose,
        color=options.pop("color"),
        ascii_only=options.pop("ascii"),
        privacy=options.pop("privacy"),
        timings=options.pop("timings", False),
        access_log=options.pop("access_log", None),
        access_log_format=options.pop("access_log_format", "combined"),
    )


def _events_file(path: str | None) -> str | None:
    if path == "-" and "serve" not in click.get_current_context().command_path.split():
        raise click.UsageError("--events -: stdout carries data here; name a file", click.get_current_context())
    return path
