"""What a server's engine tells."""

from twisted.trial.unittest import SynchronousTestCase

from tnet.protocols.http2.arrivals import Cut, Poured


class Arrivals(SynchronousTestCase):
    def test_values(self):
        """They are values, and say of a stream that is cut what its message was only where nobody knew of it."""
        self.assertEqual(Poured(1, b"x"), Poured(1, b"x"))
        self.assertIsNone(Cut(1, "why").head)
