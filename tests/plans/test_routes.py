"""Tests for `--resolve` and `--connect-to`."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage
from tnet.plans.routes import MOST_ADDRESSES, Override, parse_connect_to, parse_resolve


class ResolveTests(SynchronousTestCase):
    """`parse_resolve`."""

    def test_good(self) -> None:
        """A host and a port, each of which may be any, have one address or several."""
        for text, override in (
            ("Host.example:80:192.0.2.1", Override("host.example", 80, ("192.0.2.1",))),
            ("h.:80:192.0.2.1, [::1],::2", Override("h", 80, ("192.0.2.1", "::1", "::2"))),
            ("*:443:::1", Override("", 443, ("::1",))),
            ("*:*:127.0.0.1", Override("", 0, ("127.0.0.1",))),
            ("[2001:db8::1]:80:::1", Override("2001:db8::1", 80, ("::1",))),
        ):
            self.assertEqual(parse_resolve(text), override)

    def test_bad(self) -> None:
        """Names instead of addresses, missing parts and too much are refused."""
        for text in (
            "", "h", "h:80", "h:80:", "h:80:other.example", ":80:1.2.3.4", "h::1.2.3.4", "h:x:1.2.3.4", "h:0:1.2.3.4",
            "h h:80:1.2.3.4", "-h:80", "h:80:1.2.3.4,", "h:80:" + ",".join(["1.2.3.4"] * (MOST_ADDRESSES + 1)),
        ):  # fmt: skip
            self.assertEqual(self.assertRaises(BadUsage, parse_resolve, text).field, "--resolve")


class ConnectToTests(SynchronousTestCase):
    """`parse_connect_to`."""

    def test_good(self) -> None:
        """What is left out is any, or stays."""
        for text, override in (
            ("a:80:B.example:81", Override("a", 80, to_host="b.example", to_port=81)),
            ("::b:", Override("", 0, to_host="b")),
            ("a:::81", Override("a", 0, to_port=81)),
            ("[::1]:80:[::2]:81", Override("::1", 80, to_host="::2", to_port=81)),
        ):
            self.assertEqual(parse_connect_to(text), override)

    def test_bad(self) -> None:
        """What leads nowhere, or is not in four parts, is refused."""
        for text in (
            "",
            "a:80",
            "a:80:b",
            ":::",
            "a:80::",
            "a:x:b:1",
            "a:1:b:x",
            "a:1:b c:1",
            "a:1:[::g]:1",
            "a:1:b:1:",
        ):
            self.assertEqual(self.assertRaises(BadUsage, parse_connect_to, text).field, "--connect-to")


class FitsTests(SynchronousTestCase):
    """`Override.fits`."""

    def test_fits(self) -> None:
        """Host and port have to be the same, unless they are any."""
        for override, fits in (
            (Override("h", 80), True),
            (Override("", 80), True),
            (Override("h", 0), True),
            (Override("", 0), True),
            (Override("g", 80), False),
            (Override("h", 81), False),
        ):
            self.assertIs(override.fits("H.", 80), fits)
