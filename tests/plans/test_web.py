"""What `tnet serve web` may be asked for."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase

from tnet.errors import BadUsage
from tnet.plans.web import AclRule, Bin, ProxyRoute, WebPlan, parse_acl, parse_bin, parse_field, parse_proxy


class ParsedTestCase(TestCase):
    """Has a way to say that something is refused."""

    def refused(self, parse: Any, *texts: str) -> None:
        """Each of `texts` is refused, and the option is named."""
        for text in texts:
            error = self.assertRaises(BadUsage, parse, text)
            self.assertIn("--", str(error), text)


class AclTests(ParsedTestCase):
    """Rules."""

    def test_rules(self) -> None:
        """A path has rules for several, which allow or deny."""
        self.assertEqual(
            parse_acl("/docs/=@staff:lrw,*:r"),
            (AclRule("/docs", "@staff", allow=frozenset("lrw")), AclRule("/docs", "*", allow=frozenset("r"))),
        )
        self.assertEqual(parse_acl("/=+:all"), (AclRule("/", "+", allow=frozenset("lrwm")),))
        self.assertEqual(parse_acl("//a//b=bob:-wm"), (AclRule("/a/b", "bob", deny=frozenset("wm")),))
        self.assertEqual(parse_acl("/a=bob:none"), (AclRule("/a", "bob", deny=frozenset("lrwm")),))

    def test_refused(self) -> None:
        """What could mean two things, or nothing, is refused."""
        self.refused(parse_acl, "", "/a", "/a=", "a=bob:r", "/a=bob", "/a=bob:", "/a=bob:x", "/a=:r", "/a=bob:-")
        self.refused(parse_acl, "/a/../b=bob:r", "/a\0=bob:r", "/a=b b:r", "/a=@:r", "/a=bob:r,", "/a=bob:-none")
        self.refused(parse_acl, "/a=*:r,-bob:all")


class ProxyTests(ParsedTestCase):
    """Routes."""

    def test_routes(self) -> None:
        """A prefix leads to a URL."""
        route = parse_proxy("/api/=http://127.0.0.1:9000/v2")
        self.assertEqual((route.prefix, str(route.url)), ("/api", "http://127.0.0.1:9000/v2"))

    def test_refused(self) -> None:
        """A route needs both, and a URL without a query; our own pages stay ours."""
        self.refused(parse_proxy, "/api", "/api=", "=http://h", "/=http://h", "api=http://h", "/api=ftp://h")
        self.refused(parse_proxy, "/api=http://h/?q", "/api=http://u:p@h/", "/_tnet/x=http://h", "/_tnet=http://h")


class BinTests(ParsedTestCase):
    """Bins."""

    def test_bins(self) -> None:
        """A path alone answers 200 and nothing else; everything can be said."""
        self.assertEqual(parse_bin("/hook"), Bin(path="/hook"))
        self.assertEqual(
            parse_bin("/a/b:status=202,delay=1.5s,header=X-A: b,header=X-C:d,body=one, two:3"),
            Bin(
                path="/a/b",
                status=202,
                fields=(("X-A", "b"), ("X-C", "d")),
                body=b"one, two:3",
                delay_seconds=1.5,
            ),
        )
        self.assertEqual(parse_bin("/a:body=@reply.json").body_file, "reply.json")

    def test_refused(self) -> None:
        """Statuses that are no answers, delays without end, and what is not known."""
        self.refused(parse_bin, "hook", "/", "/_tnet/x", "/a:status=99", "/a:status=٢٠٠", "/a:delay=2h", "/a:x=1")
        self.refused(parse_bin, "/a:header=Content-Length: 3", "/a:header=x", "/a:delay=soon")


class FieldTests(ParsedTestCase):
    """Fields of every response."""

    def test_fields(self) -> None:
        """A name and a value; the value may be empty, or hold colons."""
        self.assertEqual(parse_field("X-Frame-Options:  DENY "), ("X-Frame-Options", "DENY"))
        self.assertEqual(parse_field("Link: <https://h/>"), ("Link", "<https://h/>"))
        self.assertEqual(parse_field("X-Empty:"), ("X-Empty", ""))

    def test_refused(self) -> None:
        """What is no field, what would split the response, and what frames it."""
        self.refused(parse_field, "X", ": v", "X Y: v", "X: a\r\nY: b", "X: \x00", "content-length: 3", "Date: now")


class WebPlanTests(ParsedTestCase):
    """The plan itself."""

    def test_who_is_asked(self) -> None:
        """Somebody has to log in when there is a store, or a rule that speaks of accounts."""
        for options, asks in (
            ({}, False),
            ({"users": "sqlite:x"}, True),
            ({"acl": parse_acl("/=*:r")}, False),
            ({"acl": parse_acl("/=*:r,@staff:all")}, True),
        ):
            plan: Any = WebPlan(listen=(), **options)
            self.assertEqual(plan.asks_who, asks, options)

    def test_who_may_see_everything(self) -> None:
        """Where a rule names somebody, another one says who sees what others ask for, or nobody does."""
        for texts, apart in (
            ((), False),
            (("/=+:lr,*:none", "/keys=*:none"), False),
            (("/=+:lr", "/keys=ann:all"), True),
            (("/=+:lr", "/keys=@staff:-r"), True),
            (("/keys=ann:all", "/_tnet=@staff:all"), False),
            (("/keys=ann:all", "/_tnet/har=ann:all"), True),
        ):
            plan: Any = WebPlan(listen=(), acl=tuple(rule for text in texts for rule in parse_acl(text)))
            self.assertEqual(plan.tells_apart, apart, texts)

    def test_a_path_has_one_meaning(self) -> None:
        """Two bins or proxies at one path are refused."""
        route = parse_proxy("/a=http://h/")
        self.assertIsInstance(route, ProxyRoute)
        self.assertRaises(BadUsage, WebPlan, listen=(), bins=(parse_bin("/a"),), proxies=(route,))
