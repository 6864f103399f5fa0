"""Dialogues as they are read, and the tables that dialects document themselves with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

from tnet.protocols.auth.dialogue import Dialect, Input, Line, Output, Request, Say, Verify

Cells = Mapping[str, tuple[Input, Callable[[Any], Any]]]
"""Each row of a table: an input, and what brings a dialogue to a state in which it means what the row says."""


def shown(output: Output) -> str:
    """An output as a transcript writes it."""
    match output:
        case Say(line):
            return f"< {line.decode('latin-1')}"
        case Verify(user, password):
            return f"? {user.decode('latin-1')} {password.decode('latin-1')}"
        case other:
            return f"! {other}"


def transcript(dialect: Dialect, inputs: Iterable[Input | bytes | tuple[bytes, ...]]) -> list[str]:
    """The dialogue line by line: `>` heard, `<` said, `?` asked, `!` done, `=` learnt."""
    written: list[str] = []
    for got in inputs:
        match got:
            case bytes():
                written.append(f"> {got.decode('latin-1')}".rstrip())
                outputs = dialect.advance(Line(got))
            case tuple():
                written.append(f"> {b' '.join(got).decode('latin-1')}".rstrip())
                outputs = dialect.advance(Request(got))
            case _:
                written.append(f"= {got}")
                outputs = dialect.advance(got)
        written += [part for output in outputs for part in shown(output).split("\r\n")]
    return written


def expected(text: str) -> list[str]:
    """A transcript as a test writes it."""
    return inspect.cleandoc(text).splitlines()


def table(states: type[Enum], cells: Cells, width: int) -> list[str]:
    """The table of what a machine does."""
    rows = [["", *(state.name for state in states)]]
    rows += [[label, *(_cell(cells, label, state) for state in states)] for label in cells]
    return [(f"{row[0]:19}" + "".join(f"{cell:{width}}" for cell in row[1:])).rstrip() for row in rows]


def documented(machine: type) -> list[str]:
    """The table in the docstring of a machine."""
    lines = (inspect.getdoc(machine) or "").splitlines()
    return [line.removeprefix("    ").rstrip() for line in lines if line.startswith("    ")]


def _cell(cells: Cells, label: str, state: Enum) -> str:
    got, reach = cells[label]
    machine = reach(state)
    assert machine.state is state, (label, machine.state, state)
    silent = not machine.advance(got) and machine.state is state
    return "." if silent else str(machine.state.name)
