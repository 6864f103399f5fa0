"""Scripts of a conversation: what is sent, and what has to come.

As options, in their order: `--send TEXT` and `--expect REGEX`. As plain lines, a step each::

    # anything behind a number sign at the beginning of a line
    timeout 5s                 each step from here on may take so long
    expect ^220 .*\\n           a regular expression over bytes has to match what came
    send EHLO me\\r\\n           the rest of the line is sent
    expect-silence 200ms       nothing may come for so long
    pause 1s                   wait
    shutdown                   end our half: nothing can be sent after that
    expect-eof                 the peer has to end its half

As TOML, where a table with several keys is several steps, done in the order of this line::

    timeout = "5s"
    [[step]]
    name = "greeting"          send, shutdown, pause, expect, expect-silence, expect-eof; and timeout, for these alone
    expect = '^220 .*\\n'

In what is sent `\\r` `\\n` `\\t` `\\0` `\\\\` and `\\xNN` stand for bytes. In an expression `^` and `$` match at
each line.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from tnet.errors import BadUsage
from tnet.plans.connect import Step
from tnet.plans.units import duration

SCRIPT_BYTES = 1 << 20
MOST_STEPS = 10_000
EXPRESSION_CHARACTERS = 4096

EXPECTS = ("expect", "expect-silence", "expect-eof")
ACTIONS = ("send", "shutdown", "pause", *EXPECTS)

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.?))", re.DOTALL)
_ESCAPED = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}
_TABLES = re.compile(r"^\s*\[\[\s*step\s*\]\]", re.MULTILINE)


def steps_of(options: Iterable[tuple[str, str]]) -> tuple[Step, ...]:
    """The steps of `--send` and `--expect` options, each as ("send", text) or ("expect", expression), in order.

    Raises: BadUsage, naming the option.
    """
    steps = tuple(_step(f"--{action}", "", action, text) for action, text in options)
    return _sensible(steps, "--send", "")


def read_script(path: str, *, field: str = "--script") -> tuple[Step, ...]:
    """The steps of the script in the file at `path`.

    Raises: BadUsage, naming `field`, the file, and the line or step.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(SCRIPT_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadUsage(field, f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > SCRIPT_BYTES:
        raise BadUsage(field, f"{path}: it has more than {SCRIPT_BYTES >> 20} MiB")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadUsage(field, f"{path}:{line}: it is not UTF-8", "write bytes as \\xNN") from None
    return parse_script(text, path, field=field)


def parse_script(text: str, path: str, *, field: str = "--script") -> tuple[Step, ...]:
    """The steps of the script `text` from the file at `path`: TOML if it is called so or has steps as TOML has them.

    Raises: BadUsage, naming `field`, the file, and the line or step.
    """
    is_toml = path.endswith(".toml") or _TABLES.search(text) is not None
    steps = tuple((_of_toml if is_toml else _of_lines)(text, path, field))
    if not steps:
        raise BadUsage(field, f"{path}: there is no step in it")
    return _sensible(steps, field, f"{path}: ")


# ── plain lines ──


def _of_lines(text: str, path: str, field: str) -> Iterator[Step]:
    seconds = 0.0
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        action, _, rest = line.lstrip().partition(" ")
        if not action or action.startswith("#"):
            continue
        where = f"{path}:{number}: "
        if action == "timeout":
            seconds = _length(field, where, action, rest)
        else:
            yield _step(field, where, action, rest, seconds)


# ── TOML ──


def _of_toml(text: str, path: str, field: str) -> Iterator[Step]:
    import tomllib

    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadUsage(field, f"{path}: {error}") from None
    tables = document.pop("step", [])
    timeout = _length(field, f"{path}: ", "timeout", document.pop("timeout", 0))
    if document:
        raise BadUsage(field, f"{path}: {next(iter(document))!r} is not known", "steps are [[step]] tables")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadUsage(field, f"{path}: step is no list of tables", "write [[step]] above each")
    for number, table in enumerate(tables, 1):
        yield from _of_table(dict(table), f"{path}: step {number}: ", field, timeout)


def _of_table(table: dict[str, Any], where: str, field: str, timeout: float) -> Iterator[Step]:
    name = table.pop("name", "")
    if not isinstance(name, str):
        raise BadUsage(field, f"{where}name is no text")
    seconds = _length(field, where, "timeout", table.pop("timeout", timeout))
    unknown = next((key for key in table if key not in ACTIONS), None)
    if unknown is not None:
        raise _unknown(field, where, unknown)
    if not table:
        raise BadUsage(field, f"{where}it does nothing", f"give it one of {', '.join(ACTIONS)}")
    for action in (each for each in ACTIONS if each in table):
        given = table[action]
        if action in ("shutdown", "expect-eof"):
            if given is not True:
                raise BadUsage(field, f"{where}{action} can only be true")
            given = ""
        elif not isinstance(given, str) and action in ("send", "expect"):
            raise BadUsage(field, f"{where}{action} is no text")
        yield _step(field, where, action, given, seconds, name)


# ── one step ──


def _step(field: str, where: str, action: str, given: Any, seconds: float = 0, name: str = "") -> Step:
    """A step; `where` says in messages where it stands, `given` is its text or length."""
    match action:
        case "send":
            return Step("send", _unescaped(field, where, given), seconds, name)
        case "expect":
            return Step("expect", _expression(field, where, given), seconds, name)
        case "pause" | "expect-silence":
            length = _length(field, where, action, given)
            if not length:
                raise BadUsage(field, f"{where}{action} needs a length of time, such as 1s")
            return Step("pause" if action == "pause" else "expect-silence", b"", length, name)
        case "shutdown" | "expect-eof":
            if given.strip():
                raise BadUsage(field, f"{where}nothing may follow {action}")
            return Step("shutdown" if action == "shutdown" else "expect-eof", b"", seconds, name)
        case _:
            raise _unknown(field, where, action)


def _unknown(field: str, where: str, action: str) -> BadUsage:
    return BadUsage(field, f"{where}unknown step {action[:40]!r}", f"one of {', '.join(ACTIONS)}, timeout")


def _unescaped(field: str, where: str, text: str) -> bytes:
    if not text:
        raise BadUsage(field, f"{where}there is nothing to send")
    parts, at = [], 0
    for found in _ESCAPE.finditer(text):
        byte, letter = found.groups()
        if byte is None and letter not in _ESCAPED:
            raise BadUsage(field, f"{where}unknown escape {found[0]!r}", r"one of \r \n \t \0 \\ and \xNN")
        parts += [_bytes(text[at : found.start()]), bytes.fromhex(byte) if byte is not None else _ESCAPED[letter]]
        at = found.end()
    return b"".join([*parts, _bytes(text[at:])])


def _expression(field: str, where: str, text: str) -> bytes:
    if not text:
        raise BadUsage(field, f"{where}the expression is empty, and would match anything")
    if len(text) > EXPRESSION_CHARACTERS:
        raise BadUsage(field, f"{where}the expression has more than {EXPRESSION_CHARACTERS} characters")
    expression = _bytes(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a later Python might mean by it
            re.compile(expression, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadUsage(field, f"{where}{text[:80]!r} is no regular expression: {error}") from None
    return expression


def _bytes(text: str) -> bytes:
    """As UTF-8; bytes of a command line that are none stay what they were."""
    return text.encode("utf-8", "surrogateescape")


def _length(field: str, where: str, action: str, given: Any) -> float:
    if isinstance(given, int | float) and not isinstance(given, bool):
        given = str(given)
    seconds = duration(given) if isinstance(given, str) else None
    if seconds is None:
        raise BadUsage(field, f"{where}{action} {str(given)[:40]!r} is no length of time", "such as 200ms, 1.5s or 2m")
    return seconds


def _sensible(steps: tuple[Step, ...], field: str, where: str) -> tuple[Step, ...]:
    if len(steps) > MOST_STEPS:
        raise BadUsage(field, f"{where}there are more than {MOST_STEPS} steps")
    ended = False
    for number, step in enumerate(steps, 1):
        if ended and step.action in ("send", "shutdown"):
            named = f" {step.name!r}" if step.name else ""
            raise BadUsage(field, f"{where}step {number}{named} ({step.action}) comes after our half was shut down")
        ended = ended or step.action == "shutdown"
    return steps
