"""`tnet fetch …` as it is typed."""

from __future__ import annotations

import click
from click.testing import CliRunner
from twisted.trial.unittest import TestCase

from tnet.cli.main import parse, tnet


class FetchTests(TestCase):
    """The command."""

    def test_words_and_options_may_be_mixed(self) -> None:
        """Options stand anywhere; what begins with a dash is none behind a double dash."""
        asked = parse(["fetch", "--fail", "PUT", "h/x", "-o", "f", "a=b"])
        assert asked is not None
        self.assertEqual((asked.command, asked.plan.method, asked.plan.keeping.path), ("fetch", "PUT", "f"))  # type: ignore[attr-defined]  # a FetchPlan

    def test_help_shows_what_can_be_typed(self) -> None:
        """Its examples are commands that can be run, and its sections are about one thing each."""
        shown = CliRunner().invoke(tnet, ["fetch", "--help"]).output
        for line in (line.strip() for line in shown.splitlines() if line.strip().startswith("tnet fetch ")):
            self.assertIsNotNone(parse(line.split()[1:]), line)
        for section in ("Request", "Login and memory", "Download", "Output", "Measuring", "Connection", "TLS", "Story"):
            self.assertIn(f"{section} options:", shown)

    def test_a_mistake_names_the_field(self) -> None:
        """In one line, and with the status of a usage error."""
        for words, field in (
            ([], "URL"),
            (["ftp://h"], "URL"),
            (["h", "nonsense"], "ITEM"),
            (["h", "--proxy", "gopher://h"], "--proxy"),
            (["h", "--resolve", "h"], "--resolve"),
            (["h", "--connect-to", "h"], "--connect-to"),
            (["h", "--pin", "md5//x"], "--pin"),
            (["h", "--checksum", "crc:1", "-O"], "--checksum"),
            (["h", "--slo", "dns"], "--slo"),
            (["h", "--print", "x"], "--print"),
            (["h", "--write-out", "@"], "--write-out"),
        ):
            with self.subTest(words=words):
                error = self.assertRaises(click.UsageError, parse, ["fetch", *words])
                self.assertIn(field, error.format_message().partition(":")[0])
                self.assertEqual((error.exit_code, "\n" in error.format_message().partition("\n  hint")[0]), (2, False))
