"""A directory full of cases, served in memory."""

from __future__ import annotations

import os
from typing import Any

from twisted.trial.unittest import TestCase

from tests.servers.web.wire import Wire
from tests.support import AtOnce
from tnet.servers.web.files.root import Root
from tnet.servers.web.listing import DirectoryPages
from tnet.servers.web.tree import Tree
from tnet.servers.web.writing.writing import Writing


class ServedTestCase(TestCase):
    """Has a directory with a few files at `path`, and serves it."""

    def setUp(self) -> None:
        self.path = os.path.join(self.mktemp(), "root")
        self.write("a.txt", "sub/b.txt", "site/index.html", ".env", ".well-known/x", "p.html", "../secret")

    def write(self, *names: str) -> None:
        """Make files that hold their own names."""
        for name in names:
            path = os.path.join(self.path, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(name)
            os.utime(path, (1_000_000_000, 1_000_000_000))

    def serve(
        self,
        *,
        hidden: bool = False,
        workers: Any = None,
        max_body_bytes: int = 1 << 20,
        list_directories: bool = True,
        accept_uploads: bool = False,
        **options: Any,
    ) -> Wire:
        """A wire to the directory."""
        root, workers = Root(self.path, hidden=hidden), workers or AtOnce()
        self.addCleanup(root.close)
        options.setdefault("pages", DirectoryPages(root, workers, uploads=accept_uploads) if list_directories else None)
        options.setdefault("writing", Writing(root, workers) if accept_uploads else None)
        return Wire(Tree(root, workers, **options), max_body_bytes=max_body_bytes)

    def content(self, name: str) -> bytes:
        """What a file in the directory holds."""
        with open(os.path.join(self.path, name), "rb") as file:
            return file.read()

    def names(self, directory: str = "") -> set[str]:
        """What is in a directory."""
        return set(os.listdir(os.path.join(self.path, directory)))
