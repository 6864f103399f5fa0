"""Tests for a server's first and last words."""

from __future__ import annotations

import shlex
from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import LISTENING, NASTY
from tnet.view.card import Card, reach
from tnet.view.theme import Brush
from tnet.view.words import Said


class ReachTests(SynchronousTestCase):
    """`reach`."""

    def test_commands(self) -> None:
        """Each tool is reached with the program that speaks to it, in words that a shell keeps whole."""
        v6 = replace(LISTENING, server_address="::1")
        every = replace(LISTENING, server_address="0.0.0.0")
        path = replace(LISTENING, endpoint="unix:/a b", server_address="unix:/a b", server_port=None)
        for event, words in (
            (LISTENING, ["tnet", "connect", "127.0.0.1:8000"]),
            (v6, ["tnet", "connect", "[::1]:8000"]),
            (every, ["tnet", "connect", "127.0.0.1:8000"]),
            (replace(LISTENING, tls=True), ["tnet", "connect", "tls://127.0.0.1:8000"]),
            (replace(v6, transport="udp"), ["tnet", "connect", "udp://[::1]:8000"]),
            (replace(v6, tool="web"), ["curl", "http://[::1]:8000/"]),
            (replace(LISTENING, tool="web", tls=True), ["curl", "https://127.0.0.1:8000/"]),
            (replace(v6, tool="ssh"), ["ssh", "-p", "8000", "USER@::1"]),
            (path, ["tnet", "connect", "unix:/a b"]),
            (replace(path, tool="web"), ["curl", "--unix-socket", "/a b", "http://localhost/"]),
        ):
            self.assertEqual(shlex.split(reach(event)), words)

    def test_brackets_are_quoted(self) -> None:
        """Brackets are quoted: a shell would look for files of that name."""
        self.assertIn("'[::1]:8000'", reach(replace(LISTENING, server_address="::1")))


class CardTests(SynchronousTestCase):
    """`Card`."""

    def setUp(self) -> None:
        self.written: list[str] = []
        self.card = Card("serve echo", Brush(unicode=False), self.written.append)

    def test_title_once(self) -> None:
        """The title comes first, once, whatever the first line is."""
        self.card.account("tnet", "s3cret")
        self.card.listening(LISTENING)
        self.card.note("hello")
        self.assertEqual([line.split()[0] for line in self.written], ["*", "account", "listening", "note"])
        self.assertEqual(self.card.rows, 4)
        self.assertIn("s3cret", self.written[1])
        self.assertTrue(self.written[2].endswith("tnet connect 127.0.0.1:8000\n"))

    def test_harmless(self) -> None:
        """A note cannot break out of its line."""
        self.card.note(NASTY)
        self.assertEqual(self.written[1].count("\n"), 1)
        self.assertNotIn("\x1b", self.written[1])

    def test_farewell(self) -> None:
        """The last card says how it ended, then what there was."""
        self.card.farewell(Said("stopped", "interrupted after 1.0 s"), [("connections", "3")])
        self.assertEqual(self.written[0], "* stopped tnet serve echo  interrupted after 1.0 s\n")
        self.assertEqual(self.written[1].split(), ["connections", "3"])
