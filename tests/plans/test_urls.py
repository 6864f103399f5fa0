"""How `tnet fetch` reads URLs."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.errors import BadUsage
from tnet.plans.urls import Url, parse_url, percent_encoded


class Parsing(TestCase):
    def test_a_whole_url_is_taken_apart(self):
        """Scheme, host, port and target are told apart, and the fragment is dropped."""
        self.assertEqual(
            parse_url("HTTPS://Example.ORG:8443/a/b?q=1#part"), Url("https", "example.org", 8443, "/a/b?q=1")
        )

    def test_what_is_left_out_has_a_default(self):
        """http, the scheme's port and the root are what is meant by what is not written."""
        self.assertEqual(parse_url("example.org"), Url("http", "example.org", 80, "/"))
        self.assertEqual(parse_url("https://example.org?q"), Url("https", "example.org", 443, "/?q"))
        self.assertEqual(parse_url("http://example.org:/x"), Url("http", "example.org", 80, "/x"))

    def test_shorthands(self):
        """`:port`, `:/path`, `://host` and `host:port` save typing."""
        for text, meaning in {
            ":8000/x": "http://localhost:8000/x",
            ":8000": "http://localhost:8000/",
            ":/x": "http://localhost/x",
            "/x": "http://localhost/x",
            "://example.org/x": "http://example.org/x",
            "example.org:81/x": "http://example.org:81/x",
            "[::1]:81/x": "http://[::1]:81/x",
        }.items():
            self.assertEqual(str(parse_url(text)), meaning)

    def test_the_path_stays_as_it_was_written(self):
        """Dot segments, doubled slashes and escapes are the user's own business."""
        self.assertEqual(parse_url("http://h/a/../b//c/%2e%2F?x=[1]").target, "/a/../b//c/%2e%2F?x=[1]")

    def test_what_may_not_stand_in_a_url_is_percent_encoded(self):
        """Text beyond ASCII and the marks that RFC 3986 leaves out become %XX of their UTF-8."""
        self.assertEqual(parse_url("http://h/é?q=ü|<").target, "/%C3%A9?q=%C3%BC%7C%3C")

    def test_user_information_is_set_apart_and_never_shown(self):
        """A password is in no text form of the URL."""
        url = parse_url("http://ann:s3cret@h/x")
        self.assertEqual((url.userinfo, str(url)), ("ann:s3cret", "http://h/x"))
        self.assertNotIn("s3cret", repr(url))

    def test_ipv6_with_a_zone(self):
        """The zone of a link-local address is escaped in the URL and plain in the host."""
        url = parse_url("http://[FE80::1%25eth0]:8080/")
        self.assertEqual((url.host, url.port), ("fe80::1%eth0", 8080))
        self.assertEqual(parse_url(str(url)), url)

    def test_a_host_beyond_ascii_is_kept(self):
        """Whoever dials makes the name ASCII; here it stays readable."""
        self.assertEqual(parse_url("http://Bücher.example/").host, "bücher.example")

    def test_what_two_parsers_could_read_differently_is_refused(self):
        """No URL hides its host: such text never leaves this function."""
        for text in (
            "http://a%2Fb/",
            "http://a\\@b/",
            "http://1.1.1.1 &@2.2.2.2",
            "http://a@b@c/",
            "http://h/a b",
            "http://h/a\r\nX: y",
            "http://h/\0",
            "http://h\u00a0/",
            "http://[::1/",
            "http://::1/",
            "http://[1.2.3.4]/",
            "http://[v1.x]/",
            "http://h!/",
            "http:///x",
            "http://",
            "http://@/",
            "",
            "http://h:0/",
            "http://h:65536/",
            "http://h:8 0/",
            "http://h:+80/",
            "http://h:٣/",
            "http://" + "h" * 254 + "/",
        ):
            with self.assertRaises(BadUsage, msg=text) as caught:
                parse_url(text)
            self.assertEqual(caught.exception.field, "URL")

    def test_a_fragment_does_not_hide_a_host(self):
        """What follows # is no part of the authority."""
        self.assertEqual(parse_url("http://a#@b").host, "a")

    def test_other_schemes_are_refused(self):
        """Only http and https can be fetched."""
        for text in ("ftp://h/", "file:///etc/passwd", "gopher://h/", "unix://x/"):
            with self.assertRaises(BadUsage, msg=text):
                parse_url(text)

    @given(st.text(max_size=40))
    def test_any_text_is_a_plain_url_or_refused(self, text):
        """What is accepted is ASCII but for the host, and means the same when it is read again."""
        try:
            url = parse_url("http://h/" + text)
        except BadUsage:
            return
        self.assertTrue(url.target.isascii() and url.target.isprintable() and " " not in url.target)
        self.assertEqual(parse_url(str(url)), url)


class Query(TestCase):
    def test_parameters_are_added_and_encoded(self):
        """Each pair is added after what is there, escaped so that it stays one pair."""
        url = parse_url("http://h/x?a=1").with_query([("b", "2&c"), ("d e", "é")])
        self.assertEqual(url.target, "/x?a=1&b=2%26c&d%20e=%C3%A9")

    def test_no_parameters_change_nothing(self):
        """A URL without added parameters is the same URL."""
        self.assertEqual(parse_url("http://h/x?").with_query([]).target, "/x?")

    def test_an_empty_query_gets_no_second_mark(self):
        """A ? that is there already is used."""
        self.assertEqual(parse_url("http://h/x?").with_query([("a", "1")]).target, "/x?a=1")


class Encoding(TestCase):
    def test_bytes_of_another_encoding_survive(self):
        """A byte of argv that is no UTF-8 is escaped as itself."""
        self.assertEqual(percent_encoded("/\udcff%41"), "/%FF%41")
