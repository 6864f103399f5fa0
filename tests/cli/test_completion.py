"""`tnet completion`."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import TestCase

from tests.cli.test_main import said
from tnet.cli.completion import SHELLS, script


class CompletionTests(TestCase):
    """Printing and installing scripts."""

    def test_printed_to_the_letter(self) -> None:
        """The script goes to stdout, and nothing else does."""
        for shell in SHELLS:
            self.assertEqual(said(["completion", shell]), (0, script(shell), ""))

    def test_install_says_where(self) -> None:
        """--install writes below the XDG folders, twice without harm, and says where and what is left to do."""
        home = Path(self.mktemp()).absolute()
        homes = {"XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config")}
        self.patch(os, "environ", os.environ | homes)
        for shell in (*SHELLS, *SHELLS):
            status, out, err = said(["completion", shell, "--install"])
            self.assertEqual((status, out), (0, ""))
            place = Path(err.splitlines()[0].removeprefix("wrote "))
            self.assertEqual(place.read_text("utf-8"), script(shell))
            self.assertTrue(place.is_relative_to(home))

    def test_install_where_nobody_may_write(self) -> None:
        """A folder that cannot be made is one line and status 23."""
        self.patch(os, "environ", os.environ | {"XDG_DATA_HOME": "/proc/nowhere"})
        status, _, err = said(["completion", "bash", "--install"])
        self.assertEqual((status, err.count("\n")), (23, 1))
