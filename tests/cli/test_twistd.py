"""twistd's options, which are those of `tnet serve`."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from twisted.application.service import IService
from twisted.plugin import getPlugins
from twisted.trial.unittest import TestCase

import tnet
from tnet.cli.twistd import Options, makeService
from tnet.plans.serve import EchoPlan


class OptionsTests(TestCase):
    """What twistd calls, in the order in which it does."""

    def parsed(self, *argv: str) -> Options:
        """Options after parsing."""
        options = Options()
        options.parseOptions(list(argv))
        return options

    def test_the_plan_of_serve(self) -> None:
        """What follows `tnet` is what follows `tnet serve`."""
        asked = self.parsed("echo", "--port", "0", "-q").asked
        assert isinstance(asked.plan, EchoPlan)
        self.assertEqual((asked.command, asked.output.verbosity), ("serve echo", -1))

    def test_a_service_comes_out(self) -> None:
        """The service is made without a reactor running."""
        self.assertTrue(IService.providedBy(makeService(self.parsed("echo", "--port", "0"))))

    def test_help_and_usage_errors_end(self) -> None:
        """Help is status 0, what cannot be meant status 2, both printed."""
        for argv, status in ((["echo", "--help"], 0), (["echo", "--port", "x"], 2), (["nonsense"], 2)):
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                error = self.assertRaises(SystemExit, self.parsed, *argv)
            self.assertEqual(error.code, status)
            self.assertIn("Usage: tnet serve", said.getvalue())


class PluginTests(TestCase):
    """The plugin that makes twistd find us."""

    def test_found(self) -> None:
        """Twisted finds a service maker called tnet that points here."""
        from twisted.application.service import IServiceMaker

        (ours,) = (maker for maker in getPlugins(IServiceMaker) if maker.tapname == "tnet")
        self.assertIs(ours.options, Options)

    def test_nothing_shadows_twisted(self) -> None:
        """No `__init__.py` makes a package of our folder of plugins: it would stand in front of Twisted's own."""
        source = Path(tnet.__file__).parent.parent / "twisted"
        if source.is_dir() and not (source / "internet").is_dir():
            self.assertEqual(list(source.rglob("__init__.py")), [])
