"""Tests for the errors of their side."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet import errors
from tnet.errors import FailedAttempt, NameFailure, TnetError

_REFUSED = FailedAttempt("127.0.0.1:1", "connection refused", 0.0004)
_SLOW = FailedAttempt("[::1]:1", "timed out", 5.0)

EXAMPLES: tuple[tuple[TnetError, int, str, str], ...] = (
    (
        errors.NameNotResolved("h", NameFailure.NOT_FOUND),
        6,
        "cannot resolve h: no such name",
        "check the spelling of the host name",
    ),
    (
        errors.ConnectFailed("h:1", (_REFUSED, _SLOW)),
        7,
        "cannot connect to h:1: 127.0.0.1:1: connection refused after 0 ms; [::1]:1: timed out after 5000 ms",
        "",
    ),
    (
        errors.ConnectFailed("127.0.0.1:1", (_REFUSED,)),
        7,
        "cannot connect to 127.0.0.1:1: connection refused after 0 ms",
        "nothing listens there: check the port, or start the server",
    ),
    (
        errors.ConnectFailed("h:1", (_REFUSED,)),
        7,
        "cannot connect to h:1: 127.0.0.1:1: connection refused after 0 ms",
        "nothing listens there: check the port, or start the server",
    ),
    (errors.MalformedReply("h", "no colon"), 8, "malformed reply from h: no colon", ""),
    (errors.BodyCutShort(5, 9), 18, "body cut short: 5 of 9 bytes came", ""),
    (errors.BodyCutShort(5), 18, "body cut short: 5 bytes came", ""),
    (errors.HttpStatusRefused("http://h/", 404, "Not Found"), 22, "http://h/ answered 404 Not Found", ""),
    (errors.status_report("http://h/", 304, ""), 3, "http://h/ answered 304", ""),
    (errors.status_report("http://h/", 404, "No"), 4, "http://h/ answered 404 No", ""),
    (errors.status_report("http://h/", 503, "No"), 5, "http://h/ answered 503 No", ""),
    (errors.TimedOut("connecting", 2.5), 28, "timed out: connecting took longer than 2.5 s", ""),
    (
        errors.TlsFailed("h", "bad record", "try --tls-min"),
        35,
        "TLS handshake with h failed: bad record",
        "try --tls-min",
    ),
    (errors.RedirectRefused("http://h/", "https to http"), 47, "redirect to http://h/ refused: https to http", ""),
    (errors.EmptyReply("h", "closed"), 52, "empty reply from h: closed", ""),
    (errors.SendFailed("h", "reset"), 55, "sending failed to h: reset", ""),
    (errors.ReceiveFailed("h", "reset"), 56, "receiving failed from h: reset", ""),
    (
        errors.CertificateRejected("h", "expired", "renew it", subject="CN=h"),
        60,
        "certificate of h rejected: expired (certificate: CN=h)",
        "renew it",
    ),
    (errors.EncodingUnreadable("h", "gzip"), 61, "unreadable content encoding from h: gzip", ""),
    (errors.TooLarge("the body", 9), 63, "the body is larger than 9 bytes", ""),
    (
        errors.TooLarge("the body", 9, "it grows", "allow it"),
        63,
        "the body is larger than 9 bytes: it grows",
        "allow it",
    ),
    (errors.LoginDenied("h", "no"), 67, "login denied by h: no", ""),
    (errors.RangeRefused("h", "no such part"), 33, "h refused the range: no such part", ""),
    (
        errors.PinMismatch("h", "it has key sha256//A=", "pin that"),
        90,
        "certificate of h is not the pinned one: it has key sha256//A=",
        "pin that",
    ),
    (
        errors.ExpectationFailed("step 2", "timed out", "see --script"),
        111,
        "not as expected: step 2: timed out",
        "see --script",
    ),
    (errors.ProxyRefused("p:1", "403 Forbidden"), 97, "proxy p:1 refused: 403 Forbidden", ""),
    (
        errors.StartTlsRefused("h:25", "it does not offer TLS", "check the port"),
        35,
        "STARTTLS with h:25 failed: it does not offer TLS",
        "check the port",
    ),
    (
        errors.ClientCertificateWanted("h", "it wants one", "--cert"),
        98,
        "TLS handshake with h failed: it wants one",
        "--cert",
    ),
    (errors.SloMissed("total 2 s, not 1 s"), 110, "slower than agreed: total 2 s, not 1 s", ""),
    (errors.ChecksumMismatch("/f", "sha256", "a", "b"), 112, "checksum of /f is sha256:b, not a", ""),
)


class TheirsTests(SynchronousTestCase):
    """Every leaf on their side."""

    def test_examples(self) -> None:
        """Each has its exit status, its one line and its hint."""
        for error, status, line, hint in EXAMPLES:
            self.assertEqual((int(error.exit_status), str(error), error.hint), (status, line, hint))

    def test_braces_are_text(self) -> None:
        """Braces in what a peer said are shown, not filled in."""
        self.assertEqual(str(errors.MalformedReply("{peer}", "{0!r}")), "malformed reply from {peer}: {0!r}")

    def test_refused_everywhere(self) -> None:
        """When every attempt was refused the hint says what that means."""
        self.assertIn("nothing listens there", errors.ConnectFailed("h:1", (_REFUSED, _REFUSED)).hint)
        self.assertIn("check the path", errors.ConnectFailed("unix:/x", (_REFUSED,)).hint)
        self.assertEqual(errors.ConnectFailed("h:1", ()).hint, "")

    def test_hints_for_names(self) -> None:
        """A name server's temporary failure is worth a second try, a missing family another one."""
        self.assertIn("-6", errors.NameNotResolved("h", NameFailure.NO_ADDRESS).hint)
        self.assertEqual(errors.NameNotResolved("h", NameFailure.TEMPORARY).hint, "try again")
