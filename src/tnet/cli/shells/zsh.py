"""The completion script of zsh."""

from __future__ import annotations

import re

from tnet.cli.tree import Node, Word

_TAIL = """\

if [ "$funcstack[1]" = _tnet ]; then
    _tnet "$@"
else
    compdef _tnet tnet
fi
"""


def script(root: Node) -> str:
    """The script: `_tnet` in a folder of `$fpath`, or for `source` after compinit."""
    head = "#compdef tnet\n# zsh completion for tnet: made from its command tree, by `tnet completion zsh`.\n"
    return head + "".join(map(_function, root.walk())) + _TAIL


def _function(node: Node) -> str:
    specs = [spec for option in node.options for spec in _option(option)]
    body = _group(node, specs) if node.children else _leaf(node, specs)
    return f"\n{_name(node)}() {{\n{body}}}\n"


def _leaf(node: Node, specs: list[str]) -> str:
    for place, argument in enumerate(node.arguments, 1):
        specs.append(f"'{'*' if argument.repeatable else place}:{_quoted(argument.metavar)}:{_action(argument)}'")
    return _arguments("-s -S", specs)


def _group(node: Node, specs: list[str]) -> str:
    described = "".join(f"        '{child.path[-1]}:{_quoted(child.help)}'\n" for child in node.children)
    arms = "".join(f"        {child.path[-1]}) {_name(child)} ;;\n" for child in node.children)
    return (
        "    local context state state_descr line\n    typeset -A opt_args\n"
        f"    local -a commands=(\n{described}    )\n"
        + _arguments("-C", [*specs, "'1: :->command'", "'*:: :->rest'"])
        + "    case $state in\n    command) _describe -t commands 'tnet command' commands ;;\n"
        + f"    rest)\n        case $line[1] in\n{arms}        esac ;;\n    esac\n"
    )


def _arguments(flags: str, specs: list[str]) -> str:
    return f"    _arguments {flags} \\\n        " + " \\\n        ".join(specs) + "\n"


def _option(option: Word) -> list[str]:
    exclusive = "*" if option.repeatable else f"({' '.join(option.names)})"
    value = f":{_quoted(option.metavar)}:{_action(option)}" if option.takes else ""
    return [f"'{exclusive}{name}{_joined(name, option)}[{_quoted(option.help)}]{value}'" for name in option.names]


def _joined(name: str, option: Word) -> str:
    """How a value may follow: `--name=value` as well, `-nvalue` as well."""
    if not option.takes:
        return ""
    return "=" if name.startswith("--") else "+"


def _action(word: Word) -> str:
    if word.choices:
        return f"({' '.join(word.choices)})"
    return {"file": "_files", "directory": "_files -/"}.get(word.takes, " ")


def _name(node: Node) -> str:
    return "_".join(["_tnet", *node.path])


def _quoted(text: str) -> str:
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")
