"""How URLs are reached, and what makes two ways of reaching one different."""

from dataclasses import replace

from twisted.trial.unittest import TestCase

from tnet.clients.fetch.wire.connection import HTTP_1, HTTP_2
from tnet.clients.fetch.wire.route import route_to
from tnet.errors import BadUsage
from tnet.plans import TcpAddress, UnixAddress
from tnet.plans.fetch import Way
from tnet.plans.proxies import parse_no_proxy, parse_proxy
from tnet.plans.routes import parse_connect_to, parse_resolve
from tnet.plans.tls import TlsDialing
from tnet.plans.urls import parse_url

PLAIN = "http://a.example/x"
SECURE = "https://a.example/x"
PROXY = parse_proxy("http://proxy.example:3128")
SOCKS = parse_proxy("socks5://socks.example")


def route(url=PLAIN, environ=None, **way):
    """The route to a URL, with nothing in the environment unless the test says so."""
    return route_to(parse_url(url), Way(**way), environ or {})


class Directions(TestCase):
    def test_straight(self):
        """To the host and port of the URL; TLS checks that host, and offers both versions."""
        found = route(PLAIN)
        self.assertEqual((found.target, found.tls, found.plain), (TcpAddress("a.example", 80), None, HTTP_1))
        found = route("https://a.example:8443/x")
        self.assertEqual(found.target, TcpAddress("a.example", 8443))
        self.assertEqual((found.tls.server_name, found.tls.alpn), ("a.example", (HTTP_2, HTTP_1)))

    def test_what_is_not_of_the_origin_changes_nothing(self):
        """Path, query and user information of a URL are no reason for another connection."""
        self.assertEqual(route("https://a.example/x"), route("https://ann:pw@A.example:443/y?z"))

    def test_what_the_plan_says_of_tls_is_kept(self):
        """Another server name too, which is then the one to check."""
        tls = TlsDialing(ca_file="ca.pem", server_name="other.example", pins=("sha256//x",), min_version="1.3")
        self.assertEqual(route(SECURE, tls=tls).tls, replace(tls, alpn=(HTTP_2, HTTP_1)))

    def test_versions(self):
        """1.1 offers nothing else; 2 is spoken at once where no TLS can agree on it."""
        self.assertEqual(route(SECURE, version="1.1").tls.alpn, (HTTP_1,))
        self.assertEqual([route(version=version).plain for version in (None, "1.1", "2")], [HTTP_1, HTTP_1, HTTP_2])

    def test_who_may_multiplex(self):
        """Whatever may turn out to be HTTP/2."""
        for url, version, may in (
            (PLAIN, None, False),
            (PLAIN, "2", True),
            (SECURE, None, True),
            (SECURE, "2", True),
            (SECURE, "1.1", False),
        ):
            self.assertEqual(route(url, version=version).may_multiplex, may, (url, version))

    def test_a_unix_socket_is_instead_of_everything(self):
        """No proxy leads there and no name is looked up, but TLS still wants to see the origin's."""
        found = route(SECURE, unix_socket="/run/x", proxy=PROXY, overrides=(parse_resolve("a.example:443:192.0.2.1"),))
        self.assertEqual((found.target, found.tunnel, found.addresses), (UnixAddress("/run/x"), None, ()))
        self.assertEqual(found.tls.server_name, "a.example")


class Overrides(TestCase):
    def test_addresses_instead_of_a_lookup(self):
        """For the host and port that are meant, and no other."""
        known = parse_resolve("a.example:80:192.0.2.1,2001:db8::1")
        self.assertEqual(route(overrides=(known,)).addresses, ("192.0.2.1", "2001:db8::1"))
        self.assertEqual(route(overrides=(known,)).target, TcpAddress("a.example", 80))
        for other in ("http://b.example/", "http://a.example:81/"):
            self.assertEqual(route(other, overrides=(known,)).addresses, ())

    def test_another_place_to_connect_to(self):
        """What TLS checks is still the origin; an empty part keeps what it replaces."""
        moved = route(SECURE, overrides=(parse_connect_to("a.example:443:b.example:"),))
        self.assertEqual(moved.target, TcpAddress("b.example", 443))
        self.assertEqual(moved.tls.server_name, "a.example")
        moved = route(SECURE, overrides=(parse_connect_to(":::8443"),))
        self.assertEqual(moved.target, TcpAddress("a.example", 8443))

    def test_the_first_that_fits(self):
        """Of each kind; the addresses are those of the place that is connected to."""
        overrides = (
            parse_resolve("a.example:80:192.0.2.1"),
            parse_connect_to("a.example:80:b.example:81"),
            parse_connect_to("a.example:80:c.example:82"),
            parse_resolve("b.example:81:192.0.2.2"),
            parse_resolve("*:81:192.0.2.3"),
        )
        found = route(overrides=overrides)
        self.assertEqual((found.target, found.addresses), (TcpAddress("b.example", 81), ("192.0.2.2",)))


class Proxies(TestCase):
    def test_whole_requests_for_an_http_proxy(self):
        """Without TLS to the origin there is nothing to keep from it: it is the target, and speaks HTTP/1.1."""
        found = route(proxy=PROXY, version="2", tls=TlsDialing(verify=False, pins=("sha256//x",)))
        self.assertEqual((found.target, found.forward), (TcpAddress("proxy.example", 3128), PROXY))
        self.assertEqual((found.tunnel, found.tls, found.plain), (None, None, HTTP_1))

    def test_an_https_proxy_is_checked_in_full(self):
        """Case 48: `--insecure`, pins and authorities are for the origin, not for the proxy."""
        proxy = parse_proxy("https://proxy.example")
        insecure = TlsDialing(verify=False, ca_file="ca.pem", pins=("sha256//x",))
        found = route(proxy=proxy, tls=insecure)
        self.assertEqual(found.tls, TlsDialing(server_name="proxy.example", alpn=(HTTP_1,)))
        self.assertEqual(found.target, TcpAddress("proxy.example", 443))

    def test_a_tunnel_for_everything_else(self):
        """Through any proxy to https, and through SOCKS to http as well."""
        for url, proxy in ((SECURE, PROXY), (SECURE, SOCKS), (PLAIN, SOCKS)):
            found = route(url, proxy=proxy)
            self.assertEqual((found.tunnel, found.forward, found.target.host), (proxy, None, "a.example"))

    def test_whether_there_is_one(self):
        """On the way, or at its end."""
        found = [route(url, proxy=proxy).proxied for url in (PLAIN, SECURE) for proxy in (None, PROXY)]
        self.assertEqual(found, [False, True, False, True])

    def test_overrides_are_for_what_we_connect_to(self):
        """A tunnel leads where they say; a proxy that is sent whole requests finds the origin itself."""
        overrides = (parse_connect_to("a.example::b.example:"),)
        self.assertEqual(route(SECURE, proxy=PROXY, overrides=overrides).target.host, "b.example")
        self.assertEqual(route(PLAIN, proxy=PROXY, overrides=overrides).target.host, "proxy.example")

    def test_the_environment(self):
        """It is asked where the plan says nothing, by the scheme of the URL."""
        environ = {"https_proxy": "http://one.example", "all_proxy": "socks5h://two.example", "HTTP_PROXY": "x://"}
        self.assertEqual(route(SECURE, environ).tunnel.host, "one.example")
        self.assertEqual(route(PLAIN, environ).tunnel.host, "two.example")
        self.assertEqual(route(SECURE, environ, proxy=SOCKS).tunnel, SOCKS)
        self.assertIsNone(route(SECURE, environ, direct=True).tunnel)
        with self.assertRaises(BadUsage) as caught:
            route(PLAIN, {"http_proxy": "ftp://one.example"})
        self.assertEqual(caught.exception.field, "http_proxy")

    def test_who_is_reached_without(self):
        """`--noproxy` and the variable hold for any proxy; the first goes before the other."""
        environ = {"https_proxy": "http://one.example", "no_proxy": "a.example"}
        self.assertIsNone(route(SECURE, environ).tunnel)
        self.assertIsNone(route(SECURE, environ, proxy=SOCKS).tunnel)
        self.assertIsNotNone(route(SECURE, environ, no_proxy=parse_no_proxy("b.example")).tunnel)
        self.assertIsNone(route(SECURE, proxy=SOCKS, no_proxy=parse_no_proxy(".example")).tunnel)


class Differences(TestCase):
    """Case 43: whatever changes where a connection goes, or whom it trusts, makes another route."""

    def differ(self, url, *ways):
        """Each of the ways is another route, and each is equal to itself."""
        routes = [route(url, **way) for way in ({}, *ways)]
        self.assertEqual(len(set(routes)), len(routes))
        self.assertEqual(routes, [route(url, **way) for way in ({}, *ways)])

    def test_origins(self):
        """Scheme, host and port, also where all of them lead to the same place."""
        urls = ("http://a/", "https://a/", "http://b/", "http://a:81/", "https://a:80/")
        self.assertEqual(len({route(url) for url in urls}), len(urls))
        here = (parse_connect_to(":::81"), parse_resolve("*:81:192.0.2.1"))
        hosts = [f"http://{name}/" for name in ("a", "b")]
        self.assertEqual(len({route(url, overrides=(here[0], here[1])) for url in hosts}), 2)
        self.assertEqual(len({route(url, unix_socket="/run/x") for url in hosts}), 2)
        self.assertEqual(len({route(url, proxy=PROXY) for url in hosts}), 2)

    def test_tls(self):
        """Authorities, our certificate, whether anything is checked, pins, the oldest version, the name."""
        self.differ(
            SECURE,
            *(
                {"tls": TlsDialing(**plan)}
                for plan in (
                    {"verify": False},
                    {"ca_file": "ca.pem"},
                    {"certificate_file": "me.pem"},
                    {"certificate_file": "me.pem", "key_file": "me.key"},
                    {"certificate_file": "you.pem"},
                    {"pins": ("sha256//x",)},
                    {"pins": ("sha256//y",)},
                    {"min_version": "1.3"},
                    {"server_name": "b.example"},
                )
            ),
        )

    def test_the_way_there(self):
        """Addresses, places, families, our own address, the socket, the version."""
        for url in (PLAIN, SECURE):
            self.differ(
                url,
                {"overrides": (parse_resolve("*:*:192.0.2.1"),)},
                {"overrides": (parse_resolve("*:*:192.0.2.2"),)},
                {"overrides": (parse_connect_to(":::81"),)},
                {"overrides": (parse_connect_to("::b.example:"),)},
                {"family": 4},
                {"family": 6},
                {"source": "127.0.0.1"},
                {"unix_socket": "/run/x"},
                {"unix_socket": "/run/y"},
                {"version": "2"},
            )
        self.differ(SECURE, {"version": "1.1"})

    def test_proxies(self):
        """Each proxy, its scheme and its port, and who we are to it, though no text shows that."""
        for url in (PLAIN, SECURE):
            self.differ(
                url,
                *(
                    {"proxy": parse_proxy(text)}
                    for text in (
                        "http://p.example",
                        "https://p.example",
                        "socks5://p.example",
                        "socks5h://p.example",
                        "http://p.example:81",
                        "http://ann:pw@p.example",
                        "http://ann:other@p.example",
                        "http://bob:pw@p.example",
                    )
                ),
            )
        shown = repr(route(SECURE, proxy=parse_proxy("http://ann:s3cret@p.example")))
        self.assertNotIn("s3cret", shown)
