"""Help with its options in sections."""

from __future__ import annotations

import click
from twisted.trial.unittest import TestCase

from tests.cli.test_main import said
from tnet.cli.sections import Command, Group, OneOf, section, sections


class SectionTests(TestCase):
    """Options in, rows by section out."""

    def test_own_options_come_first(self) -> None:
        """Options without a section come first, sections follow in the order of their mention."""

        @click.command(cls=Command)
        @section("Late")("--b", help="B.")
        @click.option("--a", help="A.")
        def command(**_: object) -> None:
            """Do."""

        rows = sections(command, click.Context(command))
        self.assertEqual([(title, next(row[1] for row in rows[title])) for title in rows], [("", "A."), ("Late", "B.")])

    def test_one_of(self) -> None:
        """One word for a value may be given, and again, but no two; without any there is none."""
        told = []

        @click.command(cls=Command)
        @section("Way")("-4", "family", cls=OneOf, type=int, flag_value=4)
        @section("Way")("-6", "family", cls=OneOf, type=int, flag_value=6)
        def command(family: int | None) -> None:
            """Do."""
            told.append(family)

        for argv in ([], ["-4"], ["-6"], ["-6", "-6"]):
            command.main(argv, standalone_mode=False)
        self.assertEqual(told, [None, 4, 6, 6])
        error = self.assertRaises(click.UsageError, command.main, ["-4", "-6"], standalone_mode=False)
        self.assertEqual(error.message, "-4 and -6 do not go together")

    def test_help_of_a_server(self) -> None:
        """A server's help shows what is its own before addresses, TLS, limits and the story."""
        text = said(["serve", "web", "--help"])[1]
        titles = ["\nOptions:", "\nAddress options:", "\nTLS options:", "\nLimit options:", "\nStory options:"]
        places = [text.index(title) for title in titles]
        self.assertEqual(places, sorted(places))

    def test_groups_keep_their_order(self) -> None:
        """Commands are listed in the order in which they were added."""
        group = Group("g")
        for name in ("z", "a"):
            group.add_command(click.Command(name))
        self.assertEqual(group.list_commands(click.Context(group)), ["z", "a"])
