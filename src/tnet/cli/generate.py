"""Writes what is made from the command tree into a checkout: `python -m tnet.cli.generate [FOLDER]`.

With the tests comparing, the committed completions and man pages cannot drift from the commands.
"""

from __future__ import annotations

import sys
from pathlib import Path


def generated() -> dict[str, str]:
    """Every generated file: its path in the checkout and its text."""
    from tnet.cli.completion import script
    from tnet.cli.main import tnet
    from tnet.cli.manual.pages import pages
    from tnet.cli.tree import tree

    files = {"bash": "tnet.bash", "zsh": "_tnet", "fish": "tnet.fish", "powershell": "tnet.ps1"}
    completions = {f"completions/{file}": script(shell) for shell, file in files.items()}
    return completions | {f"man/man{name[-1]}/{name}": text for name, text in pages(tree(tnet)).items()}


def write(folder: Path) -> None:
    """Write them below `folder`, and remove man pages of commands that are gone."""
    wanted = generated()
    for name, text in wanted.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    for page in (folder / "man").glob("man?/*"):
        if str(page.relative_to(folder)) not in wanted:
            page.unlink()


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
