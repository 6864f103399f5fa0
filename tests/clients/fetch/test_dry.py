"""Fetches that send nothing."""

from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet import __version__
from tnet.clients.fetch.dry import rehearse
from tnet.clients.fetch.request import Request, first_request
from tnet.errors import BadUsage, CannotRead
from tnet.plans.fetch import Body, FetchPlan, Part, Showing, Way
from tnet.plans.proxies import Proxy

SECRET = (("Authorization", "Bearer s3cret"),)


@dataclass
class Dressing:
    """A client that knows a login."""

    plan: FetchPlan
    context: Any
    adds: tuple[tuple[str, str], ...] = ()

    def first_request(self, url: str) -> Request:
        """What the plan asks for."""
        return first_request(self.plan, url)

    def dressed(self, request: Request) -> Request:
        """With the login."""
        return request.adding(*self.adds)


class Case(SynchronousTestCase):
    def rehearsal(self, *urls, adds=(), environ=None, **plan):
        """What is written, and the work that writes it."""
        urls = urls or ("http://h/x",)
        asked = FetchPlan(**{"method": "GET", "urls": urls, "dry": "offline"} | plan)
        self.world, written = World(), []

        async def write(data):
            written.append(data)

        client = Dressing(asked, self.world.context, adds)
        return written, Deferred.fromCoroutine(rehearse(client, urls, write, environ or {}))

    def written(self, *urls, **plan):
        """All that is written."""
        written, done = self.rehearsal(*urls, **plan)
        self.successResultOf(done)
        self.assertEqual(self.world.reactor.tcpClients, [])
        return b"".join(written)


class Offline(Case):
    def test_the_request_as_it_would_go_out(self):
        """Head and body, and nothing is connected."""
        self.assertEqual(
            self.written(method="POST", headers=(("X-A", "1"),), body=Body(b"abc")),
            b"POST /x HTTP/1.1\r\nHost: h\r\nUser-Agent: tnet/%b\r\nAccept: */*\r\nX-A: 1\r\n"
            b"Content-Length: 3\r\n\r\nabc" % __version__.encode(),
        )

    def test_chunks_and_parts(self):
        """Framed as on the wire."""
        self.assertTrue(self.written(body=Body(b"abc", chunked=True)).endswith(b"chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
        found = self.written(body=Body(parts=(Part("a", b"1"),), boundary="b"))
        head, _, body = found.partition(b"\r\n\r\n")
        self.assertIn(b"Content-Length: %d" % len(body), head)
        self.assertTrue(body.endswith(b"\r\n1\r\n--b--\r\n"))

    def test_several(self):
        """One after another, with an empty line between them that no server minds."""
        found = self.written("http://a/", "http://b/")
        self.assertEqual(found.count(b"\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n"), 1)

    def test_secrets(self):
        """Case 13: those of the user, and those that are known from elsewhere, unless they are to be shown."""
        for more in ({"headers": SECRET}, {"adds": SECRET}):
            self.assertIn(b"\r\nAuthorization: ***\r\n", self.written(**more))
            shown = self.written(**more, showing=Showing(show_secrets=True))
            self.assertIn(b"\r\nAuthorization: Bearer s3cret\r\n", shown)

    def test_through_a_proxy(self):
        """It is named the whole URL, and shown who we are; a tunnel changes nothing."""
        way = Way(proxy=Proxy("http", "p", 8080, "ann", "s3cret"))
        found = self.written(way=way)
        self.assertTrue(found.startswith(b"GET http://h/x HTTP/1.1\r\nHost: h\r\n"))
        self.assertIn(b"\r\nProxy-Authorization: ***\r\n", found)
        self.assertTrue(self.written(environ={"http_proxy": "http://p:1"}).startswith(b"GET http://h/x "))
        tunnelled = self.written("https://h/x", way=way)
        self.assertTrue(tunnelled.startswith(b"GET /x HTTP/1.1\r\nHost: h\r\n"))
        self.assertNotIn(b"Proxy-", tunnelled)

    def test_what_could_not_be_sent(self):
        """It is refused here as well, before anything is written."""
        for plan, error in (
            ({"headers": (("A", "b\r\nC: d"),)}, BadUsage),
            ({"headers": (("Authorization", "b\r\nC: d"),)}, BadUsage),
            ({"body": Body(path="/nowhere")}, CannotRead),
        ):
            written, done = self.rehearsal(**plan)
            self.failureResultOf(done, error)
            self.assertEqual(written, [])


class AsCurl(Case):
    def test_a_line_for_each(self):
        """With what is known from elsewhere, masked."""
        found = self.written("http://a/", "http://b/", dry="curl", follow=False, adds=SECRET)
        self.assertEqual(
            found,
            b"curl --header 'Authorization: ***' http://a/\ncurl --header 'Authorization: ***' http://b/\n",
        )

    def test_what_could_not_be_sent(self):
        """No command is made that would send something else."""
        for plan in ({"headers": (("A", "b\r\nC: d"),)}, {"body": Body(b"x", deflate=True)}):
            written, done = self.rehearsal(dry="curl", **plan)
            self.failureResultOf(done, BadUsage)
            self.assertEqual(written, [])

    def test_bytes_of_the_command_line(self):
        """They come out as they came in."""
        self.assertIn(b"X: \xff", self.written(dry="curl", headers=(("X", "\udcff"),)))
