"""The source address of a connection."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tnet.errors import BadUsage
from tnet.net.source import agreed_family, parse_source


class ParseTests(TestCase):
    """`parse_source`."""

    def test_accepted(self) -> None:
        """An address of either family, with and without a port."""
        for text, expected in (
            ("127.0.0.1", ("127.0.0.1", 0)),
            ("127.0.0.1:99", ("127.0.0.1", 99)),
            ("127.0.0.1:0", ("127.0.0.1", 0)),
            ("::1", ("::1", 0)),
            ("[::1]", ("::1", 0)),
            ("[::1]:65535", ("::1", 65535)),
            ("fe80::1%lo", ("fe80::1%lo", 0)),
        ):
            self.assertEqual(parse_source(text), expected)

    def test_refused(self) -> None:
        """Names, bad ports and half-written addresses are refused, naming the option."""
        for text in (
            "",
            "localhost",
            "localhost:1",
            "127.0.0.1:",
            "127.0.0.1:x",
            "127.0.0.1:65536",
            "[::1",
            "[::1]x",
            "[::1]:",
            ":80",
            "[127.0.0.1:1",
            "300.1.1.1",
            "::1]:80",
        ):
            error = self.assertRaises(BadUsage, parse_source, text)
            self.assertEqual(error.field, "--source", text)


class AgreedFamilyTests(TestCase):
    """`agreed_family`."""

    def test_agreement(self) -> None:
        """The source decides the family that the user left open."""
        self.assertIsNone(agreed_family(None, None))
        self.assertEqual(agreed_family(6, None), 6)
        self.assertEqual(agreed_family(None, ("::1", 0)), 6)
        self.assertEqual(agreed_family(4, ("127.0.0.1", 5)), 4)

    def test_contradiction(self) -> None:
        """A source of the other family is refused."""
        self.assertRaises(BadUsage, agreed_family, 6, ("127.0.0.1", 0))
