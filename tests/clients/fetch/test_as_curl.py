"""Requests as curl commands; `tests.end_to_end.test_as_curl` has curl run them."""

import re
import shlex

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.clients.fetch.as_curl import EXPECT_BYTES, MOST_ARGUMENT_BYTES, as_curl
from tnet.clients.fetch.request import first_request
from tnet.errors import BadUsage
from tnet.plans.fetch import Body, FetchPlan, Keeping, Login, Part, Patience, Retrying, Showing, Way
from tnet.plans.proxies import NoProxy, Proxy
from tnet.plans.routes import Override
from tnet.plans.tls import TlsDialing


def command(url="http://h/", **plan):
    """The command for a plan."""
    asked = FetchPlan(**{"method": "GET", "urls": (url,), "follow": False} | plan)
    return as_curl(first_request(asked, url), asked)


def words(url="http://h/", **plan):
    """The words of that command between its name and the URL, as a shell reads them."""
    found = shlex.split(command(url, **plan))
    return found[1:-1]


def options(url="http://h/", **plan):
    """The same words in one line."""
    return " ".join(words(url, **plan))


class Requests(SynchronousTestCase):
    def test_a_get(self):
        """What curl does by itself is not said."""
        self.assertEqual(command("h/x?a=b"), "curl 'http://h/x?a=b'")

    def test_methods(self):
        """A method is said when the rest of the command does not imply it."""
        self.assertEqual(words(method="HEAD"), ["--head"])
        self.assertEqual(words(method="DELETE"), ["--request", "DELETE"])
        self.assertEqual(words(method="GET", body=Body(b"x"))[:2], ["--request", "GET"])
        self.assertEqual(words(method="HEAD", body=Body(b"x"))[:2], ["--request", "HEAD"])
        self.assertEqual(words(method="PUT", body=Body(b"x"))[:2], ["--request", "PUT"])
        self.assertNotIn("--request", words(method="POST", body=Body(b"x")))

    def test_a_post_of_nothing_has_a_length(self):
        """As ours has."""
        self.assertEqual(words(method="POST"), ["--header", "Content-Type:", "--data-raw", ""])

    def test_headers(self):
        """An empty one and one that is left out are told apart, and curl adds none of its own."""
        self.assertEqual(
            words(method="POST", headers=(("X-A", "it's"), ("X-B", "")), unset=("Accept",), body=Body(b"x"))[:-2],
            ["--header", "X-A: it's", "--header", "X-B;", "--header", "Accept:", "--header", "Content-Type:"],
        )
        self.assertEqual(words(headers=(("content-type", "t"),), body=Body(b"x"))[2:4], ["--header", "content-type: t"])

    def test_urls_that_curl_would_read_otherwise(self):
        """Brackets and dot segments stay; a name beyond ASCII is made ASCII; user information is gone."""
        self.assertEqual(command("http://h/a[1]"), "curl --globoff 'http://h/a[1]'")
        self.assertEqual(command("http://[::1]:8/"), "curl --globoff 'http://[::1]:8/'")
        self.assertEqual(command("http://h/a/../b"), "curl --path-as-is http://h/a/../b")
        self.assertEqual(command("http://bücher.example/"), "curl http://xn--bcher-kva.example/")
        self.assertEqual(command("http://u:p@h/"), "curl http://h/")

    def test_secrets(self):
        """Case 13: they are masked unless they are to be shown."""
        asked = {
            "headers": (
                ("Authorization", "Basic czNjcmV0"),
                ("Cookie", "a=s3cret"),
                ("X-Api-Key", "s3cret"),
                ("A", "b"),
            ),
            "login": Login(kind="digest", user="ann", password="s3cret"),
            "way": Way(proxy=Proxy("http", "p", 8080, "bob", "s3cret")),
        }
        masked = words(**asked)
        self.assertNotIn("s3cret", " ".join(masked))
        self.assertNotIn("czNjcmV0", " ".join(masked))
        for word in ("Authorization: ***", "Cookie: ***", "X-Api-Key: ***", "A: b", "ann:***", "bob:***"):
            self.assertIn(word, masked)
        shown = words(**asked, showing=Showing(show_secrets=True))
        for word in (
            "Authorization: Basic czNjcmV0",
            "Cookie: a=s3cret",
            "X-Api-Key: s3cret",
            "ann:s3cret",
            "bob:s3cret",
        ):
            self.assertIn(word, shown)

    def test_a_digest_login_waits_for_its_challenge(self):
        """There is no header for it before."""
        self.assertEqual(words(login=Login(kind="digest", user="ann")), ["--digest", "--user", "ann:"])
        self.assertEqual(words(login=Login(user="ann", password="x")), [])


class Bodies(SynchronousTestCase):
    def test_text(self):
        """It is an argument, line ends and all, and an @ means nothing."""
        self.assertEqual(words(method="POST", body=Body("@é'\n".encode()))[-2:], ["--data-raw", "@é'\n"])

    def test_bytes(self):
        """What a shell or a terminal would change comes through a pipe."""
        for data in (b"\0", b"\xff", b"\x1b[2J", b"\r\n", "\u202e".encode(), b"x" * (MOST_ARGUMENT_BYTES + 1)):
            printed = command(method="POST", body=Body(data))
            self.assertTrue(printed.startswith("printf '"), data[:8])
            self.assertTrue(printed.endswith("--data-binary @- http://h/"), data[:8])
        self.assertTrue(command(body=Body(b"\0a%\\'-\xff")).startswith(r"printf '\000a\045\134\047\055\377' | curl "))

    @given(st.binary(min_size=1, max_size=60))
    def test_any_body_is_one_harmless_line(self, data):
        """However it is sent: nothing but printable characters, and line ends in quotes."""
        printed = command(body=Body(data))
        self.assertTrue(printed.replace("\n", "").isprintable())
        if piped := re.match(r"printf '([^']*)' \| ", printed):
            self.assertEqual(re.sub(rb"\\(\d{3})", lambda m: bytes([int(m[1], 8)]), piped[1].encode()), data)
        else:
            self.assertEqual(shlex.split(printed)[-2], data.decode())

    def test_files(self):
        """They are named; curl is not to wait for leave to send them, nor to wait with a long argument."""
        self.assertEqual(
            words(method="POST", body=Body(path="a b")),
            ["--header", "Content-Type:", "--header", "Expect:", "--data-binary", "@a b"],
        )
        self.assertIn("Expect:", command(body=Body(b"x" * (EXPECT_BYTES + 1)))[-200:])

    def test_chunks(self):
        """When they are asked for, and always from standard input."""
        for body in (Body(b"x", chunked=True), Body(path="-")):
            self.assertIn("Transfer-Encoding: chunked", words(body=body))

    def test_parts(self):
        """Texts mean nothing but themselves; the boundary, and with it the type, is curl's."""
        parts = (
            Part("a", b"@x;type=y"),
            Part("b", b'1"\\', content_type="text/x"),
            Part("f", path='/x"y', file_name="z", content_type="text/plain"),
            Part("g", path="h"),
        )
        found = words(
            method="POST",
            headers=(("Content-Type", "multipart/form-data; boundary=b"),),
            body=Body(parts=parts, boundary="b"),
        )
        self.assertEqual(
            found,
            [
                *("--header", "Expect:", "--form-string", "a=@x;type=y", "--form", r'b="1\"\\";type=text/x'),
                *("--form", r'f=@"/x\"y";filename="z";type=text/plain', "--form", 'g=<"h"'),
            ],
        )

    def test_what_curl_cannot_send(self):
        """It is refused, and nothing else is sent in its place."""
        for body in (
            Body(b"x", deflate=True),
            Body(parts=(Part("a=b"),), boundary="b"),
            Body(parts=(Part(""),), boundary="b"),
            Body(parts=(Part("a", b"\0"),), boundary="b"),
        ):
            self.assertRaises(BadUsage, command, body=body)


class Ways(SynchronousTestCase):
    def test_proxies(self):
        """One, none, and none for some."""
        self.assertEqual(words(way=Way(proxy=Proxy("socks5h", "::1", 9050))), ["--proxy", "socks5h://[::1]:9050"])
        self.assertEqual(words(way=Way(direct=True)), ["--noproxy", "*"])
        self.assertEqual(words(way=Way(no_proxy=NoProxy(("a", "10.0.0.0/8")))), ["--noproxy", "a,10.0.0.0/8"])

    def test_places(self):
        """Where hosts really are; curl knows no wildcard for the port of an address."""
        overrides = (
            Override("h", 80, ("127.0.0.1", "::1")),
            Override("", 0, ("127.0.0.1",)),
            Override("h", 80, to_host="::1", to_port=81),
            Override("", 0, to_host="x"),
        )
        self.assertEqual(
            options("http://h:82/", way=Way(overrides=overrides, unix_socket="/s", source="127.0.0.2", family=6)),
            "--unix-socket /s --resolve h:80:127.0.0.1,[::1] --resolve *:82:127.0.0.1 "
            "--connect-to h:80:[::1]:81 --connect-to ::x: --interface 127.0.0.2 --ipv6",
        )

    def test_versions(self):
        """HTTP/2 without TLS has to be known before."""
        self.assertEqual(words(way=Way(version="1.1")), ["--http1.1"])
        self.assertEqual(words(way=Way(version="2")), ["--http2-prior-knowledge"])
        self.assertEqual(words("https://h/", way=Way(version="2")), ["--http2"])

    def test_tls(self):
        """It is said where it counts."""
        tls = TlsDialing(
            verify=False,
            ca_file="ca",
            certificate_file="c",
            key_file="k",
            pins=("sha256//a", "sha256//b"),
            min_version="1.3",
        )
        self.assertEqual(
            options("https://h/", way=Way(tls=tls)),
            "--insecure --cacert ca --cert c --key k --pinnedpubkey sha256//a;sha256//b --tlsv1.3",
        )
        self.assertEqual(words("http://h/", way=Way(tls=tls)), [])
        self.assertRaises(BadUsage, command, "https://h/", way=Way(tls=TlsDialing(server_name="other")))

    def test_limits_and_what_becomes_of_the_answer(self):
        """As far as curl knows them too."""
        self.assertEqual(
            words("https://h/", follow=True), ["--location", "--max-redirs", "20", "--proto-redir", "=https"]
        )
        self.assertEqual(words(follow=True, max_redirects=3), ["--location", "--max-redirs", "3"])
        self.assertEqual(
            options(
                patience=Patience(connect_seconds=1.5, total_seconds=9),
                retrying=Retrying(times=2, total_seconds=60),
                fail=True,
                compressed=True,
                showing=Showing(parts="hb"),
                keeping=Keeping(remote_name=True, folder="d", resume=True, most_bytes=5),
            ),
            "--connect-timeout 1.5 --max-time 9 --retry 2 --retry-max-time 60 --fail --compressed --include "
            "--remote-name --remote-header-name --output-dir d --continue-at - --max-filesize 5",
        )
        self.assertEqual(words(keeping=Keeping(path="f")), ["--output", "f"])
