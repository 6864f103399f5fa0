"""What one command line asked for: the result of parsing, before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tnet.plans import Plan
    from tnet.plans.output import OutputPlan

R = TypeVar("R")


@dataclass(frozen=True)
class Asked:
    """A plan, how to tell its story, and the command's name (`serve echo`)."""

    plan: Plan
    output: OutputPlan
    command: str


def usage(parse: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
    """Call `parse`, with a value that cannot be meant turned into Click's usage error.

    Raises: click.UsageError, whose line names the field.
    """
    from tnet.errors import BadUsage

    try:
        return parse(*args, **kwargs)
    except BadUsage as bad:
        hint = f"\n  hint: {bad.hint}" if bad.hint else ""
        raise click.UsageError(f"{bad}{hint}", click.get_current_context(silent=True)) from bad
