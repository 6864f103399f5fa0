"""HTTP/2's error codes in words."""

from twisted.trial.unittest import SynchronousTestCase

from tnet.protocols.http2.reasons import in_words


class InWords(SynchronousTestCase):
    def test_a_known_one(self):
        """Its name first, so that it can be looked up."""
        self.assertEqual(in_words(0x7), "REFUSED_STREAM: it did not take on the request")

    def test_every_code_of_the_rfc(self):
        """All fourteen have words."""
        self.assertEqual([code for code in range(14) if "error 0x" in in_words(code)], [])

    def test_an_unknown_one(self):
        """Its number is all that is known."""
        self.assertEqual(in_words(0xBEEF), "error 0xbeef")
