"""Tests for tnet.servers.web.page.menus."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.servers.web.page.reading import Parts
from tnet.servers.web.page.menus import menu, share_menu


class MenuTests(TestCase):
    """Menus."""

    def test_menu(self) -> None:
        """A menu opens without a script."""
        page = Parts(menu("down", "Download", "<a href=x>y</a>", "id"))
        self.assertEqual(
            (page.all("details", id="id")[0]["class"], page.text, page.links), ("menu", "Downloady", ["x"])
        )

    def test_share(self) -> None:
        """Sharing sends how long the link is to live, in seconds."""
        page = Parts(share_menu("file"))
        self.assertEqual(page.all("input", name="action")[0]["value"], "share")
        self.assertTrue(all(option["value"].isdigit() for option in page.all("option")))
        self.assertIn("read this file", page.text)
