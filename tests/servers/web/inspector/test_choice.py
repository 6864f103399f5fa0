"""Tests for what is looked at."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.servers.web.inspector.sightings import sighting
from tnet.servers.web.inspector.choice import Choice
from tnet.servers.web.inspector.shown import Shown


class ChoiceTests(SynchronousTestCase):
    """`Choice`."""

    def takes(self, text: str = "", show: str = "", **seen: object) -> bool:
        """Whether a POST that was not found is wanted."""
        row = Shown(sighting("POST", "/Api/things", **({"status": 404} | seen))).row()
        return Choice(text, show).takes(row)

    def test_words(self) -> None:
        """Each word has to be somewhere; 4xx is a class."""
        for text in ("", "post", "api THINGS", "404", "4xx post", "not found", "192.0.2"):
            self.assertTrue(self.takes(text), text)
        for text in ("get", "post other", "5xx", "200"):
            self.assertFalse(self.takes(text), text)

    def test_kinds(self) -> None:
        """What is shown of everything."""
        self.assertTrue(self.takes(show="wrong"))
        self.assertFalse(self.takes(show="open"))
        self.assertFalse(self.takes(show="cut"))
        self.assertFalse(self.takes(show="bins"))
        self.assertTrue(self.takes(show="bins", bin="/hook"))
        self.assertTrue(self.takes(show="open", over=False))
        self.assertTrue(self.takes(show="what is this?"))
