"""The options of a connection."""

from __future__ import annotations

import click
from twisted.trial.unittest import TestCase

from tnet.cli.connect import connect
from tnet.cli.connect.options import DIALECTS, Ordered, connects, order
from tnet.protocols.starttls.dialects import DIALECTS as KNOWN

# What is promised to users by name; more may be added, none may go or change silently.
PROMISED = (
    "--tls --starttls --ca --cert --key --sni --alpn --pin --tls-min --insecure --proxy --proxy-protocol -4 -6 "
    "--source --connect-timeout --idle-timeout --linger --crlf --hex --raw --no-shutdown --send --expect --script "
    "--record --replay --probe --retry --timings"
)


class OptionTests(TestCase):
    """What they are called, and in which order they stood."""

    def test_every_promised_option_is_there(self) -> None:
        """By the name that users know."""
        known = {name for option in connect.params for name in option.opts}
        self.assertEqual(set(PROMISED.split()) - known, set())

    def test_dialects(self) -> None:
        """What the command line offers is what the protocols know."""
        self.assertEqual(set(DIALECTS), set(KNOWN))

    def test_order(self) -> None:
        """Options that may be mixed are told apart by where they stand, each time."""
        seen: list[str] = []

        @click.command(cls=Ordered)
        @connects
        def command(**_: object) -> None:
            """Nothing."""
            seen.extend(order())

        command.main(["--expect", "a", "--send", "b", "--raw", "--expect", "c"], standalone_mode=False)
        self.assertEqual([name for name in seen if name in ("send", "expect")], ["expect", "send", "expect"])
