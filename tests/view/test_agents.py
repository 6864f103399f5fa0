"""Tests for the names of clients."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.view.agents import agent

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64)"


class AgentTests(SynchronousTestCase):
    """`agent`."""

    def test_names(self) -> None:
        """A browser is called by its name and not its ancestors', everybody else by the first thing they say."""
        for text, name in (
            ("Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox 131"),
            (f"{LINUX} {WEBKIT} Chrome/129.0.0.0 Safari/537.36", "Chrome 129"),
            (f"{LINUX} {WEBKIT} HeadlessChrome/129.0.0.0 Safari/537.36", "headless Chrome 129"),
            (f"{LINUX} {WEBKIT} Chrome/129.0.0.0 Safari/537.36 Edg/129.0.2792.65", "Edge 129"),
            (f"{LINUX} {WEBKIT} Chrome/127.0.0.0 Safari/537.36 OPR/113.0.0.0", "Opera 113"),
            ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/17.6 Mobile/15E148 Safari/604.1", "Safari 17"),
            ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 CriOS/129.0 Mobile/15E148 Safari/604.1", "Chrome 129"),
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
            ("curl/8.5.0", "curl/8.5.0"),
            ("python-requests/2.31.0 x", "python-requests/2.31.0"),
            ("Mozilla/5.0", "Mozilla/5.0"),
            ("x" * 99, "x" * 23 + "…"),
            ("", ""),
            ("  ", ""),
            (None, ""),
        ):
            self.assertEqual(agent(text), name)

    @given(st.text())
    def test_short(self, text: str) -> None:
        """Whatever a client says, it takes little room."""
        self.assertLessEqual(len(agent(text)), 24)
