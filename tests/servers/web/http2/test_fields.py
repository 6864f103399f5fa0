"""Tests for tnet.servers.web.http2.fields."""

from twisted.trial.unittest import TestCase
from twisted.web.http_headers import Headers

from tnet.servers.web.http2.fields import encoded_fields, interim_fields, response_fields


class FieldsTests(TestCase):
    """As HTTP/2 writes them."""

    def test_names(self) -> None:
        """They are in lower case, and each value is a field."""
        headers = Headers({b"ETag": [b"x"], b"Set-Cookie": [b"a", b"b"]})
        fields = sorted(response_fields(headers))
        self.assertEqual(fields, [(b"etag", b"x"), (b"set-cookie", b"a"), (b"set-cookie", b"b")])

    def test_those_of_a_connection(self) -> None:
        """They are not sent, nor do they look as if they were."""
        headers = Headers({name: [b"x"] for name in (b"Connection", b"Keep-Alive", b"Upgrade", b"Transfer-Encoding")})
        self.assertEqual((response_fields(headers), list(headers.getAllRawHeaders())), ((), []))

    def test_encoded_ones(self) -> None:
        """What was encoded for HTTP/1.1 is the same."""
        self.assertEqual(encoded_fields(b"ETag: x\r\nVary: a: b\r\n"), ((b"etag", b"x"), (b"vary", b"a: b")))

    def test_interim_ones(self) -> None:
        """They are the same."""
        self.assertEqual(interim_fields([(b"Link", b"x"), (b"Connection", b"y")]), ((b"link", b"x"),))
