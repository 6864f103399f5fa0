"""The command line as a whole: argv in, plan or exit status out."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys

import click
from twisted.trial.unittest import TestCase

from tnet.cli.main import parse, run, tnet
from tnet.cli.manual.pages import examples
from tnet.cli.tree import tree
from tnet.plans import TcpAddress
from tnet.plans.serve import EchoPlan


def said(argv: list[str]) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a command line that starts nothing."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(argv)
    return status, out.getvalue(), err.getvalue()


class ParseTests(TestCase):
    """From argv to what was asked."""

    def test_plan_output_and_command(self) -> None:
        """A command line becomes a plan, the way to tell its story, and the command's name."""
        asked = parse(["serve", "echo", "--port", "0", "-q"])
        assert asked is not None
        self.assertEqual(asked.plan, EchoPlan(listen=(TcpAddress("localhost", 0),)))
        self.assertEqual((asked.output.verbosity, asked.command), (-1, "serve echo"))

    def test_every_example_of_the_help_parses(self) -> None:
        """Each example line in the help is a command line that is accepted."""
        lines = list(examples(tree(tnet)))
        self.assertGreater(len(lines), 10)
        for words in lines:
            if words[0] in {"serve", "connect", "fetch"}:
                self.assertIsNotNone(parse(words), words)

    def test_usage_errors_name_the_field(self) -> None:
        """What cannot be meant raises Click's usage error with the field's name in its line."""
        for argv, field in [
            (["serve", "echo", "--port", "65536"], "--port"),
            (["connect", "nowhere"], "TARGET"),
            (["connect", "a:0"], "TARGET"),
            (["serve", "echo", "--listen", "bogus://x:1"], "--listen"),
            (["serve", "echo", "--cert", "x.pem"], "--cert"),
            (["serve", "echo", "--public", "--host", "::1"], "--public"),
            (["fetch", "ftp://x/"], "URL"),
            (["connect", "a:1", "--insecure"], "--insecure"),
            (["serve", "echo", "-q", "-v"], "-q"),
        ]:
            with self.assertRaises(click.UsageError) as caught:
                parse(argv)
            self.assertIn(field, caught.exception.format_message(), argv)


class RunTests(TestCase):
    """What is answered without starting anything."""

    def test_did_you_mean(self) -> None:
        """A misspelt command is status 2 with the likely one named on stderr."""
        status, out, err = said(["serve", "eco"])
        self.assertEqual((status, out), (2, ""))
        self.assertIn("Did you mean 'echo'?", err)

    def test_hint_follows_the_error(self) -> None:
        """A usage error of ours ends with its hint."""
        status, _, err = said(["connect", "::1:80"])
        self.assertEqual(status, 2)
        self.assertIn("hint: write an IPv6 address as [ADDR]:PORT", err)

    def test_version_names_what_matters(self) -> None:
        """--version is one line with tnet, Python, Twisted and OpenSSL."""
        status, out, _ = said(["--version"])
        self.assertEqual((status, out.count("\n")), (0, 1))
        self.assertRegex(out, r"^tnet \d\S* \(Python \d\S*, Twisted \d\S*, OpenSSL \d\S*\)$")

    def test_short_and_long_help(self) -> None:
        """-h and --help say the same, and every option listed has an explanation."""
        self.assertEqual(said(["serve", "web", "-h"]), said(["serve", "web", "--help"]))

    def test_help_imports_neither_twisted_nor_rich(self) -> None:
        """`tnet --help`, usage errors and completion scripts import Click alone."""
        program = (
            "import sys; from tnet.cli.main import run; run({argv!r});"
            "sys.exit(','.join(sorted({{name.partition('.')[0] for name in sys.modules}}"
            " & {{'twisted', 'rich', 'OpenSSL', 'cryptography', 'httptools'}})) or 0)"
        )
        for argv in (["--help"], ["serve", "echo", "--help"], ["serve", "echo", "--bogus"], ["completion", "zsh"]):
            command = [sys.executable, "-c", program.format(argv=argv)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, f"{argv}: {done.stderr[-200:]}")
