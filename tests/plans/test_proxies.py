"""Tests for proxies as people write them, and for the hosts that are reached without one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import BadUsage
from tnet.plans.proxies import NoProxy, Proxy, parse_no_proxy, parse_proxy, proxy_from


class ParseTests(SynchronousTestCase):
    """`parse_proxy`."""

    def test_good(self) -> None:
        """Schemes, ports and logins are as curl has them, and the written form shows no secret."""
        for text, proxy, written in (
            ("proxy.example", Proxy("http", "proxy.example", 1080), "http://proxy.example:1080"),
            ("Proxy.Example.:3128", Proxy("http", "proxy.example", 3128), "http://proxy.example:3128"),
            ("HTTP://p:3128/", Proxy("http", "p", 3128), "http://p:3128"),
            ("https://p", Proxy("https", "p", 443), "https://p:443"),
            ("socks5h://[::1]", Proxy("socks5h", "::1", 1080), "socks5h://[::1]:1080"),
            ("socks5://u:p%40ss%3A@h:9", Proxy("socks5", "h", 9, "u", "p@ss:"), "socks5://h:9"),
            ("socks4a://u@h", Proxy("socks4a", "h", 1080, "u"), "socks4a://h:1080"),
            ("http://:p@h", Proxy("http", "h", 1080, "", "p"), "http://h:1080"),
            ("u:p@h:1", Proxy("http", "h", 1, "u", "p"), "http://h:1"),
        ):
            self.assertEqual(parse_proxy(text), proxy)
            self.assertEqual(str(proxy), written)
            self.assertNotIn("p@ss", repr(proxy))

    def test_bad(self) -> None:
        """Anything else is refused, naming the option and telling no password."""
        for text in (
            "", "http://", "ftp://h", "socks://h", "http://h:x", "http://h:0", "http://u:secret@", "http://h/path",
            "http://u:secret@h h", "::1:80", "http://secret@u@h\x00", "http://a%3Asecret:b@h",
        ):  # fmt: skip
            error = self.assertRaises(BadUsage, parse_proxy, text)
            self.assertEqual(error.field, "--proxy")
            self.assertNotIn("secret", f"{error} {error.hint}")

    def test_login_cannot_be_more_than_a_login(self) -> None:
        """Case 39: line ends, NUL and what SOCKS cannot count are refused in a proxy's user and password."""
        for login in ("a%0d%0aX: y:b", "a:b%00", "a:%0A", "u:%7f", "u" * 256 + ":", "u:" + "%c3%a9" * 128):
            for scheme in ("http", "socks5"):
                self.assertRaises(BadUsage, parse_proxy, f"{scheme}://{login}@h")


class EnvironmentTests(SynchronousTestCase):
    """`proxy_from`."""

    def test_variables(self) -> None:
        """Small letters go first, `HTTP_PROXY` does not exist, and `all_proxy` is for the rest."""
        a, b = Proxy("http", "a", 1080), Proxy("http", "b", 1080)
        for environ, scheme, proxy in (
            ({}, "http", None),
            ({"http_proxy": "a", "HTTP_PROXY": "b"}, "http", a),
            ({"HTTP_PROXY": "b"}, "http", None),
            ({"https_proxy": "a", "HTTPS_PROXY": "b"}, "https", a),
            ({"HTTPS_PROXY": "b", "http_proxy": "a"}, "https", b),
            ({"http_proxy": "", "all_proxy": "a"}, "http", a),
            ({"ALL_PROXY": "b"}, "https", b),
            ({"HTTP_PROXY": "x", "all_proxy": "b"}, "http", b),
        ):
            self.assertEqual(proxy_from(environ, scheme), (proxy, None))

    def test_exceptions(self) -> None:
        """`no_proxy` in small letters goes first."""
        for environ in ({"no_proxy": "a, b", "NO_PROXY": "c"}, {"no_proxy": "", "NO_PROXY": "A B"}):
            self.assertEqual(proxy_from(environ, "http")[1], NoProxy(("a", "b")))

    def test_bad(self) -> None:
        """A variable that cannot be meant is named."""
        error = self.assertRaises(BadUsage, proxy_from, {"all_proxy": "gopher://h"}, "http")
        self.assertEqual(error.field, "all_proxy")


class NoProxyTests(SynchronousTestCase):
    """`NoProxy.covers`."""

    def test_names(self) -> None:
        """A domain means itself and all below it, with or without a dot before it; a port narrows it."""
        for pattern, host, port, covered in (
            ("*", "h", 1, True),
            ("example.com", "example.com", 80, True),
            ("example.com", "www.example.com", 80, True),
            (".example.com", "example.com", 80, True),
            ("Example.COM.", "WWW.example.com.", 80, True),
            ("example.com", "notexample.com", 80, False),
            ("example.com", "example.com.evil", 80, False),
            ("example.com:8080", "a.example.com", 8080, True),
            ("example.com:8080", "a.example.com", 80, False),
            ("localhost", "localhost", 80, True),
            (".", "h", 80, False),
        ):
            self.assertIs(parse_no_proxy(pattern).covers(host, port), covered, (pattern, host))

    def test_addresses(self) -> None:
        """Addresses are compared as such, alone and in CIDR ranges of their own family."""
        for pattern, host, port, covered in (
            ("127.0.0.1", "127.0.0.1", 80, True),
            ("127.0.0.1:81", "127.0.0.1", 80, False),
            ("10.0.0.0/8", "10.255.0.1", 80, True),
            ("10.1.2.3/8", "10.255.0.1", 80, True),
            ("10.0.0.0/8", "11.0.0.1", 80, False),
            ("10.0.0.0/8:81", "10.0.0.1", 81, True),
            ("10.0.0.0/8", "10.0.0.1.example", 80, False),
            ("10.0.0.0/99", "10.0.0.1", 80, False),
            ("::1", "0:0:0:0:0:0:0:1", 80, True),
            ("[::1]", "::1", 80, True),
            ("[::1]:81", "::1", 81, True),
            ("[::1]:81", "::1", 80, False),
            ("fe80::/10", "fe80::1%eth0", 80, True),
            ("[2001:db8::]/32", "2001:db8::9", 80, True),
            ("0.0.0.0/0", "::1", 80, False),
            ("0.0.1", "127.0.0.1", 80, False),
        ):
            self.assertIs(parse_no_proxy(pattern).covers(host, port), covered, (pattern, host))

    def test_list(self) -> None:
        """Commas and white space part the patterns, and any of them is enough."""
        some = parse_no_proxy(" a.example,b.example\t10.0.0.0/8 ,, ")
        self.assertEqual(some.patterns, ("a.example", "b.example", "10.0.0.0/8"))
        self.assertEqual(
            [some.covers(host, 80) for host in ("b.example", "10.1.1.1", "c.example")], [True, True, False]
        )
        self.assertFalse(NoProxy().covers("h", 80))

    def test_networks_that_are_none(self) -> None:
        """They are refused where somebody typed them, and the field is named; elsewhere they cover nothing."""
        for text in ("10.0.0.0/33", "a.example,10.0.0/8", "h/8", "[fd00::/129]:80"):
            error = self.assertRaises(BadUsage, parse_no_proxy, text, field="--noproxy")
            self.assertIn("--noproxy", str(error))
            self.assertFalse(parse_no_proxy(text).covers("10.0.0.1", 80))
        for text in ("10.1.2.3/8", "[fd00::/8]:80", "fd00::/8", "*, .h:80"):
            self.assertEqual(parse_no_proxy(text, field="--noproxy"), parse_no_proxy(text))

    @given(st.text(max_size=40), st.text(max_size=20))
    def test_any_text(self, text: str, host: str) -> None:
        """No list and no host makes it fail."""
        self.assertIn(parse_no_proxy(text).covers(host, 80), (True, False))
