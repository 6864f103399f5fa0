"""The completion script of bash (3.2 or later)."""

from __future__ import annotations

from tnet.cli.tree import Node, Word

_HEAD = """\
# bash completion for tnet: made from its command tree, by `tnet completion bash`.

_tnet() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path='' word='' skip='' i
    COMPREPLY=()
    if [[ $cur == '=' ]]; then
        cur=''
    elif [[ $prev == '=' ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ -n $skip ]]; then
            [[ $word == '=' ]] || skip=''
            continue
        fi
        case $word in
"""

_WALK = """\
        esac
        case "$path $word" in
"""

_VALUES = """\
        esac
    done
    case "$path $prev" in
"""

_WORDS = """\
    esac
    case $path in
"""

_TAIL = """\
    esac
}

_tnet_words() {
    local IFS=$'\\n'
    # shellcheck disable=SC2207
    COMPREPLY=($(IFS=' ' compgen -W "$1" -- "$cur"))
}

_tnet_paths() {
    local IFS=$'\\n'
    compopt -o filenames 2>/dev/null
    # shellcheck disable=SC2207
    COMPREPLY=($(compgen "$1" -- "$cur"))
}

complete -F _tnet tnet
"""


def script(root: Node) -> str:
    """The script, for `source` or for bash-completion's folder."""
    nodes = list(root.walk())
    valued = sorted({name for node in nodes for option in node.options if option.takes for name in option.names})
    return (
        _HEAD
        + f"        {'|'.join(valued)}) skip=1; continue ;;\n        -*) continue ;;\n"
        + _WALK
        + "".join(f'        "{_path(node)}") path="$path $word" ;;\n' for node in nodes if node.path)
        + _VALUES
        + "".join(_value_arms(node) for node in nodes)
        + _WORDS
        + "".join(f"    '{_path(node)}') {_offers(node)} ;;\n" for node in nodes)
        + _TAIL
    )


def _path(node: Node) -> str:
    return "".join(f" {word}" for word in node.path)


def _value_arms(node: Node) -> str:
    arms: dict[str, list[str]] = {}
    for option in node.options:
        if option.takes:
            arms.setdefault(_value(option), []).extend(f'"{_path(node)} {name}"' for name in option.names)
    return "".join(f"    {'|'.join(names)}) {does}; return ;;\n" for does, names in arms.items())


def _value(word: Word) -> str:
    if word.choices:
        return f"_tnet_words '{' '.join(word.choices)}'"
    return {"file": "_tnet_paths -f", "directory": "_tnet_paths -d"}.get(word.takes, ":")


def _offers(node: Node) -> str:
    names = " ".join(name for option in node.options for name in option.names)
    words = " ".join(child.path[-1] for child in node.children)
    choices = " ".join(choice for argument in node.arguments for choice in argument.choices)
    plain = f"_tnet_words '{' '.join(filter(None, [words, choices]))}'" if words or choices else _argument(node)
    return f"if [[ $cur == -* ]]; then _tnet_words '{names}'; else {plain}; fi"


def _argument(node: Node) -> str:
    return _value(node.arguments[0]) if node.arguments else ":"
