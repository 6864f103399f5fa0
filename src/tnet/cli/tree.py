"""The command tree as plain values: what completions and man pages are made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True)
class Word:
    """Something that a command takes: an option (with `names`) or an argument (without).

    `takes` is what its value is: nothing for a flag, else `file`, `directory` or `text`; `choices` are all its
    values where they are known. `help` is one line.
    """

    names: tuple[str, ...]
    help: str
    takes: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    section: str = ""
    repeatable: bool = False


@dataclass(frozen=True)
class Node:
    """One command; `path` holds the words that lead to it, without the program's name."""

    path: tuple[str, ...]
    help: str
    options: tuple[Word, ...]
    arguments: tuple[Word, ...]
    children: tuple[Node, ...]
    command: click.Command

    def walk(self) -> Iterator[Node]:
        """This node and everything below it, in the order of the help."""
        yield self
        for child in self.children:
            yield from child.walk()


def tree(command: click.Command, path: tuple[str, ...] = (), parent: click.Context | None = None) -> Node:
    """The tree below a Click command."""
    settings = command.context_settings if parent is None else {}
    ctx = click.Context(command, parent, info_name=path[-1] if path else "tnet", **settings)
    params = command.get_params(ctx)
    children: list[Node] = []
    if isinstance(command, click.Group):
        commands = ((name, command.get_command(ctx, name)) for name in command.list_commands(ctx))
        children = [tree(child, (*path, name), ctx) for name, child in commands if child and not child.hidden]
    return Node(
        path=path,
        help=command.get_short_help_str(200),
        options=tuple(_option(param, ctx) for param in params if isinstance(param, click.Option) and not param.hidden),
        arguments=tuple(_argument(param, ctx) for param in params if isinstance(param, click.Argument)),
        children=tuple(children),
        command=command,
    )


def _option(param: click.Option, ctx: click.Context) -> Word:
    flag = param.is_flag or param.count
    record = param.get_help_record(ctx)
    return Word(
        names=(*param.opts, *param.secondary_opts),
        help=" ".join(record[1].split()) if record else "",
        takes="" if flag else _takes(param.type),
        metavar="" if flag else param.make_metavar(ctx),
        choices=() if flag else _choices(param.type),
        section=getattr(param, "section", ""),
        repeatable=param.multiple or param.count,
    )


def _argument(param: click.Argument, ctx: click.Context) -> Word:
    return Word(
        names=(),
        help="",
        takes=_takes(param.type),
        metavar=param.make_metavar(ctx),
        choices=_choices(param.type),
        repeatable=param.nargs != 1,
    )


def _takes(kind: click.ParamType[Any]) -> str:
    if not isinstance(kind, click.Path):
        return "text"
    return "file" if kind.file_okay else "directory"


def _choices(kind: click.ParamType[Any]) -> tuple[str, ...]:
    return tuple(map(str, kind.choices)) if isinstance(kind, click.Choice) else ()
