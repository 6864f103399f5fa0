"""The completion script of PowerShell. Its hash tables ignore case, so words are pairs in arrays, not keys."""

from __future__ import annotations

from collections.abc import Iterable

from tnet.cli.tree import Node

_HEAD = """\
# PowerShell completion for tnet: made from its command tree, by `tnet completion powershell`.

Register-ArgumentCompleter -Native -CommandName tnet -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $offers = @{
"""

_TAIL = """\
    }
    $path = ''
    $last = ''
    foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
        if ($element.Extent.EndOffset -ge $cursorPosition) { break }
        $last = "$element"
        $next = "$path $last".Trim()
        if (-not $last.StartsWith('-') -and $offers.ContainsKey($next)) { $path = $next }
    }
    $valued = "$path $last".Trim()
    $pairs = if ($last.StartsWith('--') -and $offers.ContainsKey($valued)) { $offers[$valued] } else { $offers[$path] }
    $pairs | Where-Object { $_[0] -clike "$wordToComplete*" } | ForEach-Object {
        $kind = if ($_[0].StartsWith('-')) { 'ParameterName' } else { 'ParameterValue' }
        [System.Management.Automation.CompletionResult]::new($_[0], $_[0], $kind, $_[1])
    }
}
"""


def script(root: Node) -> str:
    """The script, for a profile."""
    return _HEAD + "".join(map(_tables, root.walk())) + _TAIL


def _tables(node: Node) -> str:
    offered = [(child.path[-1], child.help) for child in node.children]
    offered += [(choice, choice) for argument in node.arguments for choice in argument.choices]
    offered += [(name, option.help) for option in node.options for name in option.names]
    values = [
        _table((*node.path, name), ((choice, option.help) for choice in option.choices))
        for option in node.options
        for name in option.names
        if option.choices and name.startswith("--")
    ]
    return _table(node.path, offered) + "".join(values)


def _table(path: tuple[str, ...], pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"            , @('{word}', '{_quoted(about or word)}')\n" for word, about in pairs)
    return f"        '{' '.join(path)}' = @(\n{rows}        )\n"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
