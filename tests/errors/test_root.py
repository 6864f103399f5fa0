"""Tests for the tree of errors."""

from __future__ import annotations

import re
from collections.abc import Iterator

from twisted.trial.unittest import SynchronousTestCase

from tests.errors import test_ours, test_theirs
from tnet import errors
from tnet.errors import ExitStatus, Fault, TnetError

EXAMPLES = test_ours.EXAMPLES + test_theirs.EXAMPLES


def _leaves(kind: type[TnetError] = TnetError) -> Iterator[type[TnetError]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith(errors.__name__):
            if not child.__name__.startswith("_") and child.exit_status is not TnetError.exit_status:
                yield child
            yield from _leaves(child)


class ErrorTests(SynchronousTestCase):
    """Every leaf of the tree."""

    def test_examples_are_complete(self) -> None:
        """No error is without an example here."""
        self.assertEqual(set(_leaves()) - {type(error) for error, *_ in EXAMPLES}, set())

    def test_faults(self) -> None:
        """Whose fault it was follows from the branch."""
        for kind, fault in (
            (errors.BadUsage, Fault.USER),
            (errors.CannotListen, Fault.USER),
            (errors.ConnectFailed, Fault.NETWORK),
            (errors.CertificateRejected, Fault.PEER),
            (errors.Overloaded, Fault.OURS),
            (errors.Interrupted, Fault.NOBODY),
        ):
            self.assertIs(kind.fault, fault)

    def test_every_status_is_used(self) -> None:
        """Every exit status but success belongs to an error."""
        used = {error.exit_status for error, *_ in EXAMPLES} | {TnetError.exit_status}
        self.assertEqual(set(ExitStatus) - used, {ExitStatus.OK})

    def test_the_drawing(self) -> None:
        """The tree in the module's docstring is the tree."""
        drawn = dict(re.findall(r"(\w+) (\d+)", errors.__doc__ or ""))
        self.assertEqual(drawn, {type(error).__name__: str(status) for error, status, *_ in EXAMPLES})

    def test_plain_text(self) -> None:
        """The root can carry a text of its own."""
        self.assertEqual((str(TnetError("oh no")), TnetError("oh no").exit_status), ("oh no", ExitStatus.FAILED))
