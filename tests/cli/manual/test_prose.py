"""The prose of the man pages agrees with the program."""

from __future__ import annotations

import re

from twisted.trial.unittest import TestCase

from tnet.cli.main import tnet
from tnet.cli.manual.pages import title
from tnet.cli.manual.prose import EXIT_STATUS, MORE
from tnet.cli.tree import tree
from tnet.errors import ExitStatus


class ProseTests(TestCase):
    """Nothing is promised that the program does not have."""

    def test_every_exit_status_is_told(self) -> None:
        """The pages list the exit statuses of the program, all and no others."""
        told = {int(number) for numbers, _ in EXIT_STATUS for number in re.findall(r"\d+", numbers)}
        self.assertEqual(told, {*ExitStatus})

    def test_more_is_about_commands_that_exist(self) -> None:
        """Each piece of prose belongs to a page."""
        self.assertLessEqual(MORE.keys(), {title(node) for node in tree(tnet).walk()})
