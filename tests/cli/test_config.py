"""Defaults from the configuration file."""

from __future__ import annotations

import os
from pathlib import Path

import click
from twisted.trial.unittest import TestCase

from tests.cli.test_main import said
from tnet.cli.config import default_path
from tnet.cli.main import parse, tnet
from tnet.plans import TcpAddress


def _commands(command: click.Command) -> list[click.Command]:
    """A command and all inside it."""
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return [command, *(each for one in inner for each in _commands(one))]


class ConfigTests(TestCase):
    """TOML in, option defaults out."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        (self.home / "tnet").mkdir(parents=True)
        self.patch(os, "environ", os.environ | {"XDG_CONFIG_HOME": str(self.home)})

    def write(self, text: str) -> None:
        """Make `text` the configuration."""
        (self.home / "tnet" / "config.toml").write_text(text)

    def port(self, *argv: str) -> int:
        """The port that `tnet serve echo` with these options would take."""
        asked = parse(["serve", "echo", *argv])
        assert asked is not None
        return int(asked.plan.listen[0].port)  # type: ignore[attr-defined]  # every ServePlan listens

    def test_table_of_the_command(self) -> None:
        """A command's own table gives its defaults; keys are long options."""
        self.write("[serve.echo]\nport = 7\nmax-per-peer = 3\n")
        asked = parse(["serve", "echo"])
        assert asked is not None
        self.assertEqual(self.port(), 7)
        self.assertEqual(asked.plan.limits.max_per_peer, 3)  # type: ignore[attr-defined]  # every ServePlan has limits

    def test_outer_tables_hold_for_inner_commands(self) -> None:
        """What stands higher up holds for every command that has the option; the inner table wins."""
        self.write('color = "never"\n[serve]\nport = 5\n[serve.echo]\nport = 6\n')
        self.assertEqual(self.port(), 6)
        auth = parse(["serve", "auth"])
        assert auth is not None
        self.assertEqual((auth.plan.listen[0].port, auth.output.color), (5, "never"))  # type: ignore[attr-defined]  # as above

    def test_option_beats_variable_beats_config(self) -> None:
        """The order is: option, TNET_ variable, configuration, default."""
        self.assertEqual(self.port(), 8000)
        self.write("[serve.echo]\nport = 7\n")
        os.environ["TNET_SERVE_ECHO_PORT"] = "8"
        self.assertEqual((self.port(), self.port("-p", "9")), (8, 9))

    def test_unknown_key_is_refused(self) -> None:
        """A misspelt key in a command's own table is a usage error that names file, table and likely key."""
        self.write("[serve.echo]\nprot = 7\n")
        with self.assertRaises(click.BadParameter) as caught:
            parse(["serve", "echo"])
        self.assertIn("[serve.echo] has no option 'prot'. Did you mean 'port'?", caught.exception.message)

    def test_what_means_nothing_is_refused(self) -> None:
        """On the way to a command each key is an option of some command there, and each table a command."""
        for text, problem in (
            ("[sevre.echo]\nport = 7\n", "it has no table 'sevre'. Did you mean 'serve'?"),
            ("[serve.ehco]\nport = 7\n", "[serve] has no table 'ehco'. Did you mean 'echo'?"),
            ("[serve.echo.port]\nport = 7\n", "[serve.echo] has no table 'port'."),
            ("serve = 7\n", "it has no option 'serve'."),
            ("prot = 7\n", "it has no option 'prot'. Did you mean 'port'?"),
            ("[serve.echo]\nconfig = 'x'\n", "[serve.echo] has no option 'config'."),
        ):
            self.write(text)
            with self.assertRaises(click.BadParameter) as caught:
                parse(["serve", "echo"])
            self.assertIn(problem, caught.exception.message)
        self.write("[fetch]\nwords = ['x']\n")
        self.assertRaises(click.BadParameter, parse, ["fetch", "x"])

    def test_key_and_variable_are_the_long_option(self) -> None:
        """What an option is called on the command line is what it is called everywhere."""
        self.write("ascii = true\n")
        asked = parse(["serve", "echo"])
        assert asked is not None
        self.assertTrue(asked.output.ascii_only)
        for command in _commands(tnet):
            for option in command.params:
                longs = [name[2:] for name in option.opts if name.startswith("--")]
                if isinstance(option, click.Option) and longs and option.allow_from_autoenv:
                    self.assertIn(str(option.name).replace("_", "-"), longs)

    def test_values_are_what_the_command_line_would_take(self) -> None:
        """A number, a switch, one of several, several; and a value of the wrong kind is a usage error."""
        self.write("[serve.echo]\nhost = '::1'\nidle-timeout = 1.5\nprivacy = true\nverbose = 2\nascii = false\n")
        asked = parse(["serve", "echo"])
        assert asked is not None
        self.assertEqual(asked.plan.listen, (TcpAddress("::1", 8000),))  # type: ignore[attr-defined]  # a ServePlan
        self.assertEqual((asked.output.privacy, asked.output.verbosity, asked.output.ascii_only), (True, 2, False))
        self.write("[serve]\nlisten = ['tcp://a:1', 'tcp://b:2']\n")
        asked = parse(["serve", "echo"])
        assert asked is not None
        self.assertEqual(len(asked.plan.listen), 2)  # type: ignore[attr-defined]  # a ServePlan
        for line in ("port = [1]", "privacy = 3", "color = 3", "verbose = true", "port = 1979-05-27"):
            self.write(f"[serve.echo]\n{line}\n")
            self.assertRaises(click.UsageError, parse, ["serve", "echo"])

    def test_broken_or_missing_file(self) -> None:
        """Broken TOML, and a named file that is missing, are usage errors; the default file may be missing."""
        self.assertEqual(self.port(), 8000)
        self.assertRaises(click.BadParameter, parse, ["serve", "echo", "--config", "/nonexistent.toml"])
        self.write("port = = 7")
        self.assertRaises(click.BadParameter, parse, ["serve", "echo"])

    def test_config_command(self) -> None:
        """`tnet config path` prints where the file is looked for, `show` its text."""
        self.assertEqual(said(["config", "path"])[1], f"{default_path()}\n")
        self.assertEqual(said(["config", "show"])[1], "")
        self.write("color = 'never'\n")
        self.assertEqual(said(["config", "show"])[1], "color = 'never'\n")
