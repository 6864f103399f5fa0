"""Tests for tnet.servers.web.page.icons."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.servers.web.page.reading import Parts
from tnet.servers.web.page.icons import drawings, favicon, icon
from tnet.servers.web.viewing.kinds import Kind


class IconTests(TestCase):
    """Drawings."""

    def test_kinds(self) -> None:
        """Every kind of file has its drawing, which screen readers pass over."""
        page = Parts(drawings(Kind) + "".join(map(icon, Kind)))
        drawn = {symbol["id"] for symbol in page.all("symbol")}
        self.assertEqual({use["href"].removeprefix("#") for use in page.all("use")}, drawn)
        self.assertEqual(len(page.all("svg", aria_hidden="true")), len(Kind) + 1)

    def test_favicon(self) -> None:
        """A drawing that stands alone, and runs nothing."""
        self.assertEqual(Parts(favicon()).tags, {"svg", "path"})
