"""What is looked at below a directory."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import TestCase

from tnet.servers.web.live_reload.looking import TooMany, directories, looks, shows


class LookingTests(TestCase):
    """A small tree."""

    def setUp(self) -> None:
        self.root = Path(self.mktemp()).absolute()
        for name in ("a/b/x.html", "c/y.css", ".git/z", "a/.hidden"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(name)
        (self.root / "link").symlink_to("a")

    def names(self, paths: object) -> set[str]:
        """Paths below the root."""
        assert isinstance(paths, list | dict)
        return {os.path.relpath(os.fsdecode(path), self.root) for path in paths}

    def test_directories(self) -> None:
        """All of them, but for hidden ones and what links lead to."""
        self.assertEqual(self.names(directories(os.fsencode(self.root), hidden=False)), {".", "a", "a/b", "c"})
        self.assertIn(".git", self.names(directories(os.fsencode(self.root), hidden=True)))

    def test_too_many(self) -> None:
        """More directories than may be watched are not half watched."""
        self.assertRaises(TooMany, directories, os.fsencode(self.root), hidden=False, most=3)
        self.assertEqual(len(directories(os.fsencode(self.root), hidden=False, most=4)), 4)

    def test_looks(self) -> None:
        """A file looks otherwise when it was written, and there are never more than so many."""
        before = looks(os.fsencode(self.root), hidden=False)
        self.assertEqual(self.names(before), {"a/b/x.html", "c/y.css", "link"})
        (self.root / "c" / "y.css").write_text("longer than before")
        after = looks(os.fsencode(self.root), hidden=False)
        self.assertEqual(self.names([path for path, _ in before.items() ^ after.items()]), {"c/y.css"})
        self.assertEqual(len(looks(os.fsencode(self.root), hidden=True, most=2)), 2)

    def test_what_is_not_there(self) -> None:
        """A root that is gone holds nothing."""
        self.assertEqual(looks(b"/nowhere at all", hidden=False), {})

    def test_shows(self) -> None:
        """Unfinished uploads are never looked at."""
        self.assertEqual([shows(name, True) for name in (b"a", b".a", b".tnet-upload-1")], [True, True, False])
        self.assertFalse(shows(b".a", False))
