"""Requests as HTTP/2 writes them."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.protocols.http1.heads import HeadLimits
from tnet.protocols.http2.requests import Malformed, Unmet, request_head

GET = {b":method": b"GET", b":scheme": b"https", b":authority": b"h", b":path": b"/"}
LIMITS = HeadLimits()
NAMES = [b":method", b":path", b":authority", b":scheme", b"host", b"a", b"A", b":x", b"cookie"]


def head(*fields, ended=True, limits=LIMITS, **pseudo):
    """The head of a GET, some of its pseudo-fields replaced, or left out where they are None."""
    named = GET | {b":" + name.encode(): value for name, value in pseudo.items()}
    plain = [(name, value) for name, value in named.items() if value is not None]
    return request_head(tuple(plain) + fields, ended=ended, limits=limits)


class Reading(SynchronousTestCase):
    def test_a_request(self):
        """It is as HTTP/1.1 would have it, with Host first."""
        read = head((b"accept", b"*/*"), path=b"/a?b")
        self.assertEqual((read.method, read.target, read.version), (b"GET", b"/a?b", b"HTTP/2"))
        self.assertEqual(read.fields, ((b"host", b"h"), (b"accept", b"*/*")))
        self.assertEqual((read.length, read.keep_alive, read.expect), (0, True, b""))

    def test_its_length(self):
        """Unknown, unless it says it or there is no body."""
        self.assertIsNone(head(ended=False).length)
        self.assertEqual(head((b"content-length", b"5"), ended=False).length, 5)
        self.assertEqual(head((b"content-length", b"5"), (b"content-length", b"5"), ended=False).length, 5)
        self.assertEqual(head((b"content-length", b"0")).length, 0)

    def test_crumbs_of_a_cookie(self):
        """They are one field again."""
        crumbs = ((b"cookie", b"a=1"), (b"x", b"y"), (b"cookie", b"b=2"))
        self.assertEqual(head(*crumbs).fields[1:], ((b"x", b"y"), (b"cookie", b"a=1; b=2")))

    def test_its_expectation(self):
        """In lower case."""
        self.assertEqual(head((b"expect", b"100-Continue"), ended=False).expect, b"100-continue")

    def test_the_server_itself(self):
        """`OPTIONS *` is a request; nothing else is asked of it."""
        self.assertEqual(head(method=b"OPTIONS", path=b"*").target, b"*")
        self.assertRaises(Malformed, head, path=b"*")

    def test_where_its_host_is_said(self):
        """By :authority, by Host, or by both alike."""
        self.assertEqual(head((b"host", b"h:80"), authority=None).fields, ((b"host", b"h:80"),))
        self.assertEqual(head((b"host", b"H")).fields, ((b"host", b"h"),))

    def test_plain_ones(self):
        """They ask for a whole resource, as nobody in particular."""
        plain = head((b"accept-encoding", b"gzip"), (b"accept-encoding", b"br"), (b"user-agent", b"x"))
        self.assertEqual((plain.plain, plain.accept_encoding), (True, b"gzip, br"))
        self.assertTrue(head(method=b"HEAD").plain)
        for name in (b"range", b"if-none-match", b"authorization", b"expect"):
            self.assertFalse(head((name, b"x")).plain)
        for other in (head(path=b"/?a"), head(method=b"POST"), head(ended=False)):
            self.assertFalse(other.plain)


class Refusing(SynchronousTestCase):
    def test_malformed(self):
        """What HTTP/2 calls malformed reaches nobody."""
        cases = (
            {"method": b"G ET"},
            {"method": b""},
            {"method": None},
            {"path": b"/a b"},
            {"path": b"a"},
            {"path": b""},
            {"path": None},
            {"path": b"/a#b"},
            {"path": b"/\0"},
            {"path": b"/\xe4"},
            {"path": b"http://h/"},
            {"scheme": None},
            {"scheme": b"a b"},
            {"status": b"200"},
            {"protocol": b"websocket"},
        )
        for case in cases:
            self.assertRaises(Malformed, lambda case=case: head(**case))

    def test_malformed_fields(self):
        """Nor do names and values that could mean something else further on."""
        cases = (
            (b"X", b"y"),
            (b"x y", b"z"),
            (b"", b"x"),
            (b"x:", b"y"),
            (b"x", b"a\r\nb"),
            (b"x", b"a\0"),
            (b"x", b"\x7f"),
            (b"x", b" y"),
            (b"x", b"y\t"),
            (b"connection", b"close"),
            (b"keep-alive", b"1"),
            (b"proxy-connection", b"x"),
            (b"transfer-encoding", b"chunked"),
            (b"upgrade", b"x"),
            (b"te", b"gzip"),
            (b":method", b"GET"),
            (b":path", b"/"),
        )
        for case in cases:
            self.assertRaises(Malformed, head, case)
        self.assertEqual(head((b"te", b"trailers")).fields[1:], ((b"te", b"trailers"),))

    def test_pseudo_fields_come_first(self):
        """And once."""
        fields = tuple(GET.items())
        for wrong in (((b"a", b"b"), *fields), (*fields, fields[3]), (fields[0], *fields)):
            self.assertRaises(Malformed, request_head, wrong, ended=True, limits=LIMITS)

    def test_two_hosts(self):
        """They do not agree, or there is one too many."""
        self.assertRaises(Malformed, head, (b"host", b"other"))
        self.assertRaises(Malformed, head, (b"host", b"h"), (b"host", b"h"))

    def test_lengths(self):
        """They are one number, and not of a body that does not come."""
        for value in (b"", b"-1", b"+2", b"0x2", b"2, 2", b"9" * 4301):
            self.assertRaises(Malformed, head, (b"content-length", value), ended=False)
        self.assertRaises(Malformed, head, (b"content-length", b"1"), (b"content-length", b"2"), ended=False)
        self.assertRaises(Malformed, head, (b"content-length", b"1"))

    def test_what_is_told_of_it(self):
        """As much as was understood."""
        error = self.assertRaises(Malformed, head, (b"X", b"y"), path=b"/a")
        self.assertIn('"X"', error.reason)
        self.assertEqual((error.head.method, error.head.fields), (b"-", []))
        error = self.assertRaises(Malformed, head, path=b"/a b")
        self.assertEqual((error.head.method, error.head.target), (b"GET", b"/a b"))


class Answering(SynchronousTestCase):
    def unmet(self, *fields, **options):
        """The status of a request that nobody looks at."""
        return self.assertRaises(Unmet, head, *fields, **options).status

    def test_hosts(self):
        """None, or one that is none."""
        self.assertEqual(self.unmet(authority=None), 400)
        self.assertEqual(self.unmet(authority=b""), 400)
        self.assertEqual(self.unmet(authority=b"user@h"), 400)
        self.assertEqual(self.unmet(authority=b"h/x"), 400)
        self.assertEqual(self.unmet((b"host", b"a b"), authority=None), 400)

    def test_connect(self):
        """It is for proxies, with a path or without."""
        self.assertEqual(self.unmet(method=b"CONNECT", path=None, scheme=None), 501)

    def test_limits(self):
        """Each has its status, as with HTTP/1.1."""
        limits = HeadLimits(line_bytes=20, fields_bytes=40, fields=3)
        self.assertEqual(self.unmet(path=b"/" * 21, limits=limits), 414)
        self.assertEqual(self.unmet((b"a", b"x" * 40), limits=limits), 431)
        self.assertEqual(self.unmet(*[(b"a", b"b")] * 4, limits=limits), 431)
        self.assertEqual(self.unmet(*[(b"cookie", b"b")] * 4, limits=limits), 431)
        self.assertEqual(head(*[(b"a", b"b")] * 3, limits=limits).target, b"/")

    @given(
        st.lists(st.tuples(st.sampled_from([b":method", b":path", b"host", b"a", b"A", b":x"]), st.binary(max_size=9)))
    )
    def test_whatever_comes(self, fields):
        """It is a head, or one of the two refusals, which can be shown."""
        try:
            read = request_head(tuple(fields), ended=True, limits=LIMITS)
        except (Malformed, Unmet) as error:
            self.assertTrue(error.reason.isprintable())
        else:
            self.assertTrue(read.target.startswith(b"/") or read.target == b"*")
