"""How `tnet users list` shows accounts: columns for a reader, TSV for a pipe, JSON Lines for a program."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable

from tnet.accounts.store import Account, Login
from tnet.escape import safe_line

HEADS = ("NAME", "STATE", "LOGIN", "GROUPS", "KEYS")

_LOGIN = {Login.PASSWORD: "password", Login.KEY: "key", Login.NOTHING: "no-password"}
_GAP = "  "


def table(accounts: Iterable[Account]) -> str:
    """Aligned columns under their heads."""
    rows = [HEADS, *map(_cells, accounts)]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return "".join(_aligned(row, widths) for row in rows)


def tsv(accounts: Iterable[Account]) -> str:
    """One line an account, its cells separated by tabs, without heads."""
    return "".join("\t".join(_cells(account)) + "\n" for account in accounts)


def json_lines(accounts: Iterable[Account]) -> str:
    """One JSON object a line, an account each."""
    return "".join(json.dumps(_fields(account)) + "\n" for account in accounts)


def _cells(account: Account) -> tuple[str, ...]:
    state = "disabled" if account.disabled else "enabled"
    cells = (account.name, state, _LOGIN[account.login], ",".join(account.groups), str(len(account.keys)))
    return tuple(map(safe_line, cells))


def _fields(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "enabled": not account.disabled,
        "login": _LOGIN[account.login],
        "groups": account.groups,
        "keys": account.keys,
    }


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
    return _GAP.join(cells).rstrip() + "\n"


def _width(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
