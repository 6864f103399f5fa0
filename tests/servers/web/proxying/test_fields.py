"""Tests for the fields that are passed on."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http_headers import Headers

from tnet.plans.web import parse_proxy
from tnet.protocols.http1.responses import ResponseHead
from tnet.servers.web.proxying.fields import Client, request_fields, response_fields, upgrade_of
from tnet.servers.web.proxying.places import Places

CLIENT = Client("192.0.2.7", b"https", b"site.example", b"1.1")


def headers(*pairs: tuple[bytes, bytes]) -> Headers:
    """The headers of a request."""
    made = Headers()
    for name, value in pairs:
        made.addRawHeader(name, value)
    return made


class RequestFieldsTests(SynchronousTestCase):
    """`request_fields`."""

    def sent(self, *pairs: tuple[bytes, bytes], client: Client = CLIENT) -> dict[bytes, bytes]:
        """What is passed on, names in lower case."""
        pairs_sent = request_fields(headers(*pairs), client, b"up:9000", b"me")
        return {name.lower(): value for name, value in pairs_sent}

    def test_passed_on(self) -> None:
        """What is about the request is passed on, several fields of one name as several."""
        pairs = [(b"Accept", b"a"), (b"Accept", b"b"), (b"Cookie", b"c=d"), (b"Authorization", b"Bearer t")]
        sent = request_fields(headers(*pairs), CLIENT, b"up:9000", b"me")
        self.assertEqual([pair for pair in sent if pair in pairs], pairs)

    def test_of_one_hop(self) -> None:
        """What is about the connection is not, and neither is what Connection names."""
        sent = self.sent(
            (b"Connection", b"close, X-Mine"),
            (b"Keep-Alive", b"timeout=5"),
            (b"TE", b"trailers"),
            (b"Transfer-Encoding", b"chunked"),
            (b"Content-Length", b"5"),
            (b"Upgrade", b"h2c"),
            (b"HTTP2-Settings", b"AAA"),
            (b"Proxy-Authorization", b"Basic x"),
            (b"Proxy-Connection", b"keep-alive"),
            (b"Trailer", b"X"),
            (b"Expect", b"100-continue"),
            (b"X-Mine", b"1"),
            (b"Host", b"site.example"),
        )
        told = {b"host", b"via", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded"}
        self.assertEqual(set(sent), told)
        self.assertEqual(sent[b"host"], b"up:9000")

    def test_where_it_comes_from(self) -> None:
        """The client cannot say where it comes from, in no spelling."""
        sent = self.sent(
            (b"X-Forwarded-For", b"127.0.0.1"),
            (b"X_Forwarded_For", b"127.0.0.1"),
            (b"Forwarded", b"for=127.0.0.1"),
            (b"X-Real-IP", b"127.0.0.1"),
            (b"X-Forwarded-User", b"root"),
            (b"Connection", b"X-Forwarded-For, Forwarded"),
        )
        self.assertEqual((sent[b"x-forwarded-for"], sent[b"x-forwarded-proto"]), (b"192.0.2.7", b"https"))
        self.assertEqual(sent[b"forwarded"], b'for=192.0.2.7;proto=https;host="site.example"')
        self.assertNotIn(b"127.0.0.1", sent.values())
        self.assertNotIn(b"root", sent.values())

    def test_who_it_is(self) -> None:
        """Nor who it is, which groups it is in, or below which path it was reached."""
        given = ("X-Forwarded-Groups", "X_Forwarded-Email", "X-Forwarded-Prefix", "Remote_User", "X-Remote-User")
        sent = self.sent(*((name.encode(), b"root") for name in (*given, "X-Client-IP", "True-Client-IP", "Client-IP")))
        self.assertNotIn(b"root", sent.values())

    def test_kinds_of_client(self) -> None:
        """An IPv6 address is quoted where it has to be; somebody on a UNIX socket has none."""
        self.assertIn(b'for="[::1]";', self.sent(client=Client("::1", b"http", None, b"1.0"))[b"forwarded"])
        unnamed = self.sent(client=Client(None, b"http", None, b"2"))
        self.assertEqual((unnamed[b"forwarded"], unnamed[b"via"]), (b"for=unknown;proto=http", b"2 me"))

    def test_via(self) -> None:
        """Our place in the way is added behind those before us."""
        sent = request_fields(headers((b"Via", b"1.1 first")), CLIENT, b"up", b"me")
        self.assertEqual([value for name, value in sent if name == b"Via"], [b"1.1 first", b"1.1 me"])

    def test_login(self) -> None:
        """A login that was meant for us stays here, and the upstream is told who it was."""
        known = Client("192.0.2.7", b"https", None, b"1.1", "älice")
        sent = self.sent((b"Authorization", b"Basic c2VjcmV0"), client=known)
        self.assertNotIn(b"authorization", sent)
        self.assertEqual(sent[b"x-forwarded-user"].decode(), "älice")


class UpgradeTests(SynchronousTestCase):
    """`upgrade_of`."""

    def test_asked(self) -> None:
        """What is asked for is told, where Connection says so too."""
        asked = headers((b"Connection", b"keep-alive, Upgrade"), (b"Upgrade", b"websocket, x/1"))
        self.assertEqual(upgrade_of(asked), b"websocket, x/1")
        self.assertEqual(upgrade_of(headers((b"Upgrade", b"websocket"))), b"")
        self.assertEqual(upgrade_of(headers((b"Connection", b"Upgrade"))), b"")

    def test_http(self) -> None:
        """Nobody gets a connection on which HTTP goes on, unseen by us."""
        for protocol in (b"h2c", b"H2C", b"HTTP/2.0", b"TLS/1.0"):
            asked = headers((b"Connection", b"Upgrade, HTTP2-Settings"), (b"Upgrade", protocol + b", websocket"))
            self.assertEqual(upgrade_of(asked), b"websocket")


class ResponseFieldsTests(SynchronousTestCase):
    """`response_fields`."""

    def got(self, *pairs: tuple[bytes, bytes], version: str = "1.1") -> Headers:
        """What is passed on."""
        head = ResponseHead(version, 200, b"OK", pairs)
        return response_fields(head, Places(parse_proxy("/api=http://h/v2")), b"me")

    def test_passed_on(self) -> None:
        """What is about the response is passed on, what is about the connection is not."""
        got = self.got(
            (b"Content-Type", b"text/plain"),
            (b"Connection", b"close, X-Mine"),
            (b"X-Mine", b"1"),
            (b"Transfer-Encoding", b"chunked"),
            (b"Trailer", b"X"),
            (b"Upgrade", b"h2c"),
            (b"Server", b"up"),
            version="1.0",
        )
        self.assertEqual(
            dict(got.getAllRawHeaders()),
            {b"Content-Type": [b"text/plain"], b"Server": [b"up"], b"Via": [b"1.0 me"]},
        )

    def test_length(self) -> None:
        """One length is told, although the upstream told it twice."""
        self.assertEqual(self.got((b"Content-Length", b"5, 5")).getRawHeaders(b"content-length"), [b"5"])

    def test_references(self) -> None:
        """References to the upstream lead through us."""
        got = self.got((b"Location", b"http://h/v2/x"), (b"Content-Location", b"/v2/y"), (b"Link", b"</v2/z>"))
        self.assertEqual(got.getRawHeaders(b"location"), [b"/api/x"])
        self.assertEqual(got.getRawHeaders(b"content-location"), [b"/api/y"])
        self.assertEqual(got.getRawHeaders(b"link"), [b"</v2/z>"])

    def test_cookies(self) -> None:
        """Cookies come back to where they came from: below the prefix, and to us."""
        for cookie, wanted in (
            (b"a=b", b"a=b"),
            (b"a=b; Path=/v2/x; HttpOnly", b"a=b; Path=/api/x; HttpOnly"),
            (b"a=b;path=/ ;Secure", b"a=b; Path=/api;Secure"),
            (b"a=b; Domain=H; Path=relative", b"a=b; Path=relative"),
            (b"a=b; Domain=.example", b"a=b; Domain=.example"),
        ):
            self.assertEqual(self.got((b"Set-Cookie", cookie)).getRawHeaders(b"set-cookie"), [wanted])
