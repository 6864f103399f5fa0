"""The completion script of PowerShell."""

from __future__ import annotations

from tnet.cli.tree import Node

_HEAD = """\
# PowerShell completion for tnet: made from its command tree, by `tnet completion powershell`.

Register-ArgumentCompleter -Native -CommandName tnet -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @{
"""

_TAIL = """\
    }
    $path = ''
    foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
        if ($element.Extent.EndOffset -ge $cursorPosition) { break }
        $next = "$path $element".Trim()
        if ($words.ContainsKey($next)) { $path = $next }
    }
    $words[$path].GetEnumerator() | Where-Object { $_.Key -like "$wordToComplete*" } | ForEach-Object {
        $kind = if ($_.Key.StartsWith('-')) { 'ParameterName' } else { 'ParameterValue' }
        [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, $kind, $_.Value)
    }
}
"""


def script(root: Node) -> str:
    """The script, for a profile."""
    return _HEAD + "".join(map(_table, root.walk())) + _TAIL


def _table(node: Node) -> str:
    offered = {child.path[-1]: child.help for child in node.children}
    offered |= {name: option.help for option in node.options for name in option.names}
    rows = "".join(f"            '{name}' = '{_quoted(help_ or name)}'\n" for name, help_ in offered.items())
    return f"        '{' '.join(node.path)}' = [ordered]@{{\n{rows}        }}\n"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
