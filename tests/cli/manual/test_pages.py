"""Every man page, made from the command tree."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from twisted.trial.unittest import SkipTest, TestCase

from tnet.cli.main import tnet
from tnet.cli.manual.pages import examples, pages, title
from tnet.cli.tree import tree
from tnet.events.kinds import ALL_KINDS


class PageTests(TestCase):
    """Nodes in, mdoc out."""

    def setUp(self) -> None:
        self.root = tree(tnet)
        self.pages = pages(self.root)

    def test_every_option_is_in_its_page(self) -> None:
        """Each option of a command stands in its page under every name, and each command has a page."""
        for node in self.root.walk():
            page = self.pages[f"{title(node)}.1"].replace("\\-", "-")
            for option in node.options:
                for name in option.names:
                    self.assertIn(f"Fl {name.removeprefix('-')}", page)

    def test_every_event_is_described(self) -> None:
        """The page of the event stream names every event."""
        for kind in ALL_KINDS:
            self.assertIn(f".It Cm {kind.name}\n", self.pages["tnet-events.5"])

    def test_examples_are_commands(self) -> None:
        """What follows a pipe or another command is left out of an example's words."""
        self.assertIn(["users", "add", "alice"], list(examples(self.root)))

    def test_mandoc_has_nothing_to_say(self) -> None:
        """Every page is free of warnings."""
        if not shutil.which("mandoc"):
            raise SkipTest("mandoc is not installed")
        folder = Path(self.mktemp())
        folder.mkdir()
        for name, text in self.pages.items():
            (folder / name).write_text(text, "utf-8")
        files = sorted(map(str, folder.iterdir()))
        done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", *files], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
