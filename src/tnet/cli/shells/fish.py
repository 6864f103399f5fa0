"""The completion script of fish."""

from __future__ import annotations

from tnet.cli.tree import Node, Word

_HEAD = """\
# fish completion for tnet: made from its command tree, by `tnet completion fish`.

function __tnet_path --description 'The tnet command that the words so far lead to'
    set -l path
    set -l skip ''
    for word in (commandline -opc)[2..-1]
        if test -n "$skip"
            set skip ''
            continue
        end
        switch $word
"""

_WALK = """\
            case '-*'
                continue
        end
        switch "$path $word"
"""

_TAIL = """\
                set -a path $word
        end
    end
    test "$path" = "$argv"
end

complete -c tnet -f
"""


def script(root: Node) -> str:
    """The script, for `source` or for fish's folder of vendor completions."""
    nodes = list(root.walk())
    valued = sorted({name for node in nodes for option in node.options if option.takes for name in option.names})
    known = " ".join(f"'{' '.join(node.path) if len(node.path) > 1 else ' ' + node.path[0]}'" for node in nodes[1:])
    head = f"{_HEAD}            case {' '.join(valued)}\n                set skip 1\n                continue\n"
    return (
        f"{head}{_WALK}            case {known}\n{_TAIL}" + "".join(map(_commands, nodes)) + "".join(map(_words, nodes))
    )


def _condition(node: Node) -> str:
    return f"complete -c tnet -n '__tnet_path {' '.join(node.path)}'".replace(" '", " '", 1).replace("path '", "path'")


def _commands(node: Node) -> str:
    return "".join(f"{_condition(node)} -a {child.path[-1]} -d '{_quoted(child.help)}'\n" for child in node.children)


def _words(node: Node) -> str:
    lines = [
        f"{_condition(node)}{_names(option)}{_value(option)} -d '{_quoted(option.help)}'" for option in node.options
    ]
    lines += [f"{_condition(node)}{_argument(word)}" for word in node.arguments if _argument(word)]
    return "".join(f"{line}\n" for line in lines)


def _names(option: Word) -> str:
    return "".join(f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in option.names)


def _value(option: Word) -> str:
    if option.choices:
        return f" -x -a '{' '.join(option.choices)}'"
    return {"": "", "file": " -rF", "directory": " -x -a '(__fish_complete_directories)'"}.get(option.takes, " -x")


def _argument(word: Word) -> str:
    if word.choices:
        return f" -a '{' '.join(word.choices)}'"
    return {"file": " -F", "directory": " -a '(__fish_complete_directories)'"}.get(word.takes, "")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
