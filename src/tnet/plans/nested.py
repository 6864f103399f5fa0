"""Names with brackets as ways into one JSON document, and the document that values placed along them make.

::

    a[b]=…     a member of the object `a`         a[]=…    one more element of the array `a`
    a[2]=…     its third element, null before it   []=…    the document itself is an array
    a[\\1]=…    a member called 1                  a\\[b=…   a bracket that is only text

A value is JSON source, and stays as it was written; a later name may reach into it, and only the levels that it
passes are taken apart. Where nothing or null is, an object or array appears as the next step needs it. The last of
equal names wins.

Source: the notation that HTTPie made common.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import NoReturn, TypeAlias

from tnet.errors import BadUsage

MOST_STEPS = 64
MOST_INDEX = 9999

Step: TypeAlias = str | int | None
Tree: TypeAlias = "str | dict[str, Tree] | list[Tree]"

_FIELD = "ITEM"
_NULL = "null"
_TEXT = re.compile(r"(?:[^\[\]\\]|\\[\[\]\\]|\\)*+")
_ESCAPED = re.compile(r"\\([\[\]\\])")
_NUMBER_AS_TEXT = re.compile(r"\\[0-9]+")
_DIGITS = re.compile(r"[0-9]+")
_SPACE = re.compile(r"[ \t\r\n]*+")
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
_KINDS = {"{": "an object", "[": "an array", '"': "a string", "t": "a boolean", "f": "a boolean"}


def nested_json(pairs: Iterable[tuple[str, str]]) -> str:
    """The JSON document that `pairs`, each a name and valid JSON source for what it names, make together.

    Raises: BadUsage for a name that leads nowhere, and for one that wants an object or array where something else is.
    """
    document: Tree = _NULL
    for name, source in pairs:
        try:
            document = _placed(document, name, _steps(name), source)
        except RecursionError:
            raise BadUsage(_FIELD, f"{name!r}: the value that it reaches into is nested too deeply") from None
    return "{}" if document == _NULL else _written(document)


def _steps(name: str) -> list[tuple[Step, int]]:
    """The steps that `name` consists of, each with the place in it where it begins; the first may have no brackets."""
    text = _text(name, 0)
    steps: list[tuple[Step, int]] = [(_key(text), 0)] if text else []
    at = len(text)
    while at < len(name):
        if name[at] != "[":
            _refuse(name, at, "a [ has to stand")
        text = _text(name, at + 1)
        end = at + 1 + len(text)
        if name[end : end + 1] != "]":
            _refuse(name, end, "a ] has to stand")
        step = _step(name, at, text)
        if not steps and isinstance(step, str):
            _refuse(name, at + 1, "a number or ] has to stand")
        steps.append((step, at))
        at = end + 1
    if len(steps) > MOST_STEPS:
        raise BadUsage(_FIELD, f"{name[:40]!r}… is nested deeper than {MOST_STEPS} levels")
    return steps


def _step(name: str, at: int, text: str) -> Step:
    """What `text`, in the brackets that open at `at`, asks for: a member, an element, or (None) one more element."""
    if not text:
        return None
    if text.startswith("-") and _DIGITS.fullmatch(text[1:]):
        _refuse(name, at + 1, "no negative index can stand")
    if not _DIGITS.fullmatch(text):
        return _key(text)
    if len(text) > 9 or int(text) > MOST_INDEX:
        raise BadUsage(_FIELD, f"{name!r}: an index of more than {MOST_INDEX} is refused")
    return int(text)


def _text(name: str, at: int) -> str:
    match = _TEXT.match(name, at)
    return match.group() if match else ""


def _key(text: str) -> str:
    return text[1:] if _NUMBER_AS_TEXT.fullmatch(text) else _ESCAPED.sub(r"\1", text)


def _placed(tree: Tree, name: str, steps: list[tuple[Step, int]], source: str) -> Tree:
    """`tree` with `source` where `steps` lead from it."""
    if not steps:
        return source
    step, at = steps[0]
    tree = _opened(tree)
    if isinstance(step, str):
        members = {} if tree == _NULL else tree
        if not isinstance(members, dict):
            _mismatch(name, at, tree, "an object")
        members[step] = _placed(members.get(step, _NULL), name, steps[1:], source)
        return members
    elements = [] if tree == _NULL else tree
    if not isinstance(elements, list):
        _mismatch(name, at, tree, "an array")
    index = len(elements) if step is None else step
    elements += [_NULL] * (index + 1 - len(elements))
    elements[index] = _placed(elements[index], name, steps[1:], source)
    return elements


def _opened(tree: Tree) -> Tree:
    """`tree`, taken apart by one level when it is the source of an object or array; what is inside stays as written."""
    if isinstance(tree, str) and tree.startswith("{"):
        return dict(_members(tree))
    if isinstance(tree, str) and tree.startswith("["):
        return [source for _, source in _members(tree)]
    return tree


def _members(source: str) -> Iterator[tuple[str, str]]:
    """The members of an object, or of an array where their names are empty: name and source."""
    at, name = _past_space(source, 1), ""
    while source[at] not in "]}":
        if source[0] == "{":
            name, at = _DECODER.raw_decode(source, at)
            at = _past_space(source, _past_space(source, at) + 1)
        _, end = _DECODER.raw_decode(source, at)
        yield name, source[at:end]
        at = _past_space(source, end)
        if source[at] == ",":
            at = _past_space(source, at + 1)


def _past_space(source: str, at: int) -> int:
    match = _SPACE.match(source, at)
    return match.end() if match else at


def _written(tree: Tree) -> str:
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {_written(member)}" for name, member in tree.items()) + "}"
    return "[" + ", ".join(map(_written, tree)) + "]" if isinstance(tree, list) else tree


def _refuse(name: str, at: int, what: str) -> NoReturn:
    raise BadUsage(_FIELD, f"{name!r}: {what} at character {at + 1}", "write \\[ and \\] for brackets that are text")


def _mismatch(name: str, at: int, tree: Tree, wanted: str) -> NoReturn:
    found = "an object" if isinstance(tree, dict) else "an array" if isinstance(tree, list) else _kind(tree)
    what = repr(name[:at]) if at else "the document"
    raise BadUsage(_FIELD, f"{name!r}: {what} is {found} already, and would have to be {wanted}")


def _kind(source: str) -> str:
    return _KINDS.get(source[0], "a number")
