"""The dialects there are."""

from twisted.trial.unittest import TestCase

from tnet.plans import serve
from tnet.protocols.auth.dialects import DIALECTS


class DialectTests(TestCase):
    """By name."""

    def test_each_that_can_be_asked_for(self) -> None:
        """Every name that a plan may have is there, and nothing else."""
        self.assertEqual(tuple(DIALECTS), serve.DIALECTS)
