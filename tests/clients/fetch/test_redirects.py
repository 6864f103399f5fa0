"""Where redirects lead, and what goes with them."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.clients.fetch.redirects import dropped, location, redirected
from tnet.clients.fetch.request import Request
from tnet.errors import BodyNotResendable, RedirectRefused
from tnet.plans.fetch import Body
from tnet.plans.urls import parse_url
from tnet.protocols.http1.responses import ResponseHead

SECRETS = (("Authorization", "Basic x"), ("cookie", "a=b"), ("X-Api-Key", "k"), ("Host", "virtual"), ("Referer", "r"))
HARMLESS = (("Accept", "*/*"), ("ACCEPT-language", "de"), ("User-Agent", "u"), ("Range", "bytes=0-"), ("If-Match", "x"))


def head(status, to=None):
    return ResponseHead("1.1", status, b"", () if to is None else ((b"LOCATION", to),))


def follow(to, status=302, method="GET", url="http://a/dir/file?q", *, downgrade=False, **more):
    return redirected(Request(method, parse_url(url), **more), head(status, to), to, downgrade=downgrade)


class Locations(TestCase):
    def test_a_redirect_has_a_status_and_a_location(self):
        """Anything else is an answer."""
        self.assertEqual(location(head(301, b"/x")), b"/x")
        for other in (head(301), head(300, b"/x"), head(304, b"/x"), head(201, b"/x"), head(200, b"/x")):
            self.assertIsNone(location(other))

    def test_references_are_resolved(self):
        """As RFC 3986 says, and percent-encoded."""
        for to, url in {
            b"/x": "http://a/x",
            b"x": "http://a/dir/x",
            b"../x": "http://a/x",
            b"./../../../x": "http://a/x",
            b"?p": "http://a/dir/file?p",
            b"//b:81/x": "http://b:81/x",
            b"http://b": "http://b/",
            b"HTTPS://B/x#part": "https://b/x",
            b"/a b": "http://a/a%20b",
            b"/\xc3\xa9": "http://a/%C3%A9",
            b"/\xe9": "http://a/%C3%A9",
            b"/%41": "http://a/%41",
            b"": "http://a/dir/file?q",
            b"#part": "http://a/dir/file?q",
        }.items():
            self.assertEqual(str(follow(to).url), url, to)

    def test_https_where_it_is_wanted(self):
        """Case 53: then a redirect to http does not leave https."""
        request = Request("GET", parse_url("https://a/"))
        upgraded = redirected(
            request, head(302), b"http://a/x", upgrade=lambda url: replace(url, scheme="https", port=443)
        )
        self.assertEqual((str(upgraded.url), upgraded.stray), ("https://a/x", False))

    def test_user_information_in_a_location_is_ignored(self):
        """Case 11: a server does not choose our credentials."""
        self.assertEqual(follow(b"http://ann:pw@b/x").url, parse_url("http://b/x"))
        self.assertEqual(follow(b"http://ann:pw@b/x").url.userinfo, "")

    def test_other_schemes_are_refused(self):
        """Case 11: a redirect leads to http and https only, and never to a shorthand of ours."""
        for to in (
            b"file:///etc/passwd",
            b"ftp://b/",
            b"gopher://b/",
            b"unix:/run/x",
            b"javascript:alert(1)",
            b"data:80/x",
            b"localhost:80/x",
            b"mailto:a@b",
        ):
            with self.assertRaises(RedirectRefused, msg=to):
                follow(to)

    def test_hostile_locations_are_refused(self):
        """What two parsers could read differently leads nowhere."""
        for to in (
            b"http://a\\@b/",
            b"/\x1b[2J",
            b"http://a b/",
            b"http://1.1.1.1 &@2.2.2.2/",
            b"//1.1.1.1 @b/",
            b"http://a@b@c/",
            b"http://a%2Fb/",
            b"http://[::1/",
            b"http://b:99999/",
            b"http://",
            b"http:///x",
            b"///x",
            b"http:x",
            b"http:/x",
            b"/a\tb",
            b"http://\xef\xbc\x8f@b/\x00",
        ):
            with self.assertRaises(RedirectRefused, msg=to):
                follow(to)

    def test_leaving_https_is_refused(self):
        """Case 3: nothing that was safe goes on in the clear; the way into https is open."""
        with self.assertRaises(RedirectRefused):
            follow(b"http://a/", url="https://a/")
        self.assertEqual(follow(b"https://a/").url.scheme, "https")

    def test_leaving_https_on_demand(self):
        """Case 3: the user may allow it; no secret goes along, and none after that."""
        away = follow(b"http://a/", url="https://a/", headers=SECRETS + HARMLESS, downgrade=True)
        self.assertEqual((away.url.scheme, away.headers, away.stray), ("http", HARMLESS, True))

    @given(st.binary(max_size=30))
    def test_any_location_leads_to_the_web_or_nowhere(self, to):
        """Nothing else is raised."""
        try:
            url = follow(to).url
        except RedirectRefused:
            return
        self.assertIn(url.scheme, ("http", "https"))
        self.assertTrue(url.target.isascii() and url.target.isprintable())


class Methods(TestCase):
    def test_what_becomes_of_each_method(self):
        """Case 12: a POST becomes a GET at 301, 302 and 303; 303 changes all but HEAD; 307 and 308 change nothing."""
        table = {
            "GET": ("GET", "GET", "GET", "GET", "GET"),
            "HEAD": ("HEAD", "HEAD", "HEAD", "HEAD", "HEAD"),
            "POST": ("GET", "GET", "GET", "POST", "POST"),
            "PUT": ("PUT", "PUT", "GET", "PUT", "PUT"),
            "DELETE": ("DELETE", "DELETE", "GET", "DELETE", "DELETE"),
        }
        for method, after in table.items():
            for status, expected in zip((301, 302, 303, 307, 308), after, strict=True):
                self.assertEqual(follow(b"/x", status, method).method, expected, (method, status))

    def test_a_get_has_no_body_and_no_word_of_it(self):
        """Case 12: the headers that describe a body go with it."""
        headers = (("Content-Type", "a/b"), ("content-ENCODING", "gzip"), ("Accept", "*/*"))
        after = follow(b"/x", 302, "POST", body=Body(data=b"x"), headers=headers)
        self.assertEqual((after.method, after.body, after.headers), ("GET", None, (("Accept", "*/*"),)))

    def test_a_body_is_sent_again_with_its_description(self):
        """307 and 308 repeat the request as it was, across origins too."""
        body, headers = Body(data=b"x"), (("Content-Type", "a/b"),)
        for to in (b"/x", b"http://b/x"):
            after = follow(to, 307, "POST", body=body, headers=headers)
            self.assertEqual((after.method, after.body, after.headers), ("POST", body, headers))

    def test_a_stream_cannot_be_sent_again(self):
        """Case 12: it is an error, and not an empty body."""
        with self.assertRaises(BodyNotResendable) as caught:
            follow(b"/x", 308, "PUT", body=Body(path="-"))
        self.assertEqual(caught.exception.url, "http://a/x")
        self.assertIsNone(follow(b"/x", 303, "PUT", body=Body(path="-")).body)


class Headers(TestCase):
    def test_within_an_origin_everything_passes(self):
        """Scheme, host and port are the same."""
        self.assertEqual(follow(b"http://A:80/x", headers=SECRETS + HARMLESS).headers, SECRETS + HARMLESS)

    def test_across_origins_only_the_harmless_pass(self):
        """Cases 1, 2, 4, 5, 10: another host, another port and another scheme are each another origin."""
        for to in (b"http://b/dir", b"http://a:81/", b"https://a/"):
            self.assertEqual(follow(to, headers=SECRETS + HARMLESS).headers, HARMLESS, to)

    def test_what_was_dropped_does_not_come_back(self):
        """Case 6: the way there and back again loses the secrets for good, and the request remembers it."""
        away = follow(b"http://b/", headers=SECRETS)
        back = redirected(away, head(302, b"http://a/"), b"http://a/")
        self.assertEqual((back.headers, away.stray, back.stray), ((), True, True))
        self.assertFalse(follow(b"/x", headers=SECRETS).stray)

    def test_the_dropped_are_named(self):
        """Names are told, values are not."""
        before = Request("GET", parse_url("http://a/"), SECRETS + HARMLESS)
        after = redirected(before, head(302, b"http://b/"), b"http://b/")
        self.assertEqual(dropped(before, after), ["Authorization", "Host", "Referer", "X-Api-Key", "cookie"])
