"""Commands by name, imported when they are got."""

from __future__ import annotations

import subprocess
import sys

import click
from twisted.trial.unittest import SynchronousTestCase

from tnet.cli.completion import completion
from tnet.cli.late import Late
from tnet.cli.main import tnet

PATH = "tnet.cli.completion:completion"


class LateTests(SynchronousTestCase):
    """What looks like a group's commands."""

    def test_got(self) -> None:
        """The command itself is got, each time the same."""
        late = Late(completion=PATH)
        self.assertIs(late["completion"], completion)
        self.assertIs(late.get("completion"), completion)
        self.assertEqual(list(late.values()), [completion])

    def test_unknown(self) -> None:
        """A name that nobody set is not there."""
        self.assertIsNone(Late(completion=PATH).get("complete"))

    def test_names_import_nothing(self) -> None:
        """The names are known, in their order, without any of the modules."""
        late = Late(b="there.is.no:such", a="nor.is:this")
        self.assertEqual((list(late), "a" in late, len(late)), (["b", "a"], True, 2))

    def test_added(self) -> None:
        """A group adds to it what is there already."""
        group = click.Group("g", commands=Late())
        group.add_command(completion)
        self.assertIs(group.commands["completion"], completion)

    def test_every_command_is_where_it_is_said_to_be(self) -> None:
        """Each command of `tnet` is got by the name that it has."""
        self.assertEqual({name: command.name for name, command in tnet.commands.items()}, {n: n for n in tnet.commands})

    def test_a_command_imports_itself_alone(self) -> None:
        """Whoever asks for one command gets no module of another."""
        program = (
            "import sys; from tnet.cli.main import parse; parse(['fetch', 'http://127.0.0.1/']);"
            "others = ('serve', 'connect', 'users', 'manual.command', 'completion');"
            "sys.exit(','.join(sorted({f'tnet.cli.{name}' for name in others} & {*sys.modules})) or 0)"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
