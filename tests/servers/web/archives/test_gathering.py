"""Tests for tnet.servers.web.archives.gathering."""

from __future__ import annotations

import os

from tests.servers.web.served import ServedTestCase
from tests.servers.web.writing.written import Some
from tnet.servers.web.archives import gathering
from tnet.servers.web.archives.gathering import Gathering
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import Root
from tnet.servers.web.permissions import Permissions, Right


class GatheringTests(ServedTestCase):
    """What goes into an archive."""

    def gather(
        self, *names: bytes, permissions: Permissions | None = None, selection: tuple[bytes, ...] = ()
    ) -> list[bytes]:
        """The paths of what is found."""
        root = Root(self.path)
        self.addCleanup(root.close)
        found = Gathering(root, permissions or Permissions()).gather(names, selection, b"top")
        return [b"/".join(item.path) for item in found]

    def link(self, target: str, name: str) -> None:
        """A link in the directory."""
        os.symlink(target, os.path.join(self.path, name))

    def test_links(self) -> None:
        """A link to a file below the root is that file; to a directory, to the outside or to nothing it is left out."""
        self.link("a.txt", "sub/../sub/file")
        self.link("..", "sub/circle")
        self.link("../../secret", "sub/out")
        self.link("nowhere", "sub/dangling")
        self.link("../a.txt", "sub/inner")
        self.assertEqual(self.gather(b"sub"), [b"top", b"top/b.txt", b"top/inner"])

    def test_no_files(self) -> None:
        """FIFOs are left out, and so are uploads that are not complete."""
        os.mkfifo(os.path.join(self.path, "sub/fifo"))
        self.write("sub/.tnet-upload-x")
        self.assertEqual(self.gather(b"sub"), [b"top", b"top/b.txt"])

    def test_permissions(self) -> None:
        """What may not be seen is left out, judged where it stands and where a link leads."""
        self.link("sub/b.txt", "link")
        found = self.gather(permissions=Some(Right.ALL, sub=Right.READ, site=Right.LIST))
        self.assertFalse([path for path in found if b"sub" in path or b"site" in path])
        self.assertIn(b"top/link", found)
        self.assertNotIn(b"top/link", self.gather(permissions=Some(Right.ALL, sub=Right.LIST)))

    def test_order(self) -> None:
        """A directory comes before what is in it, its files before its directories."""
        self.assertEqual(self.gather(b"site"), [b"top", b"top/index.html"])
        self.write("site/z", "site/inner/a")
        self.assertEqual(self.gather(b"site"), [b"top", b"top/index.html", b"top/z", b"top/inner", b"top/inner/a"])

    def test_too_much(self) -> None:
        """More than an archive may hold is refused with a reason."""
        self.patch(gathering, "MAX_ENTRIES", 3)
        refusal = self.assertRaises(Refusal, self.gather)
        self.assertEqual(refusal.status, 413)
        self.assertIn("3 files", refusal.reason)

    def test_selection(self) -> None:
        """Each thing once, in the order of asking; a thing that is not there is named."""
        selection = (b"sub", b"a.txt", b"sub")
        self.assertEqual(self.gather(selection=selection), [b"top/sub", b"top/sub/b.txt", b"top/a.txt"])
        self.assertRaises(Refusal, self.gather, selection=(b"no/name",))

    def test_what_is_in_an_item(self) -> None:
        """An item knows its size, its time and its permissions."""
        root = Root(self.path)
        self.addCleanup(root.close)
        os.chmod(os.path.join(self.path, "a.txt"), 0o604)
        (item,) = Gathering(root, Permissions()).gather([], [b"a.txt"], b"top")
        self.assertEqual((item.size, item.modified, item.mode, item.is_directory), (5, 1_000_000_000, 0o604, False))
