"""The options of a fetch."""

from __future__ import annotations

import click
from twisted.trial.unittest import TestCase

from tnet.cli.fetch import fetch
from tnet.cli.fetch.options import fetches

# What is promised to users by name; more may be added, none may go or change silently.
PROMISED = (
    "--output-file -o --remote-name -O --output-dir --resume --segments --checksum --max-size --data --form "
    "--multipart --auth -a --auth-type --netrc --cookie-jar --session --follow --no-follow --max-redirects --retry "
    "--retry-max-time --compressed --proxy --noproxy --unix-socket --http1.1 --http2 --resolve --connect-to -4 -6 --ca "
    "--cert --key --pin --tls-min --insecure --connect-timeout --max-time --fail --check-status -i -I --print --pretty "
    "--raw --timings --write-out -w --har --report --slo --offline --curl -Z --input-file --race --stream"
)


class OptionTests(TestCase):
    """What they are called, and where they may come from."""

    def test_every_promised_option_is_there(self) -> None:
        """By the name that users know."""
        known = {name for option in fetch.params for name in (*option.opts, *option.secondary_opts)}
        self.assertEqual(set(PROMISED.split()) - known, set())

    def test_what_weakens_security_is_typed_each_time(self) -> None:
        """Case 54: neither a variable nor a file can switch it on for all; and no secret comes from there."""
        options = {option.name: option for option in fetch.params if isinstance(option, click.Option)}
        for name in ("insecure", "allow_downgrade", "show_secrets", "auth"):
            self.assertFalse(options[name].allow_from_autoenv, name)

    def test_the_decorator_adds_them_in_order(self) -> None:
        """They arrive under the names that `parts` reads."""

        @click.command()
        @fetches
        def command(**options: object) -> None:
            """Nothing."""

        names = [option.name for option in command.params]
        self.assertEqual((names[0], len(names)), ("data", len(set(names)) + 1))  # `version` has two flags
