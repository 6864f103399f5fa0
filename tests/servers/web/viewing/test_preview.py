"""Tests for tnet.servers.web.viewing.preview."""

from __future__ import annotations

from twisted.trial.unittest import TestCase

from tests.servers.web.page.reading import Parts
from tnet.servers.web.viewing.preview import DUMPED_BYTES, MAX_BYTES, Subject, readme, shown


def preview(name: bytes, data: bytes, *, source: bool = False) -> str:
    """What is shown of a file."""
    return shown(Subject(name, "./n%22", len(data), lambda at, size: data[at : at + size], source))


class PreviewTests(TestCase):
    """What is in files."""

    def test_media(self) -> None:
        """Pictures, sounds and films play themselves; documents are linked; nothing of them is read."""
        for name, tag in ((b"<a>.png", "img"), (b"a.svg", "img"), (b"a.mp3", "audio"), (b"a.webm", "video")):
            page = Parts(preview(name, b"<script>"))
            self.assertEqual([one["src"] for one in page.all(tag)], ["./n%22"], name)
            self.assertNotIn("script", page.tags)
        self.assertEqual(Parts(preview(b"a.pdf", b"%PDF")).links, ["./n%22"])

    def test_text(self) -> None:
        """Text is text, whatever it is called; HTML above all."""
        for name in (b"a.html", b"a.txt", b"LICENSE", b"a.bin"):
            page = Parts(preview(name, b"<script>alert(1)</script>"))
            self.assertEqual((page.tags & {"script"}, page.text), (set(), "<script>alert(1)</script>\n"), name)

    def test_bytes(self) -> None:
        """What is no text is shown as bytes."""
        page = Parts(preview(b"a.txt", b"\x00<b>" * 1000))
        self.assertEqual(len(page.text.splitlines()) * 16, DUMPED_BYTES)
        self.assertIn("These are the first 1.0 KiB of 3.9 KiB.", page.text)

    def test_prose(self) -> None:
        """Markdown is rendered, or shown as it was written."""
        self.assertEqual(len(Parts(preview(b"a.md", b"# x")).all("h1")), 1)
        self.assertEqual(len(Parts(preview(b"a.md", b"# x", source=True)).all("h1")), 0)
        self.assertEqual(len(Parts(preview(b"a.md", b"x" * 140_000)).all("h1")), 0)

    def test_limits(self) -> None:
        """Of a long text the beginning is shown, and that it is one; of an empty one, that it is empty."""
        page = preview(b"a.log", b"12345678\n" * 60_000)
        self.assertIn("the first 512.0 KiB of 527.3 KiB", page)
        self.assertLess(page.count("<span"), MAX_BYTES)
        self.assertIn("empty", preview(b"a.txt", b""))

    def test_readme(self) -> None:
        """A README of either kind has its name above it; one that is no text is nothing."""
        self.assertIn("<h1", readme(b"# x", b"README.md"))
        self.assertIn("<pre># &lt;x&gt;</pre>", readme(b"# <x>", b"README.txt"))
        self.assertIn("&lt;b&gt;", readme(b"x", b"<b>"))
        self.assertEqual(readme(b"\x00", b"README"), "")
        self.assertIn("<blockquote>", readme(b">" * 100_000, b"README.md"))
