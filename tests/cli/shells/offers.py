"""What the tests of the four shells share."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
from twisted.trial.unittest import TestCase

from tnet.cli.main import tnet
from tnet.cli.tree import Node, tree

ROOT = tree(tnet)


def every_word_is_in(test: TestCase, script: str) -> None:
    """Assert that every command, option and choice of the tree stands in `script`."""
    for node in ROOT.walk():
        for word in [child.path[-1] for child in node.children] + [
            part for option in node.options for part in (*option.names, *option.choices)
        ]:
            test.assertIn(word.lstrip("-"), script)


def quotes_are_kept(test: TestCase, shell: str, script: Callable[[Node], str]) -> None:
    """Assert that hostile help text makes a script that the shell still parses, where the shell is installed."""

    @click.group()
    def tnet() -> None:
        """Root."""

    @tnet.command()
    @click.option("--odd", type=click.Choice(["a", "b"]), help='It\'s [not] a: "quote" \\ $HOME `id`.')
    def child(**_: object) -> None:
        """It's 'odd' [here]: so."""

    file = Path(test.mktemp())
    file.write_text(script(tree(tnet)), "utf-8")
    program = shutil.which(shell)
    if program:
        done = subprocess.run([program, "-n", str(file)], capture_output=True, text=True, timeout=30)
        test.assertEqual((done.returncode, done.stderr), (0, ""))
    test.assertIn("--odd" if shell != "fish" else "-l odd", file.read_text("utf-8"))
