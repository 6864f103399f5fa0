"""What is generated is committed, and cannot drift."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import TestCase

from tnet.cli.generate import generated, write

ROOT = Path(__file__).resolve().parents[2]


class DriftTests(TestCase):
    """The committed files are what the command tree makes."""

    def test_nothing_drifted(self) -> None:
        """Each committed file is made again to the letter; if not, run `python -m tnet.cli.generate`."""
        drifted = [name for name, text in generated().items() if (ROOT / name).read_text("utf-8") != text]
        self.assertEqual(drifted, [])

    def test_no_page_of_a_command_that_is_gone(self) -> None:
        """No man page stands there that nothing makes."""
        committed = {str(page.relative_to(ROOT)) for page in (ROOT / "man").glob("man?/*")}
        self.assertEqual(committed - generated().keys(), set())

    def test_writing_removes_strays(self) -> None:
        """Writing into a folder makes every file, and removes pages of commands that are gone."""
        folder = Path(self.mktemp())
        stray = folder / "man" / "man1" / "tnet-gone.1"
        stray.parent.mkdir(parents=True)
        stray.touch()
        write(folder)
        self.assertFalse(stray.exists())
        self.assertTrue((folder / "completions" / "_tnet").is_file())
