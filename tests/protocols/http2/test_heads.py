"""Heads as HTTP/2 writes them."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage, MalformedReply
from tnet.protocols.http2.heads import ordinary, request_fields, response_head

FIELDS = ((b"Host", b"example.org"), (b"User-Agent", b"tnet"))


def asked(*fields, method=b"GET", target=b"/"):
    return request_fields(method, b"https", target, fields)


class Requests(SynchronousTestCase):
    def test_pseudo_fields_go_first(self):
        """`Host` is one of them; names are in lower case, and keep their order."""
        self.assertEqual(
            asked(*FIELDS, (b"X-One", b"1"), target=b"/a?b"),
            (
                (b":method", b"GET"),
                (b":scheme", b"https"),
                (b":authority", b"example.org"),
                (b":path", b"/a?b"),
                (b"user-agent", b"tnet"),
                (b"x-one", b"1"),
            ),
        )

    def test_what_concerns_the_connection_stays_behind(self):
        """Framing and hop-by-hop fields are HTTP/1.1's."""
        names = (b"Connection", b"Keep-Alive", b"Proxy-Connection", b"Transfer-Encoding", b"Upgrade", b"HTTP2-Settings")
        sent = asked(*FIELDS, *((name, b"x") for name in names), (b"TE", b"gzip"))
        self.assertEqual([name for name, _ in sent if not name.startswith(b":")], [b"user-agent"])

    def test_trailers_may_be_wanted(self):
        """It is the one value that TE may have."""
        self.assertIn((b"te", b"trailers"), asked(*FIELDS, (b"TE", b"trailers")))

    def test_nothing_is_injected(self):
        """Case 39: CR, LF and NUL are refused wherever they are, and no value is shown."""
        for hostile in (b"\r", b"\n", b"\0"):
            for fields, kwargs in (
                ((), {"method": b"GET" + hostile}),
                ((), {"target": b"/" + hostile}),
                (((b"x" + hostile, b"1"),), {}),
                (((b"Host", b"a" + hostile),), {}),
            ):
                self.assertRaises(BadUsage, asked, *fields, **kwargs)
            error = self.assertRaises(BadUsage, asked, (b"x", b"secret" + hostile))
            self.assertNotIn("secret", str(error))

    def test_connect_is_no_request(self):
        """It opens a tunnel, and that is the proxy's affair."""
        self.assertRaises(BadUsage, asked, method=b"CONNECT")


class Responses(SynchronousTestCase):
    def malformed(self, *fields):
        return self.assertRaises(MalformedReply, response_head, fields, "peer")

    def test_a_head(self):
        """The status becomes the head's; there is no reason."""
        head = response_head(((b":status", b"404"), (b"server", b"x")), "peer")
        self.assertEqual((head.version, head.status, head.reason, head.fields), ("2", 404, b"", ((b"server", b"x"),)))

    def test_no_status(self):
        """It comes first, and is a number of three digits."""
        self.malformed()
        self.malformed((b"server", b"x"), (b":status", b"200"))
        for status in (b"", b"20", b"2000", b"abc", b"099", b"2 0"):
            self.malformed((b":status", status))

    def test_nobody_asked_for_other_protocols(self):
        """Case 42: HTTP/2 has no 101."""
        self.malformed((b":status", b"101"))

    def test_what_smells_of_smuggling(self):
        """Case 41: fields of the connection, other pseudo-fields, capitals, control bytes and doubtful lengths."""
        for field in (
            (b"connection", b"close"),
            (b"transfer-encoding", b"chunked"),
            (b"keep-alive", b"1"),
            (b"upgrade", b"h2c"),
            (b":path", b"/"),
            (b":status", b"200"),
            (b"Server", b"x"),
            (b"x y", b"1"),
            (b"", b"1"),
            (b"x", b"a\r\nb: c"),
            (b"x", b"\0"),
            (b"content-length", b"-1"),
            (b"content-length", b"1, 1"),
            (b"content-length", b"9" * 19),
        ):
            self.malformed((b":status", b"200"), field)
        self.malformed((b":status", b"200"), (b"content-length", b"1"), (b"content-length", b"2"))

    def test_trailers(self):
        """They are fields like others, without pseudo-fields."""
        self.assertEqual(ordinary(((b"etag", b"x"),), "peer"), ((b"etag", b"x"),))
        self.assertRaises(MalformedReply, ordinary, ((b":status", b"200"),), "peer")

    @given(st.lists(st.tuples(st.binary(max_size=8), st.binary(max_size=8))))
    def test_anything(self, fields):
        """Whatever a peer sends is a head or malformed."""
        try:
            head = response_head(((b":status", b"200"), *fields), "peer")
        except MalformedReply:
            return
        self.assertEqual(head.fields, tuple(fields))
