"""The folders below the XDG base directories."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import TestCase

from tnet.places import config_folder, data_folder, state_folder

FOLDERS = (
    (config_folder, "XDG_CONFIG_HOME", ".config"),
    (data_folder, "XDG_DATA_HOME", ".local/share"),
    (state_folder, "XDG_STATE_HOME", ".local/state"),
)


class PlacesTests(TestCase):
    """Variables in, paths out."""

    def test_the_variable_counts(self) -> None:
        """An absolute path in the variable is the base."""
        for folder, variable, _ in FOLDERS:
            self.assertEqual(folder({variable: "/base", "HOME": "/home/u"}), Path("/base/tnet"))

    def test_the_default_is_below_home(self) -> None:
        """Without the variable, or with a relative path in it, the default of the specification holds."""
        for folder, variable, fallback in FOLDERS:
            for environ in (
                {"HOME": "/home/u"},
                {"HOME": "/home/u", variable: "relative"},
                {"HOME": "/home/u", variable: ""},
            ):
                self.assertEqual(folder(environ), Path("/home/u", fallback, "tnet"))

    def test_without_a_home(self) -> None:
        """Where HOME is not set the user's own entry counts; the path is absolute in any case."""
        for folder, _, _ in FOLDERS:
            self.assertTrue(folder({}).is_absolute())
