"""Tests for what a client is told of a failing upstream."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import (
    BadUsage,
    BodyCutShort,
    CertificateRejected,
    ConnectFailed,
    EmptyReply,
    MalformedReply,
    NameFailure,
    NameNotResolved,
    ReceiveFailed,
    SendFailed,
    TimedOut,
)
from tnet.errors.theirs import FailedAttempt
from tnet.servers.web.proxying.failures import refusal_for

WHERE = "internal.example:9000"


class FailureTests(SynchronousTestCase):
    """`refusal_for`."""

    def test_all(self) -> None:
        """It is told what went wrong, but not where the upstream is."""
        attempts = tuple(FailedAttempt(WHERE, reason, 0.1) for reason in ("refused", "no route", "refused"))
        for error, status, words in (
            (TimedOut("answering", 60), 504, "answering took longer than 60 s"),
            (NameNotResolved(WHERE, NameFailure.NOT_FOUND), 502, "no such name"),
            (ConnectFailed(WHERE, attempts), 502, "cannot be reached: refused, no route"),
            (CertificateRejected(WHERE, "self-signed"), 502, "TLS with the upstream failed: self-signed"),
            (MalformedReply(WHERE, "no status"), 502, "malformed: no status"),
            (EmptyReply(WHERE, "x"), 502, "without an answer"),
            (BodyCutShort(3, 5), 502, "cut short"),
            (ReceiveFailed(WHERE, "reset by peer"), 502, "broke: reset by peer"),
            (SendFailed(WHERE, "reset by peer"), 502, "broke: reset by peer"),
            (BadUsage(WHERE, "x"), 502, "cannot be used"),
        ):
            refusal = refusal_for(error)
            self.assertEqual(refusal.status, status)
            self.assertIn(words, refusal.reason)
            self.assertNotIn("internal", refusal.reason)
