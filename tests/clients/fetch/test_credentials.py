"""Who we say that we are, and to whom."""

import os
from base64 import b64encode
from dataclasses import replace

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.clients.fetch.credentials import Credentials
from tnet.clients.fetch.request import Request
from tnet.errors import BadUsage, CannotRead, LoginDenied
from tnet.events.kinds import Logged
from tnet.plans.fetch import Body, Login, Part
from tnet.plans.urls import parse_url
from tnet.protocols.challenges import parse_challenges
from tnet.protocols.http1.responses import ResponseHead

SITE = "http://site.example/x"
ANN = Login(user="ann", password="pw")
DIGEST = replace(ANN, kind="digest")
TOKEN = Login(kind="bearer", token="t0ken")
ASKED = 'Digest realm="r", nonce="1", algorithm=SHA-256, qop="auth"'


def basic(pair):
    return "Basic " + b64encode(pair.encode()).decode()


def get(url=SITE, **more):
    return Request("GET", parse_url(url), **more)


def denied(*challenges, status=401):
    return ResponseHead("1.1", status, b"", tuple((b"WWW-Authenticate", each.encode()) for each in challenges))


class Case(SynchronousTestCase):
    def setUp(self):
        self.world = World()
        self.netrc = os.path.abspath(self.mktemp())

    def opened(self, login, first=SITE):
        opening = Deferred.fromCoroutine(Credentials.open(login, parse_url(first), self.world.context))
        return self.successResultOf(opening)

    def by_netrc(self, text, first=SITE, **login):
        with open(self.netrc, "w") as file:
            file.write(text)
        os.chmod(self.netrc, 0o600)
        return self.opened(Login(netrc=True, netrc_file=self.netrc, **login), first)

    def shown(self, credentials, request):
        """The value of what `headers` gives."""
        headers = credentials.headers(request)
        self.assertIn([name for name, _ in headers], ([], ["Authorization"]))
        return headers[0][1] if headers else None

    def ask(self, credentials, request, *challenges):
        """Send a request, be answered by a 401, and ask again; the parameters of what is shown then."""
        sent = request.adding(*credentials.headers(request))
        self.assertTrue(credentials.challenged(sent, denied(*challenges)))
        return self.params(credentials, request)

    def params(self, credentials, request):
        (answer,) = parse_challenges([self.shown(credentials, request).encode()])
        self.assertEqual(answer.scheme, "digest")
        return answer.params

    @property
    def told(self):
        return [(event.level, event.text) for event in self.world.recorder.of(Logged)]


class AtOnce(Case):
    def test_basic_and_bearer(self):
        """They are shown with the first request, to the origin that they were given for."""
        self.assertEqual(self.shown(self.opened(ANN), get()), basic("ann:pw"))
        self.assertEqual(self.shown(self.opened(TOKEN), get()), "Bearer t0ken")
        self.assertEqual(self.shown(self.opened(Login(user="\u00e4", password=":\udcff")), get())[6:], "w6Q6Ov8=")

    def test_nobody(self):
        """Without a login nothing is shown, and no challenge is answered."""
        nobody = self.opened(Login())
        self.assertIsNone(self.shown(nobody, get()))
        self.assertFalse(nobody.challenged(get(), denied(ASKED, "Basic realm=x")))

    def test_other_origins(self):
        """Cases 1, 2 and 3: not to another host, another port or another scheme."""
        for login in (ANN, TOKEN):
            credentials = self.opened(login)
            for url in ("http://other.example/x", "http://site.example:81/x", "https://site.example/x"):
                self.assertIsNone(self.shown(credentials, get(url)), url)

    def test_every_origin_that_was_named(self):
        """Whoever types several URLs logs in at each, and still nowhere else."""
        origins = {parse_url(url).origin for url in (SITE, "http://b.example/")}
        opening = Credentials.open(Login(user="me", password="pw"), parse_url(SITE), self.world.context, origins)
        credentials = self.successResultOf(Deferred.fromCoroutine(opening))
        self.assertEqual(credentials.headers(get()), credentials.headers(get("http://b.example/x")))
        self.assertEqual(credentials.headers(get("http://b.example:81/")), ())
        self.assertEqual(credentials.headers(get("http://b.example/", stray=True)), ())

    def test_a_stray_request(self):
        """Case 6: what was led away is shown nothing, not even when it is led back."""
        for login in (ANN, TOKEN):
            self.assertIsNone(self.shown(self.opened(login), get(stray=True)))

    def test_what_the_user_wrote_stands(self):
        """An Authorization of the request is not doubled, one that is to be left out stays out."""
        credentials = self.opened(ANN)
        for request in (get(headers=(("authorization", "x"),)), get(unset=("Authorization",))):
            self.assertIsNone(self.shown(credentials, request))
            self.assertFalse(credentials.challenged(request, denied(ASKED)))

    def test_a_name_that_basic_cannot_show(self):
        """A colon would end it."""
        with self.assertRaises(BadUsage):
            self.opened(Login(user="a:b", password="pw")).headers(get())

    def test_a_refusal_is_final(self):
        """What was shown is not shown twice, and a token is no password; other answers teach nothing."""
        for login, head in (
            (ANN, denied("Basic realm=x")),
            (ANN, denied("Basic realm=x", ASKED)),
            (ANN, denied()),
            (TOKEN, denied("Bearer")),
            (TOKEN, denied(ASKED)),
            (ANN, denied(ASKED, status=403)),
            (ANN, denied(ASKED, status=200)),
        ):
            credentials = self.opened(login)
            sent = get().adding(*credentials.headers(get()))
            self.assertFalse(credentials.challenged(sent, head), head)


class Digests(Case):
    def test_shown_once_it_was_asked_for(self):
        """Case 9: nothing goes before the challenge, then an answer to it, and each later use is counted."""
        credentials = self.opened(DIGEST)
        self.assertIsNone(self.shown(credentials, get()))
        first = self.ask(credentials, get(), ASKED)
        self.assertEqual((first["username"], first["nonce"], first["nc"]), ("ann", "1", "00000001"))
        second = self.params(credentials, get("http://site.example/y"))
        self.assertEqual((second["nonce"], second["nc"], second["uri"]), ("1", "00000002", "/y"))
        self.assertEqual(second["cnonce"], first["cnonce"])

    def test_basic_answered_by_a_digest(self):
        """Where digest alone is offered the password goes that way, from then on."""
        credentials = self.opened(ANN)
        self.assertEqual(self.shown(credentials, get()), basic("ann:pw"))
        self.assertEqual(self.ask(credentials, get(), ASKED)["nc"], "00000001")
        self.assertEqual(self.params(credentials, get())["nc"], "00000002")

    def test_the_wrong_password(self):
        """An answer that is refused is not given again."""
        credentials = self.opened(DIGEST)
        self.ask(credentials, get(), ASKED)
        sent = get().adding(*credentials.headers(get()))
        self.assertFalse(credentials.challenged(sent, denied(ASKED.replace('"1"', '"2"'))))

    def test_a_stale_nonce(self):
        """Case 9: `stale=true` means the nonce and not the password, and the count begins anew."""
        credentials = self.opened(DIGEST)
        self.ask(credentials, get(), ASKED)
        again = self.ask(credentials, get(), ASKED.replace('"1"', '"2"') + ", stale=true")
        self.assertEqual((again["nonce"], again["nc"]), ("2", "00000001"))

    def test_another_realm(self):
        """Case 9: an answer for one realm is none for another, which asks on its own."""
        credentials = self.opened(DIGEST)
        self.ask(credentials, get(), ASKED)
        again = self.ask(credentials, get(), ASKED.replace('"r"', '"s"'))
        self.assertEqual((again["realm"], again["nc"]), ("s", "00000001"))

    def test_requests_that_were_on_their_way(self):
        """Two that were both sent without an answer are both worth asking again."""
        credentials = self.opened(DIGEST)
        self.assertTrue(credentials.challenged(get(), denied(ASKED)))
        self.assertTrue(credentials.challenged(get("http://site.example/y"), denied(ASKED.replace('"1"', '"2"'))))
        self.assertEqual(self.params(credentials, get())["nonce"], "2")

    def test_other_origins(self):
        """Case 9: a nonce is never used for another origin, nor is that one's challenge answered."""
        credentials = self.opened(DIGEST)
        self.ask(credentials, get(), ASKED)
        for request in (get("http://site.example:81/x"), get("https://site.example/x"), get(stray=True)):
            self.assertIsNone(self.shown(credentials, request))
            self.assertFalse(credentials.challenged(request, denied(ASKED)))

    def test_the_strongest_is_answered(self):
        """Case 9: MD5 only where there is nothing else, and that is said, once."""
        weak = 'Digest realm="r", nonce="1"'
        credentials = self.opened(DIGEST)
        self.assertEqual(self.ask(credentials, get(), weak, ASKED)["algorithm"], "SHA-256")
        self.assertEqual(self.told, [])
        credentials = self.opened(DIGEST)
        self.ask(credentials, get(), weak)
        self.ask(credentials, get(), weak + ", stale=true")
        self.assertEqual([level for level, _ in self.told], ["notice"])
        self.assertIn("MD5", self.told[0][1])

    def test_what_cannot_be_done(self):
        """A password that was to be hashed is not shown in the clear, and other schemes are none of ours."""
        unknown = 'Digest realm="r", nonce="1", algorithm=SHA-1'
        for login, challenges in (
            (DIGEST, ["Basic realm=x"]),
            (DIGEST, [unknown]),
            (DIGEST, ["Negotiate", "NTLM"]),
            (ANN, ["Negotiate", "NTLM"]),
            (ANN, [unknown]),
        ):
            credentials = self.opened(login)
            sent = get().adding(*credentials.headers(get()))
            with self.assertRaises(LoginDenied, msg=challenges) as caught:
                credentials.challenged(sent, denied(*challenges))
            self.assertEqual(caught.exception.peer, "site.example")
            self.assertIn(challenges[-1].split()[0].lower(), str(caught.exception))

    def test_a_body_is_vouched_for(self):
        """Case 9: `auth-int` is answered for a body in memory, and for none; for another one it cannot be."""
        credentials = self.opened(DIGEST)
        asked = ASKED.replace('"auth"', '"auth-int"')
        request = Request("POST", parse_url(SITE), body=Body(data=b"data"))
        self.assertEqual(self.ask(credentials, request, asked)["qop"], "auth-int")
        self.assertNotEqual(self.params(credentials, request), self.params(credentials, get()))
        for body in (Body(path="x"), Body(parts=(Part("a"),)), Body(data=b"x", deflate=True)):
            with self.assertRaises(LoginDenied):
                credentials.headers(replace(request, body=body))

    def test_secrets_do_not_show(self):
        """Neither the answer nor what is told has the password."""
        credentials = self.opened(replace(DIGEST, password="hunter2"))
        self.ask(credentials, get(), 'Digest realm="r", nonce="1"')
        self.assertNotIn("hunter2", self.shown(credentials, get()) + repr(self.told) + repr(vars(credentials)))

    def test_origins_are_forgotten(self):
        """However many hosts ask for a digest, what is kept is bounded."""
        hosts = [f"h{number}" for number in range(100)]
        credentials = self.by_netrc("\n".join(f"machine {host} login a password b" for host in hosts), kind="digest")
        for host in hosts:
            self.ask(credentials, get(f"http://{host}/"), ASKED)
        self.assertIsNone(self.shown(credentials, get("http://h0/")))
        self.assertIsNotNone(self.shown(credentials, get("http://h99/")))


class Netrc(Case):
    def test_by_host(self):
        """Each host is shown its own entry, on any port; others are shown none."""
        credentials = self.by_netrc("machine site.example login ann password 1\nmachine b login bob password 2")
        for url, pair in {SITE: "ann:1", "http://site.example:81/": "ann:1", "https://B/": "bob:2"}.items():
            self.assertEqual(self.shown(credentials, get(url)), basic(pair))
        self.assertIsNone(self.shown(credentials, get("http://c/")))

    def test_where_a_redirect_leads(self):
        """Case 7: a host gets its own entry there too, with nothing of the first host's in it; but not out of https."""
        text = "machine site.example login ann password 1\nmachine b login bob\nmachine c"
        credentials = self.by_netrc(text)
        self.assertEqual(self.shown(credentials, get("http://b/", stray=True)), basic("bob:"))
        self.assertIsNone(self.shown(credentials, get("http://c/", stray=True)))
        secure = self.by_netrc(text, "https://site.example/")
        self.assertEqual(self.shown(secure, get("https://b/", stray=True)), basic("bob:"))
        self.assertIsNone(self.shown(secure, get("http://b/", stray=True)))

    def test_any_host(self):
        """Case 7: the default entry is for the origin that was asked for, and for none that a redirect leads to."""
        credentials = self.by_netrc("default login ann password 1")
        self.assertEqual(self.shown(credentials, get()), basic("ann:1"))
        for request in (get(stray=True), get("http://b/"), get("http://b/", stray=True)):
            self.assertIsNone(self.shown(credentials, request))

    def test_only_without_another_login(self):
        """Case 7: a password or a token of the command line keeps netrc out, at every host."""
        text = "machine site.example login ann password 1\nmachine b login bob password 2"
        for login, shown in (({"user": "eve", "password": "x"}, basic("eve:x")), ({"token": "t"}, "Bearer t")):
            credentials = self.by_netrc(text, **login)
            self.assertEqual(self.shown(credentials, get()), shown)
            self.assertIsNone(self.shown(credentials, get("http://b/", stray=True)))

    def test_a_user_without_a_password(self):
        """Case 7: netrc knows the password of that user; to another user it lends none."""
        text = "machine site.example login ann password 1 machine site.example login bob password 2"
        self.assertEqual(self.shown(self.by_netrc(text, user="bob"), get()), basic("bob:2"))
        self.assertEqual(self.shown(self.by_netrc(text, user="eve"), get()), basic("eve:"))

    def test_digest(self):
        """An entry answers a digest as well."""
        credentials = self.by_netrc("machine site.example login ann password 1", kind="digest")
        self.assertIsNone(self.shown(credentials, get()))
        self.assertEqual(self.ask(credentials, get(), ASKED)["username"], "ann")

    def test_others_can_read_it(self):
        """Case 7: that is worth a warning; a file of our own is not."""
        self.by_netrc("machine a login ann password pw")
        self.assertEqual(self.told, [])
        os.chmod(self.netrc, 0o640)
        self.opened(Login(netrc=True, netrc_file=self.netrc))
        self.assertEqual([level for level, _ in self.told], ["warning"])
        self.assertIn(self.netrc, self.told[0][1])

    def test_a_file_that_is_missing(self):
        """It may be, unless it was named."""
        self.patch(os, "environ", os.environ | {"NETRC": self.netrc})
        self.assertIsNone(self.shown(self.opened(Login(netrc=True)), get()))
        opening = Credentials.open(Login(netrc=True, netrc_file=self.netrc), parse_url(SITE), self.world.context)
        self.failureResultOf(Deferred.fromCoroutine(opening), CannotRead)

    def test_netrc_is_not_read_unasked(self):
        """Without leave nobody looks for it."""
        self.patch(os, "environ", os.environ | {"NETRC": "/"})
        self.assertIsNone(self.shown(self.opened(Login()), get()))
