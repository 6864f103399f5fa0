"""Options in sections, so that help shows what a command is about before what every command has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Option(click.Option):
    """An option that belongs to a section of the help; the empty section comes first."""

    def __init__(self, *args: Any, section: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


class OneOf(Option):
    """A flag with its own word for a value that others of the same name give other words: only one is to be given."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser keep every word that was given."""
        parser.add_option(obj=self, opts=self.opts, dest=self.name, action="append_const", const=self.flag_value)

    def consume_value(self, ctx: click.Context, opts: Any) -> Any:
        """The one word that was given.

        Raises: click.UsageError.
        """
        given = opts.get(self.name)
        if isinstance(given, list):
            if len(set(given)) > 1:
                names = [each.opts[0] for each in ctx.command.params if each.name == self.name]
                raise click.UsageError(f"{' and '.join(names)} do not go together", ctx)
            opts[self.name] = given[0]
        return super().consume_value(ctx, opts)


class Command(click.Command):
    """A command whose help lists its options by section, `-h` with its own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, rows in sections(self, ctx).items():
            with formatter.section(f"{title} options" if title else "Options"):
                formatter.write_dl(rows)


class Group(click.Group):
    """A group whose help keeps the order in which its commands were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def sections(command: click.Command, ctx: click.Context) -> dict[str, list[tuple[str, str]]]:
    """The help rows of a command's options, by section, in the order of their first mention."""
    found: dict[str, list[tuple[str, str]]] = {"": []}
    for param in command.get_params(ctx):
        row = param.get_help_record(ctx)
        if isinstance(param, click.Option) and row is not None:
            found.setdefault(getattr(param, "section", ""), []).append(row)
    return found


def section(title: str) -> Callable[..., Callable[[F], F]]:
    """`click.option` for options of the section `title`."""

    def option(*names: str, cls: type[Option] = Option, **attributes: Any) -> Callable[[F], F]:
        return click.option(*names, cls=cls, section=title, **attributes)

    return option
