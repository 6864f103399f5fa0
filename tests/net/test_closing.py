"""The end in plain words."""

from __future__ import annotations

from errno import ECONNRESET, EHOSTUNREACH, EPIPE, ETIMEDOUT
from types import SimpleNamespace
from typing import Any

from OpenSSL import SSL
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import INegotiated
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides

from tnet.errors import CertificateRejected, TimedOut, TlsFailed
from tnet.net.closing import Closing, closing, tls_words


class ClosingTests(SynchronousTestCase):
    """One line for each way to go."""

    def end(self, error: Exception, first: str | None = None, **transport: Any) -> Closing:
        """What is said of a transport with these attributes, lost with `error`."""
        return closing(Failure(error), SimpleNamespace(**transport), first)

    def test_by_the_peer(self) -> None:
        """An end that we did not ask for is the peer's."""
        self.assertEqual(self.end(ConnectionDone()), Closing("closed by peer", clean=True))

    def test_by_us(self) -> None:
        """An end after loseConnection is ours."""
        self.assertEqual(self.end(ConnectionDone(), disconnecting=1), Closing("closed by us", clean=True))

    def test_who_ended_first_closed(self) -> None:
        """Whoever sent no more first closed the connection, whatever came after."""
        self.assertEqual(self.end(ConnectionDone(), "peer", disconnecting=1).reason, "closed by peer")
        self.assertEqual(self.end(ConnectionDone(), "us", disconnecting=0).reason, "closed by us")

    def test_aborted(self) -> None:
        """Our own abort is not mistaken for a reset."""
        self.assertEqual(self.end(ConnectionAborted(), os_error=OSError(ECONNRESET, "")), Closing("aborted"))

    def test_reset(self) -> None:
        """A reset by the peer says so, however we met it."""
        for number in (ECONNRESET, EPIPE):
            self.assertEqual(self.end(ConnectionLost(), os_error=OSError(number, "")), Closing("reset by peer"))

    def test_other_errors_of_the_system(self) -> None:
        """A peer that vanished, and any other error, in the system's words."""
        gone = self.end(ConnectionLost(), os_error=OSError(ETIMEDOUT, ""))
        unreachable = self.end(ConnectionLost(), os_error=OSError(EHOSTUNREACH, "No route to host"))
        self.assertEqual(gone.reason, "timed out: the peer stopped answering")
        self.assertEqual(unreachable.reason, "network error: No route to host")

    def test_lost_for_no_known_reason(self) -> None:
        """Without an error of the system it is just lost."""
        self.assertEqual(self.end(ConnectionLost()), Closing("lost"))

    def test_told_by_whoever_ended_it(self) -> None:
        """Words that were left on the transport go before everything else, and are no clean end."""
        self.assertEqual(self.end(ConnectionDone(), ended_because="timed out: idle"), Closing("timed out: idle"))

    def test_truncated_tls(self) -> None:
        """A secured connection that ends without close_notify may have been cut."""
        transport = SimpleNamespace()
        directlyProvides(transport, INegotiated)
        end = closing(Failure(ConnectionLost()), transport)
        self.assertIn("close_notify", end.reason)
        self.assertFalse(end.clean)

    def test_errors_of_ours(self) -> None:
        """One of our own errors says its line; a foreign one shows its type, not its text, which may hold anything."""
        self.assertEqual(self.end(TimedOut("login", 3)).reason, "timed out: login took longer than 3 s")
        self.assertEqual(self.end(ValueError("secret")).reason, "internal error: ValueError")

    def test_tls_failures(self) -> None:
        """A failed handshake gives its reason, from our error or from OpenSSL's, harmless."""
        raw = SSL.Error([("SSL routines", "", "wrong version number")])
        self.assertEqual(self.end(raw).reason, "TLS failed: wrong version number")
        self.assertEqual(self.end(TlsFailed("x", "no cipher")).reason, "TLS failed: no cipher")
        self.assertEqual(tls_words(CertificateRejected("x", "for \x1b[2J")), "for \\x1b[2J")
        self.assertEqual(tls_words(ConnectionLost()), "the connection ended during the handshake")
