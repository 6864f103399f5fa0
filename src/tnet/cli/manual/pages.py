"""Every man page of tnet: one a command, and one for the event stream."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields

import click

from tnet.cli.manual import mdoc
from tnet.cli.manual.prose import DATE, ENVIRONMENT, EVENTS, EXIT_STATUS, FILES, MORE, SEE_ALSO
from tnet.cli.tree import Node, Word


def pages(root: Node) -> dict[str, str]:
    """The text of each page by its file's name, `tnet-serve-echo.1` and so on."""
    found = {f"{title(node)}.1": page(node) for node in root.walk()}
    return found | {"tnet-events.5": events_page()}


def title(node: Node) -> str:
    """A command's page: `tnet-serve-echo`."""
    return "-".join(["tnet", *node.path])


def page(node: Node) -> str:
    """The man page of one command."""
    name, about = title(node), _about(node.command)
    parts = [
        mdoc.header(name, 1, DATE),
        f".Sh NAME\n.Nm {mdoc.escape(name)}\n.Nd {mdoc.escape(node.help.rstrip('.'))}\n",
        f".Sh SYNOPSIS\n{_synopsis(node)}",
        f".Sh DESCRIPTION\n{mdoc.text(about.prose)}{_blocks(about)}{_more(name)}",
        _section("COMMANDS", _commands(node)) + _options(node),
        _section("ENVIRONMENT", mdoc.tagged([(f"Ev {name}", said) for name, said in ENVIRONMENT])),
        _section("FILES", mdoc.tagged([(f"Pa {mdoc.argument(path)}", said) for path, said in FILES])),
        _section("EXIT STATUS", mdoc.tagged([(number, said) for number, said in EXIT_STATUS])),
        _section("EXAMPLES", mdoc.literal(about.examples) if about.examples else ""),
        _see_also(node),
    ]
    return "".join(parts)


def events_page() -> str:
    """The man page of the event stream, made from the events themselves."""
    from tnet.events.kinds import ALL_KINDS, JSON_KEYS

    rows = []
    for kind in ALL_KINDS:
        keys = ", ".join(JSON_KEYS.get(field.name, field.name) for field in fields(kind))
        rows.append((f"Cm {kind.name}", f"{(kind.__doc__ or '').strip()}\n\nKeys: {keys}."))
    return (
        mdoc.header("tnet-events", 5, DATE)
        + ".Sh NAME\n.Nm tnet\\-events\n.Nd the event stream of tnet\n"
        + f".Sh DESCRIPTION\n{mdoc.text(EVENTS)}.Sh EVENTS\n{mdoc.tagged(rows)}.Sh SEE ALSO\n.Xr tnet 1\n"
    )


class _About:
    """A command's docstring, taken apart: prose, examples, and other unwrapped blocks."""

    def __init__(self, help_text: str) -> None:
        blocks = [part.strip("\n") for part in re.split(r"\n\s*\n", help_text.strip())]
        unwrapped = [part.removeprefix("\b\n") for part in blocks if part.startswith("\b")]
        self.prose = "\n\n".join(part for part in blocks if not part.startswith("\b"))
        self.examples = "\n".join(_body(part) for part in unwrapped if part.startswith("Examples:"))
        self.blocks = [part for part in unwrapped if not part.startswith("Examples:")]


def _about(command: click.Command) -> _About:
    import inspect

    return _About(inspect.cleandoc(command.help or ""))


def _body(block: str) -> str:
    return "\n".join(line.strip() for line in block.splitlines()[1:])


def _blocks(about: _About) -> str:
    return "".join(f".Pp\n{mdoc.line(block.splitlines()[0])}\n{mdoc.literal(_body(block))}" for block in about.blocks)


def _more(name: str) -> str:
    return f".Pp\n{mdoc.text(MORE[name])}" if name in MORE else ""


def _synopsis(node: Node) -> str:
    words = " ".join(mdoc.argument(word) for word in node.path)
    lines = [".Nm tnet"] + ([f".Cm {words}"] if words else []) + ([".Op Ar options"] if node.options else [])
    lines += [f".Ar {mdoc.argument(word.metavar)}" for word in node.arguments]
    lines += [".Ar command"] if node.children else []
    return "\n".join(lines) + "\n"


def _commands(node: Node) -> str:
    return mdoc.tagged([(f"Cm {mdoc.argument(child.path[-1])}", child.help) for child in node.children])


def _options(node: Node) -> str:
    by_section: dict[str, list[tuple[str, str]]] = {}
    for option in node.options:
        by_section.setdefault(option.section, []).append((_tag(option), option.help))
    ordered = sorted(by_section, key=lambda section: section != "")
    parts = [
        f"{f'.Ss {section} options' if section else ''}\n{mdoc.tagged(by_section[section])}" for section in ordered
    ]
    return _section("OPTIONS", "".join(part.lstrip("\n") for part in parts))


def _tag(option: Word) -> str:
    names = " , ".join(f"Fl {mdoc.escape(name.removeprefix('-'))}" for name in option.names)
    return f"{names} Ar {mdoc.argument(option.metavar)}" if option.takes else names


def _section(heading: str, body: str) -> str:
    return f".Sh {heading}\n{body}" if body else ""


def _see_also(node: Node) -> str:
    related = sorted(title(child) for child in node.children) or ["tnet"]
    named = [f".Xr {mdoc.escape(name)} 1 ," for name in related] + [
        f".Xr {mdoc.escape(name)} {n} ," for name, n in SEE_ALSO
    ]
    return ".Sh SEE ALSO\n" + "\n".join(named).removesuffix(" ,") + "\n"


def examples(root: Node) -> Iterator[list[str]]:
    """The words of every example line in the help that begins with `tnet`, for a test to parse."""
    for node in root.walk():
        for example in _about(node.command).examples.splitlines():
            command = re.split(r"\s(?:\||&&|>)\s", example)[0]
            if command.startswith("tnet "):
                yield shlex.split(command)[1:]
