"""The command tree as values."""

from __future__ import annotations

import click
from twisted.trial.unittest import TestCase

from tnet.cli.main import tnet
from tnet.cli.tree import tree


class TreeTests(TestCase):
    """Click commands in, nodes out."""

    def test_every_command_is_there(self) -> None:
        """The six tools and their groups are all reached."""
        paths = {" ".join(node.path) for node in tree(tnet).walk()}
        self.assertGreaterEqual(
            paths, {"", "serve", "serve echo", "serve auth", "serve web", "serve ssh", "connect", "fetch"}
        )

    def test_words(self) -> None:
        """An option knows its names, what its value is, and the values where they are known."""

        @click.command()
        @click.argument("folder", type=click.Path(file_okay=False))
        @click.option("-c", "--color", type=click.Choice(["red", "blue"]), help="Of it.")
        @click.option("--on/--off", help="Whether.")
        @click.option("--secret", hidden=True)
        def paint(**_: object) -> None:
            """Paint it."""

        node = tree(paint)
        color, on = node.options[:2]
        self.assertEqual((color.names, color.choices, color.takes), (("-c", "--color"), ("red", "blue"), "text"))
        self.assertEqual((on.names, on.takes), (("--on", "--off"), ""))
        self.assertEqual((node.arguments[0].takes, node.help), ("directory", "Paint it."))
        self.assertNotIn(("--secret",), [option.names for option in node.options])
