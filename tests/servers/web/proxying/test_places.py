"""Tests for the way to the upstream and back."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.plans.web import parse_proxy
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.proxying.places import Places


def places(text: str) -> Places:
    """Those of a route."""
    return Places(parse_proxy(text))


class ThereTests(SynchronousTestCase):
    """`Places.there`."""

    def test_root(self) -> None:
        """The prefix is taken off; the query and every byte of the rest stay as they are."""
        there = places("/api=http://h").there
        for asked, wanted in (
            (b"/api", b"/"),
            (b"/api/", b"/"),
            (b"/api?q", b"/?q"),
            (b"/api/a/b/?x=/../y", b"/a/b/?x=/../y"),
            (b"/api/%2F%20/;p=1//z", b"/%2F%20/;p=1//z"),
            (b"/%61pi/x", b"/x"),
        ):
            self.assertEqual(there(asked), wanted)

    def test_path(self) -> None:
        """What is left is put behind the upstream's path, with one slash between."""
        for url in ("http://h/v2", "http://h/v2/"):
            self.assertEqual(places(f"/a/b={url}").there(b"/a/b/x?q"), b"/v2/x?q")
        self.assertEqual(places("/a=http://h/v2").there(b"/a"), b"/v2")
        self.assertEqual(places("/a=http://h/v2/").there(b"/a"), b"/v2/")

    def test_upwards(self) -> None:
        """What anybody could read as a way upwards is refused, so that nobody leaves the upstream's path."""
        there = places("/api=http://h/v2").there
        for asked in (
            b"/api/..",
            b"/api/x/../y",
            b"/api/%2e%2E/y",
            b"/api/.%2e",
            b"/api/..%2fy",
            b"/api/x%2f..%2fy",
            b"/api/..\\y",
            b"/api/..%5cy",
            b"/api/%252e%252e/y",
            b"/api/..%252fy",
            b"/api/..;a=b/y",
        ):
            self.assertEqual(self.assertRaises(Refusal, there, asked).status, 400, asked)
        for asked in (b"/api/...", b"/api/a..b", b"/api/.hidden", b"/api/?../x"):
            there(asked)


class HereTests(SynchronousTestCase):
    """`Places.here`."""

    def test_root(self) -> None:
        """References to the upstream become ours, whether they name it or not; others stay."""
        here = places("/api=http://h:9000").here
        for reference, wanted in (
            (b"/", b"/api/"),
            (b"/x?q#f", b"/api/x?q#f"),
            (b"http://h:9000/x", b"/api/x"),
            (b"HTTP://H:9000", b"/api/"),
            (b"//h:9000/x#f", b"/api/x#f"),
            (b"http://h/x", b"http://h/x"),
            (b"https://h:9000/x", b"https://h:9000/x"),
            (b"http://other/x", b"http://other/x"),
            (b"//other/x", b"//other/x"),
            (b"x/y", b"x/y"),
            (b"?q", b"?q"),
            (b"", b""),
            (b"mailto:a", b"mailto:a"),
            (b"http://h:9000@other/", b"http://h:9000@other/"),
            (b"http://h:9000//other/", b"/api//other/"),
            (b"http://[", b"http://["),
            (b"http://h:9000/\xc3\xa9", b"/api/%C3%A9"),
        ):
            self.assertEqual(here(reference), wanted, reference)

    def test_path(self) -> None:
        """What is not below the upstream's path cannot be reached through us."""
        here = places("/api=http://h/v2/").here
        for reference, wanted in (
            (b"/v2/x", b"/api/x"),
            (b"/v2", b"/api"),
            (b"/v2?q", b"/api?q"),
            (b"/v22/x", b"/v22/x"),
            (b"/x", b"/x"),
            (b"http://h/v2/x", b"/api/x"),
            (b"http://h/x", b"http://h/x"),
        ):
            self.assertEqual(here(reference), wanted, reference)

    def test_cookies(self) -> None:
        """A cookie for a part of the upstream is for that part here, and one for more is for the whole prefix."""
        for path, wanted in (
            (b"/", b"/api"),
            (b"/v2", b"/api"),
            (b"/v2/", b"/api"),
            (b"/v2/a", b"/api/a"),
            (b"/z", b"/z"),
        ):
            self.assertEqual(places("/api=http://h/v2").cookie_path(path), wanted)
        for path, wanted in ((b"/", b"/api"), (b"/a/", b"/api/a/")):
            self.assertEqual(places("/api=http://h").cookie_path(path), wanted)

    def test_domain(self) -> None:
        """A cookie for the upstream's own name is told apart from others."""
        upstream = places("/api=http://h.example").is_upstream
        self.assertEqual([upstream(each) for each in (b"h.example", b".H.example", b"example")], [True, True, False])
