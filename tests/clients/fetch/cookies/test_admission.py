"""Which cookies are believed."""

from dataclasses import replace

from twisted.trial.unittest import TestCase

from tnet.clients.fetch.cookies.admission import LONGEST_SECONDS, admitted, default_path, trusted
from tnet.clients.fetch.cookies.cookie import Cookie
from tnet.plans.urls import parse_url
from tnet.protocols.set_cookie import parse_set_cookie

NOW = 1_800_000_000


def admit(field, url="https://www.example.org/a/b"):
    return admitted(parse_set_cookie(field.encode()), parse_url(url), NOW + 0.5)


class Domains(TestCase):
    def test_without_one(self):
        """The cookie is for the host alone."""
        cookie = admit("a=b")
        self.assertEqual((cookie.domain, cookie.host_only), ("www.example.org", True))

    def test_the_host_and_what_is_above_it(self):
        """With or without a leading dot, in any case of letters and in any script."""
        for domain in ("example.org", ".Example.ORG", "www.example.org"):
            cookie = admit(f"a=b; Domain={domain}")
            self.assertEqual((cookie.domain, cookie.host_only), (domain.lower().removeprefix("."), False))
        cookie = admit("a=b; Domain=b\u00fccher.example", "http://x.b\u00fccher.example")
        self.assertEqual(cookie.domain, "xn--bcher-kva.example")

    def test_other_hosts(self):
        """Neither neighbours nor what is below the host, nor what is no name."""
        for domain in ("example.com", "x.www.example.org", "w.example.org", "ample.org", "..", "example.org/", "a b"):
            self.assertIsNone(admit(f"a=b; Domain={domain}"), domain)

    def test_public_suffixes(self):
        """Case 14: a cookie for everybody is for nobody, whatever the letters and dots."""
        for domain in ("co.uk", ".co.uk", "co.UK", "co.uk.", "uk"):
            self.assertIsNone(admit(f"a=b; Domain={domain}", "https://evil.co.uk/"), domain)
            self.assertIsNone(admit(f"a=b; Domain={domain}", "https://evil.co.uk./"), domain)
        self.assertIsNone(admit("a=b; Domain=github.io", "https://evil.github.io/"))
        self.assertIsNone(admit("a=b; Domain=com", "https://evil.com/"))

    def test_a_public_suffix_itself(self):
        """Case 14: it may set cookies, for itself alone; so may a host of one label."""
        for host in ("github.io", "localhost"):
            cookie = admit(f"a=b; Domain={host}", f"https://{host}/")
            self.assertEqual((cookie.domain, cookie.host_only), (host, True))

    def test_addresses(self):
        """Case 15: an address has no domain, neither a part of it nor all."""
        for domain, url in (
            ("0.0.1", "http://127.0.0.1/"),
            ("127.0.0.1", "http://127.0.0.1/"),
            ("1", "http://127.0.0.1/"),
            ("::1", "http://[::1]/"),
        ):
            self.assertIsNone(admit(f"a=b; Domain={domain}", url), domain)
        self.assertEqual(admit("a=b", "http://127.0.0.1/").domain, "127.0.0.1")


class Rules(TestCase):
    def test_secure_from_the_clear(self):
        """Case 16: what http says cannot be meant for https."""
        self.assertIsNone(admit("a=b; Secure", "http://www.example.org/"))
        self.assertTrue(admit("a=b; Secure").secure)

    def test_prefixes(self):
        """Case 16: `__Host-` wants Secure, no Domain and Path=/, said aloud; `__Secure-` wants Secure."""
        for field, good in {
            "__Host-a=b; Secure; Path=/": True,
            "__Host-a=b; Secure": False,
            "__Host-a=b; Secure; Path=/a": False,
            "__Host-a=b; Path=/": False,
            "__Host-a=b; Secure; Path=/; Domain=www.example.org": False,
            "__host-a=b; Secure": False,
            "=__Host-a=b; Secure; Path=/": False,
            "__Secure-a=b; Secure; Domain=example.org": True,
            "__Secure-a=b": False,
        }.items():
            self.assertEqual(admit(field, "https://www.example.org/") is not None, good, field)
        self.assertIsNone(admit("__Secure-a=b; Secure", "http://www.example.org/"))

    def test_paths(self):
        """The one that was said, else the folder of what was asked for."""
        self.assertEqual(admit("a=b; Path=/x; HttpOnly").path, "/x")
        for target, path in {"/a/b?q=/c/": "/a", "/a": "/", "/": "/", "/a/": "/a", "": "/"}.items():
            self.assertEqual(default_path(parse_url("http://x" + target)), path, target)

    def test_ends(self):
        """Max-Age comes before Expires; neither lasts longer than 400 days; the past is over."""
        soon = "Fri, 15 Jan 2027 08:01:00 GMT"
        for attributes, expires in {
            "": None,
            "; Max-Age=60": NOW + 60,
            f"; Expires={soon}": NOW + 60,
            f"; Max-Age=5; Expires={soon}": NOW + 5,
            "; Max-Age=99999999999": NOW + LONGEST_SECONDS,
            "; Expires=1 Jan 2999 00:00:00": NOW + LONGEST_SECONDS,
            "; Max-Age=0": 0,
            "; Max-Age=-1": 0,
        }.items():
            self.assertEqual(admit("a=b" + attributes).expires, expires, attributes)


class Trust(TestCase):
    def test_cookies_of_a_file(self):
        """Case 14: what no server could set is not believed from a file either."""
        good = Cookie(name="a", value="b", domain="example.org", host_only=False)
        self.assertTrue(trusted(good))
        self.assertTrue(trusted(replace(good, domain="co.uk", host_only=True)))
        for wrong in (
            {"domain": "co.uk"},
            {"domain": "127.0.0.1"},
            {"domain": "EXAMPLE.org"},
            {"domain": "a..b"},
            {"name": "__Host-a"},
            {"value": "\n"},
        ):
            self.assertFalse(trusted(replace(good, **wrong)), wrong)
