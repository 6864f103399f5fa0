"""The jar."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.clients.fetch.cookies.cookie import Cookie
from tnet.clients.fetch.cookies.jar import DOMAIN_COOKIES, JAR_COOKIES, RESPONSE_COOKIES, SENT_BYTES, Jar
from tnet.plans.urls import parse_url

SITE = "https://www.example.org/"


class Case(TestCase):
    def setUp(self):
        self.now = 1_800_000_000.0
        self.jar = Jar(lambda: self.now)

    def learn(self, *fields, url=SITE):
        return self.jar.learn(parse_url(url), [field.encode() for field in fields])

    def sent(self, url=SITE):
        return self.jar.field(parse_url(url))


class Sending(Case):
    def test_what_was_set_is_sent(self):
        """To the host that set it, and not to another."""
        self.assertEqual(self.learn("a=1", "b=2"), 0)
        self.assertEqual(self.sent(), "a=1; b=2")
        self.assertEqual(self.sent("https://example.org/"), "")

    def test_order(self):
        """Longer paths come first, then older cookies; a new value leaves a cookie its age."""
        self.learn("old=1", "deep=2; Path=/x", "new=3")
        self.learn("old=4")
        self.assertEqual(self.sent(SITE + "x/y"), "deep=2; old=4; new=3")

    def test_without_a_name(self):
        """The value stands alone."""
        self.learn("b")
        self.assertEqual(self.sent(), "b")

    def test_at_most_8_kib(self):
        """Case 18: what would make the field longer is left out; shorter ones that fit are not."""
        self.learn(*(f"{name}=" + "x" * 4000 for name in "abc"), "d=4")
        sent = self.sent()
        self.assertEqual([pair[0] for pair in sent.split("; ")], ["a", "b", "d"])
        self.assertLessEqual(len(sent), SENT_BYTES)

    def test_exactly_8_kib(self):
        """Case 18: the limit itself can be reached."""
        half = (SENT_BYTES - 2) // 2
        self.learn("a=" + "x" * (half - 2), "b=" + "x" * (half - 2))
        self.assertEqual(len(self.sent()), half * 2 + 2)


class Ends(Case):
    def test_time_passes(self):
        """A cookie is neither sent nor kept after its time."""
        self.learn("a=1; Max-Age=10", "b=2")
        self.now += 9.9
        self.assertEqual(self.sent(), "a=1; b=2")
        self.now += 0.1
        self.assertEqual((self.sent(), [cookie.name for cookie in self.jar]), ("b=2", ["b"]))

    def test_one_from_the_past_takes_one_away(self):
        """That is how a server deletes a cookie, and only the one with the same name, domain and path."""
        self.learn("a=1", "a=2; Path=/x", "a=3; Domain=example.org")
        self.learn("a=; Max-Age=0")
        self.assertEqual(self.sent(SITE + "x"), "a=2; a=3")
        self.learn("none=; Max-Age=0")


class Secure(Case):
    def test_the_clear_cannot_overwrite_it(self):
        """Case 16: not even from above or below, nor on a path below; a path of its own it may have."""
        self.learn("a=1; Secure; Path=/x; Domain=example.org")
        for url, field in (
            ("http://www.example.org/x/", "a=2"),
            ("http://www.example.org/", "a=2; Path=/x"),
            ("http://example.org/", "a=2; Path=/x/y"),
            ("http://w.www.example.org/", "a=2; Path=/x; Domain=www.example.org"),
            ("http://www.example.org/", "a=2; Path=/x; Domain=example.org; Max-Age=0"),
        ):
            self.assertEqual(self.learn(field, url=url), 1, field)
        self.assertEqual(self.sent(SITE + "x"), "a=1")
        self.assertEqual(self.learn("a=2", "b=3; Path=/x", url="http://www.example.org/"), 0)

    def test_https_can(self):
        """It is the same server."""
        self.learn("a=1; Secure")
        self.assertEqual(self.learn("a=2"), 0)
        self.assertEqual(self.sent("http://www.example.org/"), "a=2")


class Limits(Case):
    def test_cookies_of_one_answer(self):
        """Case 18: those after the fiftieth are refused."""
        refused = self.learn(*(f"n{number}=x" for number in range(RESPONSE_COOKIES + 5)))
        self.assertEqual((refused, len(list(self.jar))), (5, RESPONSE_COOKIES))

    def test_cookies_of_one_domain(self):
        """The oldest goes, and a secure one last."""
        self.learn("safe=x; Secure")
        for number in range(DOMAIN_COOKIES + 10):
            self.learn(f"n{number}=x")
        names = [cookie.name for cookie in self.jar]
        self.assertEqual((len(names), names[:2]), (DOMAIN_COOKIES, ["safe", "n11"]))

    def test_one_that_is_over_goes_first(self):
        """Nobody misses it."""
        self.learn("stays=x")
        self.learn("goes=x; Max-Age=1")
        for number in range(DOMAIN_COOKIES - 2):
            self.learn(f"n{number}=x")
        self.now += 1
        self.learn("last=x")
        names = [cookie.name for cookie in self.jar]
        self.assertEqual((names[0], names[-1], len(names)), ("stays", "last", DOMAIN_COOKIES))

    def test_all_cookies(self):
        """No number of hosts makes the jar larger; of many from a file the last count."""
        many = [Cookie(name="a", value="b", domain=f"h{number}.example") for number in range(JAR_COOKIES + 10)]
        jar = Jar(lambda: self.now, many)
        self.assertEqual(next(cookie.domain for cookie in jar), "h10.example")
        jar.put(Cookie(name="b", value="b", domain="x.example"))
        self.assertEqual(len(list(jar)), JAR_COOKIES)

    @settings(deadline=None)
    @given(st.lists(st.text("ab=;_- \tSecureDomain.orgPth/x", max_size=40), max_size=60))
    def test_anything_leaves_it_sound(self, fields):
        """Whatever a server says, what is kept is legal, and what is sent is one field."""
        self.setUp()
        self.learn(*fields)
        self.assertTrue(all(cookie.sound for cookie in self.jar))
        self.assertLessEqual(len(list(self.jar)), RESPONSE_COOKIES)
        self.assertTrue(self.sent().isprintable())
