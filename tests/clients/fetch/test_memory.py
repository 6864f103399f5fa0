"""What is remembered, within a command and between two."""

import json
import os
import stat

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.clients.fetch.memory import Remembered
from tnet.clients.fetch.redirects import redirected
from tnet.clients.fetch.request import Request
from tnet.errors import BadUsage, CannotRead, CannotWrite
from tnet.events.kinds import Logged
from tnet.plans.fetch import Login, Memory
from tnet.plans.urls import parse_url
from tnet.protocols.http1.responses import ResponseHead

SITE = "http://site.example/x"
ANN = Login(user="ann", password="pw")
NOBODY = Login()
NOW = 1_800_000_000


def get(url=SITE, **more):
    return Request("GET", parse_url(url), **more)


def head(*cookies, status=200, to=None):
    fields = [(b"Set-Cookie", cookie.encode()) for cookie in cookies]
    return ResponseHead("1.1", status, b"", (*fields, *(((b"Location", to),) if to else ())))


class Case(SynchronousTestCase):
    def setUp(self):
        self.world = World()
        self.folder = os.path.abspath(self.mktemp())
        os.mkdir(self.folder)
        self.jar = os.path.join(self.folder, "jar")
        self.session = os.path.join(self.folder, "sessions", "me.json")

    def opening(self, first=SITE, *, login=NOBODY, headers=(), **memory):
        return Deferred.fromCoroutine(
            Remembered.open(
                Memory(**memory), parse_url(first), self.world.context, login=login, headers=headers, now=lambda: NOW
            )
        )

    def opened(self, first=SITE, **more):
        return self.successResultOf(self.opening(first, **more))

    def close(self, remembered):
        self.successResultOf(Deferred.fromCoroutine(remembered.close()))

    def once(self, *cookies, **more):
        """One command, which is answered with cookies."""
        remembered = self.opened(**more)
        remembered.learn(get(), head(*cookies))
        self.close(remembered)

    def read(self, path):
        with open(path) as file:
            return file.read()

    def mode(self, path):
        return stat.S_IMODE(os.stat(path).st_mode)


class Within(Case):
    def test_cookies_go_along_redirects(self):
        """By their own rules: to the host that set them, and not to another, also on a request that went astray."""
        remembered = self.opened()
        remembered.learn(get(), head("a=1", "b=2; Domain=site.example", status=302, to=b"/y"))
        self.assertEqual(remembered.headers(get("http://site.example/y")), (("Cookie", "a=1; b=2"),))
        self.assertEqual(remembered.headers(get("http://www.site.example/", stray=True)), (("Cookie", "b=2"),))
        self.assertEqual(remembered.headers(get("http://other.example/")), ())

    def test_a_cookie_that_the_user_wrote_stands(self):
        """Case 20: nothing is added to it, and it goes to no other origin."""
        remembered = self.opened()
        remembered.learn(get(), head("a=1"))
        request = get(headers=(("Cookie", "own=x"),))
        dressed = request.adding(*remembered.headers(request))
        self.assertEqual(dressed.headers, (("Cookie", "own=x"),))
        onward = redirected(dressed, head(status=302, to=b"http://other.example/"), b"http://other.example/")
        self.assertEqual(onward.adding(*remembered.headers(onward)).headers, ())

    def test_what_is_refused_is_told(self):
        """For whoever asks for more, without names and values."""
        remembered = self.opened()
        remembered.learn(get(), head("a=hunter2; Domain=other.example", "b=1"))
        (told,) = self.world.recorder.of(Logged)
        self.assertEqual((told.level, told.text), ("debug", "1 of 2 cookies from site.example were refused"))

    def test_nothing_is_written_unasked(self):
        """Neither file nor folder."""
        self.once("a=1; Max-Age=60")
        self.assertEqual(os.listdir(self.folder), [])


class CookieFile(Case):
    def test_from_one_command_to_the_next(self):
        """Cookies are read and written; the file is ours alone."""
        self.once("a=1", "b=2; Max-Age=60; HttpOnly", cookie_jar=self.jar)
        self.assertEqual(self.mode(self.jar), 0o600)
        self.assertIn(f"#HttpOnly_site.example\tFALSE\t/\tFALSE\t{NOW + 60}\tb\t2\n", self.read(self.jar))
        self.assertEqual(self.opened(cookie_jar=self.jar).headers(get()), (("Cookie", "a=1; b=2"),))

    def test_an_unchanged_file_is_left_alone(self):
        """Nothing is written where nothing was learnt; a cookie that ended is a change."""
        text = f"site.example\tFALSE\t/\tFALSE\t{NOW + 1}\ta\t1\n"
        with open(self.jar, "w") as file:
            file.write(text)
        self.once(cookie_jar=self.jar)
        self.assertEqual(self.read(self.jar), text)
        with open(self.jar, "w") as file:
            file.write(text.replace(str(NOW + 1), str(NOW)))
        self.once(cookie_jar=self.jar)
        self.assertNotIn("site.example", self.read(self.jar))

    def test_lines_that_are_no_cookies(self):
        """Case 19: they are told of, and the others count."""
        with open(self.jar, "w") as file:
            file.write("nonsense\nsite.example\tFALSE\t/\tFALSE\t0\ta\t1\n")
        remembered = self.opened(cookie_jar=self.jar)
        self.assertEqual(remembered.headers(get()), (("Cookie", "a=1"),))
        (told,) = self.world.recorder.of(Logged)
        self.assertEqual(told.level, "warning")

    def test_the_narrower_mode_stays(self):
        """Case 13: a file that others could read becomes ours alone."""
        self.once("a=1", cookie_jar=self.jar)
        os.chmod(self.jar, 0o644)
        self.once("a=2", cookie_jar=self.jar)
        self.assertEqual(self.mode(self.jar), 0o600)

    def test_what_cannot_be_read_or_written(self):
        """It is an error, and it names the file."""
        self.failureResultOf(self.opening(cookie_jar=self.folder), CannotRead)
        remembered = self.opened(cookie_jar=os.path.join(self.folder, "no", "jar"))
        remembered.learn(get(), head("a=1"))
        self.failureResultOf(Deferred.fromCoroutine(remembered.close()), CannotWrite)


class Sessions(Case):
    def test_from_one_command_to_the_next(self):
        """Headers, login and cookies of the first are those of the second; the file is ours alone."""
        self.once("a=1", session=self.session, login=ANN, headers=(("X-Api-Key", "k"), ("Content-Type", "t")))
        self.assertEqual(self.mode(self.session), 0o600)
        self.assertEqual(self.mode(os.path.dirname(self.session)), 0o700)
        remembered = self.opened(session=self.session, login=Login(netrc=True))
        self.assertEqual(remembered.headers(get()), (("X-Api-Key", "k"), ("Cookie", "a=1")))
        self.assertEqual(remembered.login, Login(user="ann", password="pw", netrc=True))

    def test_its_place(self):
        """A name is kept below the data folder, for each host and port."""
        self.patch(os, "environ", os.environ | {"XDG_DATA_HOME": self.folder})
        self.once("a=1", session="me")
        path = os.path.join(self.folder, "tnet", "sessions", "site.example_80", "me.json")
        self.assertIn('"a"', self.read(path))
        self.assertEqual(self.opened("http://site.example:81/", session="me").headers(get()), ())

    def test_headers_stay_with_their_origin(self):
        """Cases 1, 4 and 6: another host, port or scheme gets none, nor does a request that was led away and back."""
        self.once(session=self.session, headers=(("X-Api-Key", "k"),))
        remembered = self.opened(session=self.session)
        for request in (
            get("http://other.example/"),
            get("http://site.example:81/"),
            get("https://site.example/"),
            get(stray=True),
        ):
            self.assertEqual(remembered.headers(request), ())

    def test_given_cookies_stay_with_their_origin(self):
        """Case 20: a `Cookie` that was given goes nowhere else when the session is used again."""
        self.once(session=self.session, headers=(("Cookie", "own=1"),))
        remembered = self.opened(session=self.session)
        self.assertEqual(remembered.headers(get()), (("Cookie", "own=1"),))
        for url in ("http://other.example/", "http://site.example:81/", "https://site.example/"):
            self.assertEqual(remembered.headers(get(url)), (), url)
        remembered.learn(get(), head("own=2"))
        self.assertEqual(remembered.headers(get()), (("Cookie", "own=2"),))

    def test_the_command_line_comes_first(self):
        """What it gives replaces what was kept, then and for later."""
        self.once(session=self.session, login=ANN, headers=(("X", "1"),))
        token = Login(kind="bearer", token="t")
        remembered = self.opened(session=self.session, login=token, headers=(("x", "2"),))
        self.assertEqual((remembered.login, remembered.headers(get())), (token, (("x", "2"),)))
        self.close(remembered)
        self.assertEqual(self.opened(session=self.session).login, token)

    def test_read_only(self):
        """It is used, and neither changed nor made."""
        self.once("a=1", session=self.session, session_read_only=True)
        self.assertFalse(os.path.exists(self.session))
        self.once("a=1", session=self.session)
        before = self.read(self.session)
        self.once("a=2", session=self.session, session_read_only=True)
        self.assertEqual(self.read(self.session), before)

    def test_a_new_one_is_made(self):
        """Even when it holds nothing; it is not written again for nothing."""
        self.once(session=self.session)
        self.assertEqual(json.loads(self.read(self.session))["cookies"], [])
        os.utime(self.session, (1, 1))
        self.once(session=self.session)
        self.assertEqual(os.stat(self.session).st_mtime, 1)

    def test_without_a_session_nothing_is_kept(self):
        """What the user gave is with the request already, and goes no further."""
        remembered = self.opened(login=ANN, headers=(("X", "1"), ("Cookie", "a=b")))
        self.assertEqual((remembered.headers(get()), remembered.login), ((), ANN))

    def test_what_is_no_session(self):
        """A bad name, another file, and a folder that cannot be made are each an error."""
        self.failureResultOf(self.opening(session="a b"), BadUsage)
        with open(self.jar, "w") as file:
            file.write("{}")
        self.failureResultOf(self.opening(session=self.jar), CannotRead)
        remembered = self.opened(session=os.path.join(self.folder, "new", "me.json"))
        os.symlink("/dev/null", os.path.join(self.folder, "new"))
        self.failureResultOf(Deferred.fromCoroutine(remembered.close()), CannotWrite)
