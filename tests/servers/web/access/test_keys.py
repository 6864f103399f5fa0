"""The signing key: made once, well kept."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import TestCase

from tnet.errors import CannotRead
from tnet.servers.web.access.keys import default_path, open_key


class KeyTests(TestCase):
    """A key file in a folder of its own."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / "web" / "signing.key"

    def test_place(self) -> None:
        """It is with what must not be lost."""
        self.assertEqual(default_path({"XDG_DATA_HOME": "/d", "HOME": "/h"}), Path("/d/tnet/web/signing.key"))

    def test_made_once(self) -> None:
        """The first call makes a random key that only we can read; the next ones find it."""
        key = open_key(self.path)
        self.assertEqual((len(key), open_key(self.path)), (32, key))
        self.assertEqual(self.path.stat().st_mode & 0o7777, 0o600)
        self.assertNotEqual(open_key(Path(self.mktemp()) / "key"), key)

    def test_not_a_key(self) -> None:
        """What is no key is refused, and so is one that others can read; neither is replaced."""
        open_key(self.path)
        self.path.chmod(0o640)
        self.assertRaises(CannotRead, open_key, self.path)
        self.path.chmod(0o600)
        for text in ("", "00" * 31, "zz" * 32, "schlüssel", "00" * 100):
            self.path.write_text(text, "utf-8")
            self.assertRaises(CannotRead, open_key, self.path)
            self.assertEqual(self.path.read_text("utf-8"), text)
