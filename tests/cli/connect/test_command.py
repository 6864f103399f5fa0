"""`tnet connect …` as it is typed."""

from __future__ import annotations

import click
from click.testing import CliRunner
from twisted.trial.unittest import TestCase

from tnet.cli.main import parse, tnet


class ConnectTests(TestCase):
    """The command."""

    def test_help_shows_what_can_be_typed(self) -> None:
        """Its sections are about one thing each, and a dialect of STARTTLS is offered where there is one."""
        shown = CliRunner().invoke(tnet, ["connect", "--help"]).output
        for section in ("Conversation", "Script", "TLS", "Connection", "Probe", "Story"):
            self.assertIn(f"{section} options:", shown)
        self.assertIn("smtp|imap|pop3|ftp|xmpp|postgres|ldap", shown)

    def test_a_mistake_names_the_field(self) -> None:
        """In one line, before anything is opened, and with the status of a usage error."""
        for words, field in (
            (["h"], "TARGET"),
            (["h:0"], "TARGET"),
            (["h:65536"], "TARGET"),
            (["gopher://h:1"], "TARGET"),
            (["h", "1", "2"], "TARGET"),
            (["h:1", "--expect", "("], "--expect"),
            (["h:1", "--send", "\\q"], "--send"),
            (["h:1", "--proxy", "ftp://p"], "--proxy"),
            (["h:1", "--pin", "x"], "--pin"),
            (["h:1", "--sni", "x"], "--sni"),
            (["h:1", "--tofu"], "--tofu"),
            (["udp://h:1", "--tls"], "--tls"),
            (["udp://h:1", "--script", "s"], "--script"),
            (["udp://h:1", "--record", "f"], "--record"),
            (["ws://h/", "--starttls", "imap"], "--starttls"),
            (["tls://h:1", "--starttls", "smtp"], "--starttls"),
            (["h:1", "--tls", "--starttls", "smtp"], "--starttls"),
            (["unix:/x", "--source", "127.0.0.1"], "--source"),
            (["h:1", "--record", "-"], "--record"),
            (["h:1", "--replay", "r", "--send", "x"], "--replay"),
            (["h:1", "--script", "/nowhere"], "/nowhere"),
            (["ws://h/", "--tls"], "--tls"),
            (["h:x-y", "--probe"], "TARGET"),
            (["h:1", "--probe", "--proxy", "socks5://p"], "--proxy"),
            (["h:1", "--probe", "--tls"], "--tls"),
            (["h:1", "--probe", "--pin", "x"], "--pin"),
            (["h:1", "--probe", "--starttls", "smtp"], "--starttls"),
            (["h:1", "--probe", "--send", "x"], "--send"),
            (["h:1", "--probe", "--expect", "x"], "--expect"),
            (["h:1", "--probe", "--script", "/nowhere"], "--script"),
            (["h:1", "--probe", "--record", "f"], "--record"),
            (["h:1", "--probe", "--replay", "f"], "--replay"),
            (["h:1", "--probe", "--hex"], "--hex"),
            (["h:1", "--probe", "--retry", "0"], "--retry"),
            (["h:1", "--json"], "--json"),
            (["h:1", "--parallel", "64"], "--parallel"),
        ):
            with self.subTest(words=words):
                error = self.assertRaises(click.UsageError, parse, ["connect", *words])
                self.assertIn(field, error.format_message())
                self.assertEqual(error.exit_code, 2)
