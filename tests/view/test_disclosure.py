"""Tests for the place where a one-time account is kept."""

from __future__ import annotations

import stat
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import CannotWrite
from tnet.view.disclosure import Safe


class SafeTests(SynchronousTestCase):
    """`Safe`."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()

    def _kept(self, environ: dict[str, str]) -> tuple[Safe, str, Path]:
        safe = Safe(environ)
        notice = safe.keep("tnet", "s3cret")
        return safe, notice, Path(notice.rpartition(" ")[2])

    def test_private(self) -> None:
        """The account is in a file and a folder that nobody else can read; the notice has the path only."""
        _, notice, path = self._kept({"XDG_RUNTIME_DIR": str(self.home)})
        self.assertEqual(path.parent, self.home / "tnet" / "accounts")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)
        self.assertEqual(path.read_text(), "user: tnet\npassword: s3cret\n")
        self.assertNotIn("s3cret", notice)

    def test_withdrawn(self) -> None:
        """Nothing is left when the process is over."""
        safe, _, path = self._kept({"XDG_RUNTIME_DIR": str(self.home)})
        safe.withdraw()
        safe.withdraw()
        self.assertFalse(path.exists())

    def test_state_home(self) -> None:
        """Without a runtime folder it is the state home's, or the default one under the home."""
        _, _, path = self._kept({"XDG_STATE_HOME": str(self.home / "state")})
        self.assertEqual(path.parent, self.home / "state" / "tnet" / "accounts")
        _, _, path = self._kept({"HOME": str(self.home), "XDG_RUNTIME_DIR": "relative"})
        self.assertEqual(path.parent, self.home / ".local" / "state" / "tnet" / "accounts")

    def test_folder_of_others(self) -> None:
        """A folder that others can enter, or a link to somewhere, is not trusted with a secret."""
        folder = self.home / "tnet" / "accounts"
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        self.assertRaises(CannotWrite, Safe({"XDG_RUNTIME_DIR": str(self.home)}).keep, "u", "p")
        folder.rmdir()
        (self.home / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(self.home / "elsewhere")
        self.assertRaises(CannotWrite, Safe({"XDG_RUNTIME_DIR": str(self.home)}).keep, "u", "p")
        self.assertEqual(list((self.home / "elsewhere").iterdir()), [])

    def test_unusable_folder(self) -> None:
        """A folder that cannot be made is an error that names the path."""
        (self.home / "tnet").write_text("")
        error = self.assertRaises(CannotWrite, Safe({"XDG_RUNTIME_DIR": str(self.home)}).keep, "u", "p")
        self.assertIn(str(self.home / "tnet"), error.path)
