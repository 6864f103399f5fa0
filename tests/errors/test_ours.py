"""Tests for the errors of our side."""

from __future__ import annotations

import errno

from twisted.trial.unittest import SynchronousTestCase

from tnet import errors
from tnet.errors import TnetError

EXAMPLES: tuple[tuple[TnetError, int, str, str], ...] = (
    (errors.BadUsage("--port", "no number", "0 to 65535"), 2, "--port: no number", "0 to 65535"),
    (errors.CannotWrite("/f", "no space"), 23, "cannot write /f: no space", ""),
    (errors.CannotRead("/f", "no such file"), 26, "cannot read /f: no such file", ""),
    (errors.OwnCertificateUnusable("/c", "no key"), 58, "cannot use certificate /c: no key", ""),
    (
        errors.BodyNotResendable("http://h/"),
        65,
        "the body cannot be sent again to http://h/: it was read from a stream",
        "",
    ),
    (
        errors.CannotListen("tcp://h:1", "in use", "stop the other"),
        69,
        "cannot listen on tcp://h:1: in use",
        "stop the other",
    ),
    (errors.CaFileUnusable("/c", "empty"), 77, "cannot use CA file /c: empty", ""),
    (errors.PartlyFailed(2, 3), 113, "2 of 3 failed", ""),
    (errors.Overloaded("hashing"), 1, "hashing is busy: try again later", ""),
    (errors.Interrupted(), 130, "interrupted", ""),
    (errors.OutputClosed(), 141, "output closed", ""),
    (errors.Terminated(), 143, "terminated", ""),
)


class OursTests(SynchronousTestCase):
    """Every leaf on our side."""

    def test_examples(self) -> None:
        """Each has its exit status, its one line and its hint."""
        for error, status, line, hint in EXAMPLES:
            self.assertEqual((int(error.exit_status), str(error), error.hint), (status, line, hint))

    def test_failed_writes(self) -> None:
        """A write fails because its reader has left, or for the system's reason."""
        self.assertIsInstance(errors.cannot_write("x", OSError(errno.EPIPE, "Broken pipe")), errors.OutputClosed)
        full = errors.cannot_write("x", OSError(errno.ENOSPC, "No space left"))
        self.assertEqual((full.exit_status, str(full)), (23, "cannot write x: No space left"))
