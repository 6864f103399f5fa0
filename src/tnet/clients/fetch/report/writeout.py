"""What `-w` prints: curl's variables, in curl's syntax, about one transfer.

::

    %{name}   %header{name}   %header{name:all:SEPARATOR}   %time{FORMAT}   %output{FILE}   %output{>>FILE}
    %% \\n \\r \\t

`%{stdout}` and `%{stderr}` say where what follows goes, `%{onerror}` that it is for failures alone, `%{json}` is every
variable and `%{header_json}` every header field. `%time{}` is the date and time in UTC when all was over.

Source: curl's manual, `--write-out`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tnet.clients.fetch.report.account import Account
from tnet.clients.fetch.report.variables import VARIABLES, Value, Variable, value_of
from tnet.errors import cannot_write
from tnet.escape import safe
from tnet.net.context import Offload
from tnet.protocols.masks import mask_pairs, mask_user_information

STDOUT, STDERR = "stdout", "stderr"

_TOKEN = re.compile(r"%%|%\{([^}]*)\}|%(header|time|output)\{([^}]*)\}|\\([nrt])")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_SWITCHES = frozenset({STDOUT, STDERR, "onerror", "json", "header_json"})


@dataclass(frozen=True, slots=True)
class Written:
    """Text, and where it goes: `stdout`, `stderr`, or into the file `to`, behind what is there when it may `append`."""

    text: str
    to: str = STDOUT
    is_file: bool = False
    append: bool = False


def unknown(template: str) -> list[str]:
    """The variables that a template asks for and nobody knows: they are nothing in the output."""
    names = (match[1] for match in _TOKEN.finditer(template) if match[1] is not None)
    return [name for name in names if name not in _SWITCHES and value_of(name) is None]


def rendered(template: str, account: Account, *, show_secrets: bool = False) -> list[Written]:
    """What a template says about a transfer, piece by piece; of what goes to standard error, values are harmless.

    Secrets in header fields are masked unless they are to be shown.
    """
    return list(_Writing(account, show_secrets).pieces(template))


async def deliver(pieces: Iterable[Written], stdout: Callable[[bytes], Awaitable[object]], workers: Offload) -> None:
    """Write each piece where it goes; `stdout` writes to standard output, and makes it harmless where that matters.

    Raises: CannotWrite.
    """
    for piece in pieces:
        data = piece.text.encode("utf-8", "surrogateescape")
        if piece.to == STDOUT and not piece.is_file:
            await stdout(data)
        else:
            await workers.run(_put, piece, data)


def _put(piece: Written, data: bytes) -> None:
    """Write to standard error or into a file. Blocks."""
    try:
        if piece.is_file:
            with open(piece.to, "ab" if piece.append else "wb") as file:
                file.write(data)
        else:
            with open(2, "wb", closefd=False) as file:
                file.write(data)
    except OSError as error:
        raise cannot_write(piece.to, error) from error


class _Writing:
    def __init__(self, account: Account, show_secrets: bool) -> None:
        self._account = account
        self._harmless = False
        self._fields = mask_pairs(account.head.fields, show_secrets) if account.head is not None else ()
        self._show_secrets = show_secrets

    def pieces(self, template: str) -> Iterator[Written]:
        to, text, at = Written(""), "", 0
        for match in _TOKEN.finditer(template):
            text, at = text + template[at : match.start()], match.end()
            if match[1] == "onerror" and self._account.error is None:
                break
            if (onward := _switch(match)) is None:
                text += self._said(match)
            else:
                yield from _filled(to, text)
                to, text = onward, ""
                self._harmless = to.to == STDERR and not to.is_file
        else:
            text += template[at:]
        yield from _filled(to, text)

    def _said(self, match: re.Match[str]) -> str:
        """What stands for one token."""
        if match[4]:
            return _ESCAPES[match[4]]
        if match[2] == "header":
            return self._shown(self._header(match[3]))
        if match[2] == "time":
            return datetime.fromtimestamp(self._account.wall, UTC).strftime(match[3])
        return "%" if match[1] is None else self._variable(match[1])

    def _variable(self, name: str) -> str:
        match name:
            case "onerror":
                return ""
            case "json":
                return self._json({each: self._masked(variable) for each, variable in VARIABLES.items()})
            case "header_json":
                return self._json(_grouped(self._fields))
        variable = value_of(name)
        return self._shown(_text(name, self._masked(variable))) if variable is not None else ""

    def _masked(self, variable: Variable) -> Value:
        """A value without user information; the query of a URL is what whoever asks for the URL wants."""
        value = variable(self._account)
        return mask_user_information(value) if isinstance(value, str) and not self._show_secrets else value

    def _header(self, text: str) -> str:
        """The value of a field: of several with one name the first, or all of them."""
        name, everything, separator = text.partition(":all:")
        values = [value for key, value in self._fields if key.lower() == name.strip().lower()]
        return separator.join(values) if everything else next(iter(values), "")

    def _shown(self, text: str) -> str:
        return safe(text) if self._harmless else text

    def _json(self, found: object) -> str:
        import json

        return json.dumps(found, ensure_ascii=self._harmless)


def _switch(match: re.Match[str]) -> Written | None:
    """Where a token says that what follows is to go."""
    if match[1] in (STDOUT, STDERR):
        return Written("", match[1])
    if match[2] != "output":
        return None
    append = match[3].startswith(">>")
    return Written("", match[3].removeprefix(">>"), is_file=True, append=append)


def _filled(to: Written, text: str) -> Iterator[Written]:
    """A piece, unless it is nothing; a file is made even so."""
    if text or to.is_file:
        yield Written(text, to.to, to.is_file, to.append)


def _text(name: str, value: Value) -> str:
    if name in ("http_code", "response_code", "http_connect"):
        return f"{value:03d}"
    return "" if value is None else f"{value:.6f}" if isinstance(value, float) else str(value)


def _grouped(fields: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name.lower(), []).append(value)
    return found
