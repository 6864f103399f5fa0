"""What one command line asked for: the result of parsing, before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tnet.errors import UserError
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
    """Call `parse`, with a value that cannot be meant, or a file that it names and that cannot be read, made Click's.

    Raises: click.UsageError, whose line names the field; click.ClickException with the exit status of the error.
    """
    from tnet.errors import BadUsage, CannotRead

    try:
        return parse(*args, **kwargs)
    except BadUsage as bad:
        raise click.UsageError(_told(bad), click.get_current_context(silent=True)) from bad
    except CannotRead as error:
        raise _Unreadable(_told(error)) from error


class _Unreadable(click.ClickException):
    exit_code = 26  # ExitStatus.CANNOT_READ, which is imported only when something went wrong


def _told(error: UserError) -> str:
    return f"{error}\n  hint: {error.hint}" if error.hint else str(error)
