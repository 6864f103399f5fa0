"""Standard descriptors that were closed."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

from twisted.trial.unittest import TestCase

from tnet.runtime import descriptors

_SCRIPT = """
import os, sys
sys.path.insert(0, sys.argv[1])
from tnet.runtime.descriptors import occupy_standard_descriptors
occupy_standard_descriptors()
for fd in range(3):
    assert os.fstat(fd).st_rdev == os.stat(os.devnull).st_rdev and os.get_inheritable(fd), fd
assert os.open(os.devnull, os.O_RDONLY) == 3
assert sys.stdin.read() == ""
sys.stdout.write("to nobody"); sys.stderr.write("to nobody")
"""


class OccupyTests(TestCase):
    """A process that was started with closed descriptors."""

    def test_closed_ones_are_occupied(self) -> None:
        """0, 1 and 2 lead to /dev/null, nothing else is left open, and Python has its streams."""
        source = os.path.dirname(os.path.dirname(os.path.dirname(descriptors.__file__)))
        words = ["sh", "-c", '"$@" <&- >&- 2>&-', "sh", sys.executable, "-c", _SCRIPT, source]
        self.assertEqual(subprocess.run(words, check=False, timeout=20).returncode, 0)

    def test_open_ones_stay(self) -> None:
        """What is open is left alone."""
        before = [os.fstat(fd) for fd in range(3)]
        descriptors.occupy_standard_descriptors()
        self.assertEqual([os.fstat(fd) for fd in range(3)], before)


class LimitTests(TestCase):
    """How many descriptors a server may open."""

    def test_the_soft_limit_follows_the_hard_one(self) -> None:
        """A lowered soft limit is raised to the hard one; raising it again changes nothing."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 200), hard))
        for _ in range(2):
            self.assertEqual(descriptors.raise_descriptor_limit(), hard)
            self.assertEqual(resource.getrlimit(resource.RLIMIT_NOFILE), (hard, hard))
