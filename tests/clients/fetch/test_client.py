"""From a request to its final answer, over redirects and logins, and through the codings of its body."""

import gzip
import os
import zlib

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.certificates import make_authority, write_pair
from tests.clients.fetch.in_memory import Secured, Wire
from tnet.clients.fetch.client import DRAIN_SECONDS, DRAINED_BYTES, MOST_LOGINS, Client
from tnet.clients.fetch.hsts import Hsts
from tnet.clients.fetch.report.ledger import Ledger
from tnet.clients.fetch.wire.pool import CLOSE_SECONDS
from tnet.errors import (
    BodyCutShort,
    BodyNotResendable,
    EncodingUnreadable,
    RedirectRefused,
    TnetError,
    TooLarge,
)
from tnet.events.kinds import Logged, RequestBegan, SpanEnded
from tnet.plans.fetch import Body, FetchPlan, Keeping, Login, Memory, Way
from tnet.plans.routes import Override
from tnet.plans.tls import TlsDialing

A = "http://127.0.0.1:81/x"
B = "http://127.0.0.1:82/x"


def answer(status=200, *fields, body=b"hello", length=True):
    """An answer's bytes; without `length` its end is that of the connection."""
    lines = [b"HTTP/1.1 %d Why" % status, *fields]
    if length:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def redirect(to, status=302, body=b""):
    return answer(status, b"Location: " + to.encode(), body=body)


def challenge(*schemes):
    return answer(401, *(b"WWW-Authenticate: " + scheme for scheme in schemes), body=b"who?")


class Case(SynchronousTestCase):
    def setUp(self):
        self.wire = Wire()
        self.folder = self.mktemp()
        self.open()

    def open(self, **plan):
        """A client for that plan, which has not connected yet."""
        self.plan = FetchPlan(**{"method": "GET", "urls": (A,), "way": Way(direct=True)} | plan)
        self.ledger = Ledger(bodies=True)
        self.wire.world.publisher.subscribe(self.ledger)
        self.wire.accepted = len(self.wire.dialled)
        opening = Client.open(self.plan, self.wire.context, self.ledger)
        self.client = self.successResultOf(Deferred.fromCoroutine(opening))
        self.pieces = []

    def ask(self, **plan):
        """Ask for the plan's URL, and read the answer to its end; the plan is that of the test, or another one."""
        if plan:
            self.open(**plan)
        self.asking = Deferred.fromCoroutine(self._read())

    async def _read(self):
        async with self.client.ask(self.client.first_request(self.plan.urls[0]), 7) as response:
            self.response = response
            while piece := await response.read():
                self.pieces.append(piece)
        return response.head.status

    def answers(self, data, peer=None):
        """Answer on the next connection, or on that of `peer`: what was asked there, and the peer."""
        peer = peer or self.wire.accept()
        heard = peer.heard
        peer.clear()
        peer.says(data)
        return heard, peer

    def advance(self, seconds=0):
        self.wire.world.reactor.advance(seconds)

    @property
    def body(self):
        return b"".join(self.pieces)

    def status(self):
        return self.successResultOf(self.asking)

    def error(self, kind=TnetError):
        self.advance()
        return self.failureResultOf(self.asking, kind).value

    def told(self, level):
        return [event.text for event in self.wire.world.recorder.of(Logged) if event.level == level]

    def of(self, kind):
        return self.wire.world.recorder.of(kind)


class Asking(Case):
    def test_an_answer(self):
        """Its head, its body, and how much came; its trace is of one request of the transfer."""
        self.ask()
        self.answers(answer(404))
        self.assertEqual((self.status(), self.body), (404, b"hello"))
        self.assertEqual((self.response.wire_bytes, self.response.bytes), (5, 5))
        self.assertEqual(str(self.response.request.url), A)
        self.assertEqual(self.of(RequestBegan), [RequestBegan(method="GET", url=A, transfer=7, cause="first")])
        self.assertEqual(self.client.heads[7].status, 404)

    def test_receiving_is_a_span(self):
        """From the first byte to the end of the body; it may be cut short, or left."""
        for ending, outcome in (("whole", "ok"), ("short", "failed"), ("left", "cancelled")):
            self.wire.world.recorder.records.clear()
            self.ask()
            peer = self.wire.accept()
            peer.says(answer()[:-1])
            self.advance(2)
            match ending:
                case "whole":
                    peer.says(b"o")
                    self.status()
                case "short":
                    peer.hangs_up()
                    self.error(BodyCutShort)
                case "left":
                    self.asking.cancel()
                    self.error(CancelledError)
            (span,) = [event for event in self.of(SpanEnded) if event.span == "receive"]
            self.assertEqual((span.seconds, span.outcome), (2, outcome))
            self.open()

    def test_the_ledger_hears_of_the_body(self):
        """How much came, and what it was."""
        self.ask()
        self.answers(answer())
        self.status()
        facts = self.ledger.entries(7)[0].facts
        self.assertEqual((facts.wire_bytes, facts.body_bytes, bytes(facts.received)), (5, 5, b"hello"))

    def test_leaving_early(self):
        """Nobody reads the rest: the connection is cut."""

        async def look():
            async with self.client.ask(self.client.first_request(A), 7) as response:
                return response.head.status

        looking = Deferred.fromCoroutine(look())
        peer = self.wire.accept()
        peer.says(answer()[:-1])
        self.assertEqual((self.successResultOf(looking), peer.ended), (200, "by an abort"))

    def test_closing(self):
        """What was learnt is written down, and the connections end."""
        path = self.mktemp()
        self.ask(memory=Memory(cookie_jar=path))
        _, peer = self.answers(answer(200, b"Set-Cookie: a=b; Max-Age=99"))
        self.status()
        closing = Deferred.fromCoroutine(self.client.close())
        self.advance()
        self.successResultOf(closing)
        self.assertEqual(peer.ended, "in good order")
        with open(path) as file:
            self.assertIn("\ta\tb", file.read())


class Redirects(Case):
    def test_followed(self):
        """Each is a request of its own, on the connection that there is; the last answer is the answer."""
        self.ask()
        _, peer = self.answers(redirect("y", body=b"over there"))
        heard, _ = self.answers(answer(), peer)
        self.assertEqual((self.status(), self.body), (200, b"hello"))
        self.assertTrue(heard.startswith(b"GET /y HTTP/1.1\r\n"))
        self.assertEqual(len(self.wire.dialled), 1)
        began = [(event.url, event.transfer, event.cause) for event in self.of(RequestBegan)]
        self.assertEqual(began, [(A, 7, "first"), ("http://127.0.0.1:81/y", 7, "redirect")])
        self.assertEqual(str(self.response.request.url), "http://127.0.0.1:81/y")

    def test_not_followed(self):
        """The redirect is the answer then."""
        self.ask(follow=False)
        self.answers(redirect("/y"))
        self.assertEqual((self.status(), len(self.of(RequestBegan))), (302, 1))

    def test_a_long_body_is_not_waited_for(self):
        """Announced or not: the connection is cut, and another one dialled."""
        for length in (True, False):
            self.ask()
            body = b"x" * (DRAINED_BYTES + 1)
            _, peer = self.answers(answer(301, b"Location: /y", body=body, length=length)[:-1])
            if not length:
                peer.says(b"xx")
            self.assertEqual(peer.ended, "by an abort", length)
            self.answers(answer())
            self.status()
            self.open()

    def test_a_slow_body_is_not_waited_for_long(self):
        """Half a second, and the connection is cut."""
        self.ask()
        _, peer = self.answers(redirect("/y", body=b"slow")[:-1])
        self.advance(DRAIN_SECONDS - 0.1)
        self.assertEqual(peer.ended, "")
        self.advance(0.1)
        self.assertEqual(peer.ended, "by an abort")
        self.answers(answer())
        self.status()

    def test_a_broken_body_is_nobody_s_business(self):
        """Where it leads to was told before it broke."""
        self.ask()
        self.answers(redirect("/y", body=b"short")[:-1])[1].breaks()
        self.answers(answer())
        self.status()

    def test_too_many(self):
        """The limit is the number of redirects, not of requests; none may be allowed at all."""
        for most in (2, 0):
            self.ask(max_redirects=most)
            _, peer = self.answers(redirect("/y"))
            for _ in range(most):
                self.answers(redirect("/y"), peer)
            self.assertIn(f"redirect number {most + 1}", str(self.error(RedirectRefused)))

    def test_secrets_stay_at_home(self):
        """Cases 1, 2, 4: nothing of the user's goes to another port, and its name is told."""
        self.ask(
            login=Login(user="ann", password="s3cret"),
            headers=(("X-Api-Key", "s3cret"), ("Cookie", "a=s3cret"), ("Accept", "a/b"), ("Referer", "http://h/?k")),
        )
        heard, _ = self.answers(redirect(B))
        for sent in (b"Authorization: Basic", b"X-Api-Key: s3cret", b"Cookie: a=s3cret"):
            self.assertIn(sent, heard)
        heard, _ = self.answers(answer())
        self.status()
        self.assertIn(b"\r\nAccept: a/b\r\n", heard)
        for dropped in (b"Authorization", b"X-Api-Key", b"Cookie", b"Referer"):
            self.assertNotIn(dropped, heard)
        self.assertEqual(
            self.told("notice"), ["not sent on to 127.0.0.1:82: Authorization, Cookie, Referer, X-Api-Key"]
        )
        self.assertNotIn("s3cret", str(self.wire.world.recorder.records))

    def test_a_token_and_a_given_authorization_stay_at_home(self):
        """Case 1: however the user showed who they are."""
        for plan in ({"login": Login(token="s3cret")}, {"headers": (("authorization", "Basic s3cret"),)}):
            self.ask(**plan)
            self.assertIn(b"s3cret", self.answers(redirect(B))[0])
            self.assertNotIn(b"s3cret", self.answers(answer())[0])
            self.status()

    def test_leaving_https(self):
        """Case 3: it is refused; the user may allow it, and then nothing of theirs goes along."""
        authority = make_authority()
        pair = write_pair(self.mktemp(), authority.leaf(["127.0.0.1"]))
        ca_file = os.path.join(os.path.dirname(pair[0]), "ca.pem")
        with open(ca_file, "wb") as file:
            file.write(authority.pem)
        for downgrade in (False, True):
            self.ask(
                urls=("https://127.0.0.1/x",),
                login=Login(user="ann", password="pw"),
                headers=(("X-Api-Key", "k"),),
                way=Way(direct=True, tls=TlsDialing(ca_file=ca_file)),
                downgrade=downgrade,
            )
            heard, _ = self.answers(redirect("http://127.0.0.1/x"), Secured(self.wire.accept(), pair))
            self.assertIn(b"X-Api-Key: k", heard)
            if not downgrade:
                self.assertEqual(self.error(RedirectRefused).exit_status, 47)
        heard, _ = self.answers(answer())
        self.status()
        self.assertNotIn(b"X-Api-Key", heard)
        self.assertNotIn(b"Authorization", heard)

    def test_hosts_that_want_https(self):
        """Case 53: what an answer says holds for its redirect, unless nobody has verified who said it."""
        authority = make_authority()
        pair = write_pair(self.mktemp(), authority.leaf(["a.example"]))
        ca_file = os.path.join(os.path.dirname(pair[0]), "ca.pem")
        with open(ca_file, "wb") as file:
            file.write(authority.pem)
        over = (Override("a.example", 443, ("127.0.0.1",)),)
        said = answer(302, b"Location: http://a.example/y", b"Strict-Transport-Security: max-age=100")
        for verify in (True, False):
            tls = TlsDialing(ca_file=ca_file if verify else None, verify=verify)
            self.open(urls=("https://a.example/x",), way=Way(direct=True, tls=tls, overrides=over))
            path = f"{self.folder}-{verify}"
            self.client.hsts = self.successResultOf(Deferred.fromCoroutine(Hsts.open(path, self.wire.context)))
            self.ask()
            _, peer = self.answers(said, Secured(self.wire.accept(), pair))
            if verify:
                self.assertIn(b"GET /y ", self.answers(answer(), peer)[0])
                self.assertEqual(self.client.first_request("http://a.example/z").url.scheme, "https")
            self.status() if verify else self.error(RedirectRefused)
            closing = Deferred.fromCoroutine(self.client.close())
            self.advance(CLOSE_SECONDS)
            self.advance()
            self.successResultOf(closing)
            self.assertEqual(os.path.exists(path), verify)

    def test_each_proxy_is_shown_its_own_login(self):
        """Case 8: where a redirect leads to another scheme, and so through another proxy."""
        self.open(way=Way())
        self.client.hops.environ = {
            "http_proxy": "http://ann:pw@127.0.0.1:1001",
            "https_proxy": "http://bob:pw@127.0.0.1:1002",
        }
        self.ask()
        heard, _ = self.answers(redirect("https://127.0.0.1/"))
        self.assertIn(b"\r\nProxy-Authorization: Basic YW5uOnB3\r\n", heard)
        heard = self.wire.accept().heard
        self.assertEqual([port for _, port in self.wire.dialled], [1001, 1002])
        self.assertTrue(heard.startswith(b"CONNECT 127.0.0.1:443 "))
        self.assertIn(b"\r\nProxy-Authorization: Basic Ym9iOnB3\r\n", heard)
        self.assertNotIn(b"YW5uOnB3", heard)

    def test_within_an_origin_everything_goes_on(self):
        """And nothing needs to be told."""
        self.ask(login=Login(user="ann", password="pw"), headers=(("X-Api-Key", "k"),))
        _, peer = self.answers(redirect("/y"))
        heard, _ = self.answers(answer(), peer)
        self.status()
        self.assertIn(b"Authorization: Basic", heard)
        self.assertIn(b"X-Api-Key: k", heard)
        self.assertEqual(self.told("notice"), [])

    def test_a_host_of_the_user_is_for_the_first_origin(self):
        """Case 5: the next one is called by its own name."""
        self.ask(headers=(("Host", "virtual"),))
        heard, peer = self.answers(redirect("/y"))
        self.assertIn(b"\r\nHost: virtual\r\n", heard)
        self.assertIn(b"\r\nHost: virtual\r\n", self.answers(redirect(B), peer)[0])
        self.assertIn(b"\r\nHost: 127.0.0.1:82\r\n", self.answers(answer())[0])

    def test_there_and_back_again(self):
        """Case 6: what was dropped is not restored, and no login is shown any more."""
        self.ask(login=Login(user="ann", password="pw"), headers=(("X-Api-Key", "k"),))
        _, first = self.answers(redirect(B))
        self.answers(redirect(A))
        heard, _ = self.answers(answer(), first)
        self.status()
        self.assertTrue(heard.startswith(b"GET /x "))
        self.assertNotIn(b"Authorization", heard)
        self.assertNotIn(b"X-Api-Key", heard)

    def test_cookies_go_by_their_own_rules(self):
        """They are learnt on the way, and sent where they belong; that one stays behind is no news."""
        self.ask()
        _, first = self.answers(answer(302, b"Location: /y", b"Set-Cookie: a=b; Path=/y", body=b""))
        heard, _ = self.answers(redirect("/z"), first)
        self.assertIn(b"\r\nCookie: a=b\r\n", heard)
        heard, _ = self.answers(redirect(B), first)
        self.assertNotIn(b"Cookie", heard)
        self.answers(answer())
        self.status()
        self.assertEqual(self.told("notice"), [])

    def test_other_schemes(self):
        """Case 11: only the web is followed, and user information in a Location is nobody's login."""
        for to in ("file:///etc/passwd", "ftp://h/", "gopher://h/", "unix:/run/x"):
            self.ask()
            self.answers(redirect(to))
            self.error(RedirectRefused)
            self.open()
        self.ask()
        _, peer = self.answers(redirect("http://ann:pw@127.0.0.1:81/y"))
        heard, _ = self.answers(answer(), peer)
        self.status()
        self.assertNotIn(b"Authorization", heard)

    def test_a_post_becomes_a_get(self):
        """Case 12: without its body, and without a word about it."""
        for status in (301, 302, 303):
            self.ask(method="POST", body=Body(b"abc"), headers=(("Content-Type", "a/b"),))
            heard, peer = self.answers(redirect("/y", status))
            self.assertTrue(heard.endswith(b"Content-Length: 3\r\n\r\nabc"))
            heard, _ = self.answers(answer(), peer)
            self.assertTrue(heard.startswith(b"GET /y "))
            self.assertTrue(heard.endswith(b"\r\n\r\n"))
            self.assertNotIn(b"Content-", heard)
            self.assertEqual(self.told("notice"), [])

    def test_a_body_is_sent_again_or_it_is_an_error(self):
        """Case 12: 307 and 308 want it once more, which a stream cannot give."""
        for status in (307, 308):
            self.ask(method="POST", body=Body(b"abc"), headers=(("Content-Type", "a/b"),))
            self.answers(redirect(B, status))
            heard, _ = self.answers(answer())
            self.assertTrue(heard.startswith(b"POST /x ") and heard.endswith(b"\r\n\r\nabc"))
            self.assertIn(b"Content-Type: a/b", heard)
        before = len(self.wire.dialled)
        self.ask(method="POST", body=Body(path="/dev/null"))
        self.answers(redirect("/y", 307))
        self.assertEqual(self.error(BodyNotResendable).exit_status, 65)
        self.assertEqual(len(self.wire.dialled), before + 1)


class Logins(Case):
    DIGEST = b'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'

    def test_a_digest_when_it_is_asked_for(self):
        """One more request, on the same connection, for the same transfer."""
        self.ask(login=Login(kind="digest", user="ann", password="pw"))
        heard, peer = self.answers(challenge(self.DIGEST))
        self.assertNotIn(b"Authorization", heard)
        heard, _ = self.answers(answer(), peer)
        self.assertEqual((self.status(), len(self.wire.dialled)), (200, 1))
        self.assertIn(b'Authorization: Digest username="ann"', heard)
        self.assertEqual([event.cause for event in self.of(RequestBegan)], ["first", "login"])

    def test_each_use_of_a_nonce_is_counted_once(self):
        """A server that counts along must not see a gap when a redirect leads on."""
        self.ask(login=Login(kind="digest", user="ann", password="pw"))
        _, peer = self.answers(challenge(self.DIGEST))
        counts = [self.answers(redirect("/y"), peer)[0], self.answers(answer(), peer)[0]]
        self.status()
        self.assertEqual([heard.partition(b"nc=")[2][:8] for heard in counts], [b"00000001", b"00000002"])

    def test_a_refusal_is_the_answer(self):
        """A login that was shown and not believed is not shown again."""
        self.ask(login=Login(user="ann", password="pw"))
        heard, _ = self.answers(challenge(b'Basic realm="r"'))
        self.assertIn(b"Authorization: Basic", heard)
        self.assertEqual((self.status(), self.body), (401, b"who?"))

    def test_rounds_are_bounded(self):
        """A server that always finds the nonce stale is answered so often, and no more."""
        self.ask(login=Login(kind="digest", user="ann", password="pw"))
        _, peer = self.answers(challenge(self.DIGEST))
        for _ in range(MOST_LOGINS):
            self.answers(challenge(self.DIGEST + b", stale=true"), peer)
        self.assertEqual((self.status(), len(self.of(RequestBegan))), (401, MOST_LOGINS + 1))

    def test_a_stream_is_not_sent_again(self):
        """It is an error, and not an empty body."""
        self.ask(method="PUT", login=Login(kind="digest", user="ann", password="pw"), body=Body(path="/dev/null"))
        self.answers(challenge(self.DIGEST))
        self.error(BodyNotResendable)

    def test_netrc_of_the_next_host(self):
        """Case 7: it is shown its own login, and nothing of the first one's."""
        path = self.mktemp()
        with open(path, "w") as file:
            file.write("machine 127.0.0.1 login ann password first\nmachine 127.0.0.2 login bob password second\n")
        self.ask(login=Login(netrc=True, netrc_file=path))
        first, _ = self.answers(redirect("http://127.0.0.2:81/"))
        second, _ = self.answers(answer())
        self.assertIn(b"Authorization: Basic YW5uOmZpcnN0\r\n", first)
        self.assertIn(b"Authorization: Basic Ym9iOnNlY29uZA==\r\n", second)

    def test_a_login_of_the_command_line_is_not_mended_by_netrc(self):
        """Case 7: a host without an entry is shown nothing."""
        path = self.mktemp()
        with open(path, "w") as file:
            file.write("machine 127.0.0.2 login bob password second\n")
        self.ask(login=Login(token="s3cret", netrc=True, netrc_file=path))
        self.answers(redirect("http://127.0.0.2:81/"))
        self.assertNotIn(b"Authorization", self.answers(answer())[0])


class Decoding(Case):
    BOMB = gzip.compress(bytes(8 << 20))

    def test_it_is_asked_for(self):
        """Only then is it undone; a body that came coded without being asked for is passed on as it is."""
        for compressed in (False, True):
            self.ask(compressed=compressed)
            heard, _ = self.answers(answer(200, b"Content-Encoding: gzip", body=gzip.compress(b"hello")))
            self.status()
            self.assertEqual(b"Accept-Encoding: gzip, deflate, br, zstd\r\n" in heard, compressed)
            self.assertEqual(self.body, b"hello" if compressed else gzip.compress(b"hello"))
        self.assertEqual((self.response.wire_bytes, self.response.bytes), (len(gzip.compress(b"hello")), 5))

    def test_codings_of_all_headers_in_order(self):
        """The last one that was applied is undone first."""
        self.ask(compressed=True)
        body = gzip.compress(zlib.compress(b"hello"))
        self.answers(answer(200, b"Content-Encoding: deflate", b"content-encoding: gzip", body=body))
        self.status()
        self.assertEqual(self.body, b"hello")

    def test_pieces_come_in_order_and_the_reactor_turns(self):
        """Case 31: what a few bytes on the wire become is given in small pieces, one a turn."""
        plain = b"".join(b"%07d\n" % number for number in range(1 << 16))
        self.ask(compressed=True)
        seen = []

        def look():
            """What somebody else sees who has a turn now and then."""
            seen.append(len(self.pieces))
            if not self.asking.called:
                self.wire.world.reactor.callLater(0, look)

        peer = self.wire.accept()
        look()
        peer.says(answer(200, b"Content-Encoding: gzip", body=gzip.compress(plain)))
        self.status()
        self.assertEqual(self.body, plain)
        self.assertLessEqual(max(map(len, self.pieces)), 64 << 10)
        self.assertEqual(sorted(set(seen)), list(range(len(self.pieces) + 1)))

    def test_a_bomb(self):
        """Case 31: it is given up when it is known as one, and the connection is cut."""
        self.ask(compressed=True)
        _, peer = self.answers(answer(200, b"Content-Encoding: gzip", body=self.BOMB)[:-1])
        self.error(TooLarge)
        self.assertLess(len(self.body), 4 << 20)
        self.assertEqual(peer.ended, "by an abort")

    def test_too_many_codings(self):
        """Case 32: they are counted over all headers, and the body is not begun."""
        self.ask(compressed=True)
        self.answers(answer(200, *[b"Content-Encoding: gzip, gzip"] * 3))
        self.error(EncodingUnreadable)

    def test_a_coded_body_that_is_cut_short(self):
        """Case 33: it is no success, even where its Content-Length holds; what came is given."""
        self.ask(compressed=True)
        self.answers(answer(200, b"Content-Encoding: gzip", body=gzip.compress(b"hello")[:-9]))
        self.error(BodyCutShort)
        span = self.of(SpanEnded)[-1]
        self.assertEqual((span.span, span.outcome), ("receive", "failed"))

    def test_members_and_what_follows_them(self):
        """Case 33: several members are one body; what is none is ignored, and warned of."""
        self.ask(compressed=True)
        body = gzip.compress(b"hel") + gzip.compress(b"lo") + b"garbage"
        self.answers(answer(200, b"Content-Encoding: gzip", body=body))
        self.status()
        self.assertEqual(self.body, b"hello")
        self.assertEqual(self.told("warning"), ["127.0.0.1:81 sent bytes behind the coded body: ignored"])

    def test_no_body_to_decode(self):
        """An answer to HEAD, or one that has none, is whole whatever its head says."""
        for method, status in (("HEAD", 200), ("GET", 204), ("GET", 304), ("GET", 200)):
            self.ask(method=method, compressed=True)
            coding = b"Content-Encoding: " + (b"gzip" if (method, status) == ("GET", 200) else b"unknown")
            self.answers(answer(status, coding, body=b""))
            self.assertEqual((self.status(), self.body), (status, b""))


class Limits(Case):
    """`--max-size`."""

    def test_announced(self):
        """It is refused before a byte of it is read, and the connection cut."""
        self.ask(keeping=Keeping(most_bytes=4))
        _, peer = self.answers(answer()[:-1])
        self.assertEqual(self.error(TooLarge).limit, 4)
        self.assertEqual((self.pieces, peer.ended), ([], "by an abort"))
        self.ask(keeping=Keeping(most_bytes=5))
        self.answers(answer())
        self.status()

    def test_unannounced(self):
        """It is refused when it is too large; what came before was given."""
        self.ask(keeping=Keeping(most_bytes=4))
        peer = self.wire.accept()
        for piece in (answer(body=b"", length=False), b"1234", b"5"):
            peer.says(piece)
        self.assertEqual(str(self.error(TooLarge)), "the body is larger than 4 bytes")
        self.assertEqual(self.body, b"1234")

    def test_a_length_without_a_body(self):
        """HEAD and 304 tell the length of what they do not send."""
        for method, status in (("HEAD", 200), ("GET", 304)):
            self.ask(method=method, keeping=Keeping(most_bytes=4))
            self.answers(answer(status)[:-5])
            self.assertEqual(self.status(), status)

    def test_decoded_bytes_count(self):
        """Case 36: the coded ones do not, however many were announced."""
        coded = gzip.compress(b"hello")
        for most, fits in ((5, True), (4, False)):
            self.ask(compressed=True, keeping=Keeping(most_bytes=most))
            self.answers(answer(200, b"Content-Encoding: gzip", body=coded))
            if fits:
                self.status()
            else:
                self.assertEqual(str(self.error(TooLarge)), "the decoded body is larger than 4 bytes")
