"""What both clients take to reach a peer."""

from __future__ import annotations

from typing import Any

import click
from twisted.trial.unittest import TestCase

from tnet.cli.dialing import tls_dialing
from tnet.cli.main import parse
from tnet.errors import BadUsage
from tnet.plans.tls import TlsDialing

NOTHING: dict[str, Any] = {
    "ca": None, "cert": None, "key": None, "sni": None, "alpn": (), "insecure": False, "pin": (), "tls_min": "1.2",
}  # fmt: skip
PIN = "sha256//" + "A" * 43 + "="


class TlsDialingTests(TestCase):
    """Options in, TlsDialing out."""

    def test_not_wanted(self) -> None:
        """Without TLS there is no plan for it, and its options are refused rather than ignored."""
        self.assertIsNone(tls_dialing(NOTHING, wanted=False))
        for name in ("ca", "sni", "insecure"):
            self.assertRaises(click.UsageError, self.within_a_command, NOTHING | {name: "x"}, wanted=False)

    def test_wanted(self) -> None:
        """Each option sets its field; verification is on unless told otherwise."""
        self.assertEqual(tls_dialing(NOTHING, wanted=True), TlsDialing())
        full = {"ca": "a", "cert": "c", "key": "k", "sni": "s", "alpn": ("h2",), "insecure": True}
        full |= {"pin": (PIN, f"{PIN};{PIN}"), "tls_min": "1.3"}
        self.assertEqual(
            tls_dialing(full, wanted=True),
            TlsDialing(
                verify=False,
                ca_file="a",
                certificate_file="c",
                key_file="k",
                server_name="s",
                alpn=("h2",),
                pins=(PIN,) * 3,
                min_version="1.3",
            ),
        )

    def test_the_protocol_of_fetch_is_not_chosen(self) -> None:
        """HTTP decides what fetch offers; connect offers what it is told."""
        self.assertRaises(click.NoSuchOption, parse, ["fetch", "h", "--alpn", "h2"])
        asked = parse(["connect", "tls://h:1", "--alpn", "a", "--alpn", "b"])
        assert asked is not None
        self.assertEqual(asked.plan.tls.alpn, ("a", "b"))  # type: ignore[attr-defined]  # a ConnectPlan

    def test_certificate_and_key_go_together(self) -> None:
        """One without the other is a usage error."""
        self.assertRaises(click.UsageError, self.within_a_command, NOTHING | {"cert": "c"}, wanted=True)

    def test_protocols_that_cannot_be_offered(self) -> None:
        """A protocol's name of no bytes, too many or others than ASCII is refused before anything is opened."""
        for bad in ("", "x" * 256, "hé"):
            error = self.assertRaises(BadUsage, tls_dialing, NOTHING | {"alpn": ("h2", bad)}, wanted=True)
            self.assertIn("--alpn", str(error))
        self.assertIsNotNone(tls_dialing(NOTHING | {"alpn": ("x" * 255,)}, wanted=True))

    def test_names_that_no_host_has(self) -> None:
        """What cannot be the name of a host is refused, the empty one, too; without TLS it is one option too many."""
        for bad in ("", "a b", "a..b", "x" * 64 + ".example", "h:1", "\0"):
            error = self.assertRaises(BadUsage, tls_dialing, NOTHING | {"sni": bad}, wanted=True)
            self.assertIn("--sni", str(error))
        for good in ("h.example.", "bücher.example", "192.0.2.1", "::1"):
            self.assertIsNotNone(tls_dialing(NOTHING | {"sni": good}, wanted=True))
        self.assertRaises(click.UsageError, self.within_a_command, NOTHING | {"sni": ""}, wanted=False)

    def within_a_command(self, options: dict[str, Any], *, wanted: bool) -> object:
        """`tls_dialing` as a command would call it."""
        with click.Context(click.Command("connect")):
            return tls_dialing(options, wanted=wanted)
