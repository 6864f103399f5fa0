"""Cookies as values, and where they go."""

from dataclasses import replace

from twisted.trial.unittest import TestCase

from tnet.clients.fetch.cookies.cookie import Cookie, canonical, canonical_host, is_within, path_matches
from tnet.plans.urls import parse_url

PLAIN = Cookie(name="a", value="b", domain="example.org")


class Going(TestCase):
    def goes(self, cookie, *urls):
        return [cookie.goes_to(parse_url(url)) for url in urls]

    def test_domains(self):
        """A cookie for a host goes there alone, one for a domain below it too; the port does not matter."""
        urls = ("http://example.org/", "http://EXAMPLE.org:81/", "http://www.example.org/", "http://notexample.org/")
        self.assertEqual(self.goes(PLAIN, *urls), [True, True, False, False])
        self.assertEqual(self.goes(replace(PLAIN, host_only=False), *urls), [True, True, True, False])

    def test_a_final_dot_makes_another_host(self):
        """Case 14: what was set with it stays with it."""
        self.assertEqual(self.goes(PLAIN, "http://example.org./"), [False])
        dotted = replace(PLAIN, domain="example.org.")
        self.assertEqual(self.goes(dotted, "http://example.org./", "http://example.org/"), [True, False])

    def test_addresses(self):
        """Case 15: nothing is below an address."""
        for domain, url in (("0.0.1", "http://127.0.0.1/"), ("127.0.0.1", "http://1.127.0.0.1.example/")):
            self.assertEqual(self.goes(replace(PLAIN, domain=domain, host_only=False), url), [False])
        self.assertEqual(self.goes(replace(PLAIN, domain="::1"), "http://[::1]:8000/"), [True])

    def test_paths(self):
        """A path is a place and what is below it."""
        cookie = replace(PLAIN, path="/a/b")
        urls = ("/a/b", "/a/b/c", "/a/b/", "/a/b?q", "/a/bc", "/a", "/", "/A/b")
        urls = tuple("http://example.org" + path for path in urls)
        self.assertEqual(self.goes(cookie, *urls), [True, True, True, True, False, False, False, False])
        self.assertTrue(path_matches("/a/b", "/a/"))
        self.assertFalse(path_matches("/a", "/a/"))

    def test_secure_ones_stay_in_https(self):
        """Case 16: they do not go in the clear."""
        secure = replace(PLAIN, secure=True)
        self.assertEqual(self.goes(secure, "https://example.org/", "http://example.org/"), [True, False])

    def test_a_port_binds(self):
        """Case 20: a cookie that was given for one origin goes to no other."""
        bound = replace(PLAIN, port=81)
        self.assertEqual(self.goes(bound, "http://example.org:81/", "http://example.org/"), [True, False])


class Soundness(TestCase):
    def test_what_may_not_be(self):
        """Cases 17 and 19: control characters, what would end the pair, what is too long, no domain, no path."""
        for wrong in (
            {"name": "a\n"},
            {"name": "a=b"},
            {"value": "b\tc"},
            {"value": "b;c"},
            {"value": "\x7f"},
            {"value": "\ud800"},
            {"path": "/\r"},
            {"path": "x"},
            {"path": "/" + "x" * 1024},
            {"domain": ""},
            {"domain": "a b"},
            {"domain": "a\n"},
            {"name": "", "value": ""},
            {"value": "x" * 4096},
        ):
            self.assertFalse(replace(PLAIN, **wrong).sound, wrong)
        self.assertTrue(replace(PLAIN, name="", value="b=\udcff", path="/;x").sound)

    def test_promises_of_a_name(self):
        """Case 16: `__Secure-` and `__Host-` are kept in any case of letters, and by a value without a name."""
        secure = replace(PLAIN, secure=True)
        for name, host_only, path, is_secure, sound in (
            ("__Secure-a", False, "/x", True, True),
            ("__Secure-a", False, "/x", False, False),
            ("__secure-a", True, "/", False, False),
            ("__Host-a", True, "/", True, True),
            ("__Host-a", True, "/", False, False),
            ("__Host-a", False, "/", True, False),
            ("__HOST-a", True, "/x", True, False),
        ):
            cookie = replace(secure, name=name, host_only=host_only, path=path, secure=is_secure)
            self.assertEqual(cookie.sound, sound, cookie)
        for value in ("__Host-a=b", "__secure-a"):
            self.assertFalse(replace(secure, name="", value=value).sound, value)

    def test_a_value_does_not_show(self):
        """It may be a secret, and no repr has it."""
        self.assertNotIn("hunter2", repr(replace(PLAIN, value="hunter2")))

    def test_ends(self):
        """A cookie of the session has no end; another one is over at its moment."""
        self.assertFalse(PLAIN.ended(1e12))
        ending = replace(PLAIN, expires=100)
        self.assertEqual([ending.ended(now) for now in (99.9, 100)], [False, True])


class Hosts(TestCase):
    def test_canonical_ones(self):
        """In lower case, and as DNS knows them; what is no name is None."""
        for host, expected in {
            "EXAMPLE.org": "example.org",
            "b\u00fccher.example": "xn--bcher-kva.example",
            "a.example.": "a.example.",
            "127.0.0.1": "127.0.0.1",
            "FE80::1": "fe80::1",
            "": None,
            "a..b": None,
        }.items():
            self.assertEqual(canonical(host), expected, host)
        self.assertEqual(canonical_host(parse_url("http://B\u00dcCHER.example")), "xn--bcher-kva.example")

    def test_within(self):
        """A label must end where the domain begins."""
        self.assertTrue(is_within("a.b", "b"))
        self.assertFalse(is_within("ab", "b"))
        self.assertFalse(is_within("127.0.0.1", "0.1"))
