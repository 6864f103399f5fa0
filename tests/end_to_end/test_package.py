"""The wheel and the sdist, built and installed as a user would get them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

from twisted.trial.unittest import SkipTest, TestCase

from tests.end_to_end.command import environment

ROOT = Path(__file__).resolve().parents[2]


class PackageTests(TestCase):
    """What is inside, and whether it runs."""

    timeout = 600

    def build(self, kind: str) -> Path:
        """The path of a freshly built distribution."""
        try:
            import hatchling  # noqa: F401
        except ImportError:
            raise SkipTest("hatchling is not installed") from None
        folder = Path(self.mktemp()).absolute()
        command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        (built,) = folder.iterdir()
        return built

    def test_wheel_has_everything_in_its_place(self) -> None:
        """What others look for is where they look for it, and nothing stands in front of Twisted."""
        names = zipfile.ZipFile(self.build("wheel")).namelist()
        share = [name.partition(".data/data/share/")[2] for name in names if ".data/data/share/" in name]
        for wanted in ("tnet/py.typed", "tnet/events/schema.json", "twisted/plugins/tnet_plugin.py"):
            self.assertIn(wanted, names)
        for wanted in (
            "bash-completion/completions/tnet",
            "zsh/site-functions/_tnet",
            "fish/vendor_completions.d/tnet.fish",
            "tnet/fail2ban/tnet.conf",
            "man/man1/tnet-serve-echo.1",
            "man/man5/tnet-events.5",
        ):
            self.assertIn(wanted, share)
        ours_of_twisted = [name for name in names if name.startswith("twisted/")]
        self.assertEqual(ours_of_twisted, ["twisted/plugins/tnet_plugin.py"])
        self.assertEqual([name for name in names if name.startswith("tests/")], [])

    def test_sdist_can_be_tested(self) -> None:
        """The sdist holds sources, tests, completions, man pages, and what the README speaks of."""
        with tarfile.open(self.build("sdist")) as archive:
            names = {name.partition("/")[2] for name in archive.getnames()}
        for wanted in (
            "README.md",
            "CHANGELOG.md",
            "LICENSE",
            "completions/_tnet",
            "contrib/fail2ban/tnet.conf",
            "man/man1/tnet.1",
            "src/twisted/plugins/tnet_plugin.py",
            "tests/test_architecture.py",
        ):
            self.assertIn(wanted, names)
        self.assertEqual([name for name in names if name.endswith("dropin.cache")], [])

    def test_wheel_runs_in_a_clean_venv(self) -> None:
        """Installed in a venv, the command runs, Twisted finds the plugin, and the man pages are there.

        What tnet depends on is lent by the venv of the tests, so that nothing is fetched.
        """
        wheel, folder = self.build("wheel"), Path(self.mktemp()).absolute()
        venv.create(folder, with_pip=False, symlinks=True)
        python = str(folder / "bin" / "python")
        self.call(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", str(wheel))
        (packages,) = (folder / "lib").glob("python*/site-packages")
        (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
        home = folder / "home"
        self.assertIn("tnet ", self.call(str(folder / "bin" / "tnet"), "--version", home=home))
        self.assertIn("--max-per-peer", self.call(str(folder / "bin" / "tnet"), "serve", "echo", "--help", home=home))
        self.assertIn("\n    tnet ", self.call(python, "-m", "twisted", "--help", home=home))
        page = folder / "share" / "man" / "man1" / "tnet-serve-web.1"
        self.assertTrue(page.is_file())
        if shutil.which("mandoc"):
            self.assertIn("A directory over HTTP", self.call("mandoc", "-T", "ascii", str(page)))

    def call(self, *command: str, home: Path | None = None) -> str:
        """The stdout of a command that must succeed."""
        variables = environment(home) if home else None
        done = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=120, check=False, cwd="/")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout
