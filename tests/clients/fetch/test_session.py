"""Sessions as values and files."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.clients.fetch.cookies.cookie import Cookie
from tnet.clients.fetch.session import Session, as_json, parse_session, session_path
from tnet.errors import BadUsage, CannotRead
from tnet.plans.fetch import Login
from tnet.plans.urls import parse_url

URL = parse_url("https://site.example:8443/x")
ANN = Login(user="ann", password="pw")
FULL = Session(
    (("X-Api-Key", "k"), ("Accept", "\u00e4\udcff")),
    ANN,
    (
        Cookie(name="a", value="b\udcff", domain="site.example", port=8443),
        Cookie(
            name="c", value="d", domain="example", host_only=True, secure=True, http_only=True, expires=5, path="/x"
        ),
    ),
)


class Given(TestCase):
    def test_headers_take_the_place_of_equal_ones(self):
        """In any case of letters; two of one name stay two."""
        before = Session((("A", "1"), ("b", "2")))
        after = before.given(Login(), (("B", "3"), ("b", "4")), URL)
        self.assertEqual(after.headers, (("A", "1"), ("B", "3"), ("b", "4")))

    def test_what_concerns_one_request_is_not_kept(self):
        """Its body, its conditions, its host."""
        headers = (("Content-Type", "a/b"), ("content-LENGTH", "1"), ("If-Match", "x"), ("Host", "h"), ("X", "y"))
        self.assertEqual(Session().given(Login(), headers, URL).headers, (("X", "y"),))

    def test_a_login_is_kept(self):
        """Until another one is given; it takes the place of an Authorization too."""
        before = Session((("authorization", "old"),), Login(kind="bearer", token="t"))
        self.assertEqual(before.given(Login(), (), URL), before)
        after = before.given(replace(ANN, netrc=True, netrc_file="x"), (), URL)
        self.assertEqual(after, Session((), ANN))

    def test_given_cookies_are_bound_to_their_origin(self):
        """Case 20: they become cookies of this host, port and scheme, and no header that goes elsewhere."""
        after = Session().given(Login(), (("Cookie", "a=b; c = d=e ;;f; __Host-x=y; \x01=z"),), URL)
        self.assertEqual(after.headers, ())
        self.assertEqual([cookie.pair for cookie in after.cookies], ["a=b", "c=d=e", "f", "__Host-x=y"])
        self.assertEqual(after.cookies[0], Cookie(name="a", value="b", domain="site.example", secure=True, port=8443))
        clear = Session().given(Login(), (("cookie", "a=b"),), parse_url("http://site.example/"))
        self.assertEqual(clear.cookies, (Cookie(name="a", value="b", domain="site.example", port=80),))


class Paths(TestCase):
    def test_by_host_and_port(self):
        """A name is a file of its own for each host and port, below the data folder."""
        environ = {"XDG_DATA_HOME": "/data", "HOME": "/h"}
        for url, folder in {
            "http://Site.example": "site.example_80",
            "https://site.example:8443": "site.example_8443",
            "http://[::1]:8000": "__1_8000",
            "http://b\u00fccher.example": "xn--bcher-kva.example_80",
        }.items():
            path = session_path("me", parse_url(url), environ)
            self.assertEqual(path, f"/data/tnet/sessions/{folder}/me.json")

    def test_a_name_with_a_slash_is_a_path(self):
        """As it stands, from home where it begins with ~."""
        self.assertEqual(session_path("./me", URL), "./me")
        self.assertNotIn("~", session_path("~/me", URL))

    def test_other_names_are_refused(self):
        """A name leads nowhere else."""
        for name in ("", "a b", "a\0", "\u00e4", "x" * 101):
            with self.assertRaises(BadUsage, msg=name):
                session_path(name, URL)
        self.assertTrue(session_path("..", URL).endswith("/...json"))


class Files(TestCase):
    def test_what_is_written_is_read(self):
        """All of it, bytes that are no text included; each kind of login too."""
        for login in (None, ANN, replace(ANN, kind="digest"), Login(kind="bearer", token="t")):
            session = replace(FULL, login=login)
            self.assertEqual(parse_session(as_json(session), "x"), session)

    def test_its_form(self):
        """It says which form it has, and has one key for each thing."""
        document = json.loads(as_json(FULL))
        self.assertEqual(list(document), ["schema", "login", "headers", "cookies"])
        self.assertEqual(document["schema"], "tnet.session/1")
        self.assertEqual(document["login"], {"kind": "basic", "user": "ann", "password": "pw"})
        self.assertEqual(document["headers"][0], {"name": "X-Api-Key", "value": "k"})

    def test_another_file_is_refused(self):
        """Whatever it holds; the error names it."""
        good = json.loads(as_json(FULL))
        cookie = good["cookies"][0]
        for wrong in (
            None,
            [],
            good | {"schema": "tnet.session/2"},
            good | {"headers": {}},
            good | {"headers": [{"name": 1, "value": "x"}]},
            good | {"login": {"kind": "ntlm", "user": "a", "password": "b"}},
            good | {"login": {"kind": "bearer"}},
            good | {"headers": [{"name": "A", "value": "\ud800"}]},
            good | {"login": {"kind": "bearer", "token": "\ud800"}},
            good | {"cookies": [cookie | {"value": 1}]},
            good | {"cookies": [cookie | {"secure": "yes"}]},
            good | {"cookies": [cookie | {"expires": "soon"}]},
            good | {"cookies": [cookie | {"port": True}]},
            good | {"cookies": [cookie | {"more": 1}]},
            good | {"cookies": ["a=b"]},
        ):
            with self.assertRaises(CannotRead, msg=wrong) as caught:
                parse_session(json.dumps(wrong).encode(), "file")
            self.assertEqual(caught.exception.path, "file")
        for data in (b"", b"{", b"\xff", b"[" * 100_000):
            with self.assertRaises(CannotRead):
                parse_session(data, "file")

    def test_cookies_that_nobody_could_set(self):
        """Cases 14 and 19: they are left out, as from any file."""
        hostile = (
            Cookie(name="a", value="b", domain="co.uk", host_only=False),
            Cookie(name="a\n", value="b", domain="x"),
        )
        self.assertEqual(parse_session(as_json(replace(FULL, cookies=hostile)), "x").cookies, ())

    @given(st.binary(max_size=60))
    def test_anything_is_refused(self, data):
        """Nothing else is raised."""
        with self.assertRaises(CannotRead):
            parse_session(data, "file")

    def test_secrets_do_not_show(self):
        """No repr has them."""
        session = Session((("A", "hunter2"),), replace(ANN, password="hunter2"), FULL.cookies)
        self.assertNotIn("hunter2", repr(session))
        self.assertNotIn("value", repr(session))
