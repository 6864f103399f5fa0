"""Tests for tnet.servers.web.carrying.headers, and of what it relies on in Twisted."""

from __future__ import annotations

from twisted.trial.unittest import TestCase
from twisted.web.http_headers import Headers, InvalidHeaderName

from tnet.servers.web.carrying import headers as module
from tnet.servers.web.carrying.headers import Later, canonical, raw, received, set_field, vary


class HeadersTests(TestCase):
    """Twisted's Headers, by another way."""

    def test_the_contract(self) -> None:
        """What lies below is a dictionary of lists by canonical name, and the same thing as the Headers."""
        headers = Headers({b"etag": [b"1", b"2"]})
        self.assertTrue(hasattr(headers, module.RELIES_ON))
        self.assertEqual(raw(headers), {b"ETag": [b"1", b"2"]})
        raw(headers)[b"X-Y"] = [b"z"]
        self.assertEqual(headers.getRawHeaders("x-y"), ["z"])

    def test_names(self) -> None:
        """Names are written as Twisted writes them, and must be names."""
        self.assertEqual(
            (canonical(b"content-type"), canonical(b"WWW-authenticate")), (b"Content-Type", b"WWW-Authenticate")
        )
        self.assertRaises(InvalidHeaderName, canonical, b"a b")

    def test_received(self) -> None:
        """Fields of a request are found as if Twisted had read them."""
        headers = received([(b"accept", b"a"), (b"Host", b"h"), (b"ACCEPT", b"b")])
        self.assertEqual(headers, Headers({b"Accept": [b"a", b"b"], b"Host": [b"h"]}))

    def test_set(self) -> None:
        """Bytes and text, names of any case; no value brings a line end."""
        for name, value, expected in (
            (b"x-y", b"z", b"z"),
            ("X-Y", "z", b"z"),
            (b"X-Y", b"a\r\nb: c", b"a b: c"),
            (b"X-Y", b"a\nb", b"a b"),
            (b"X-Y", b"a\rb", b"a b"),
        ):
            headers = Headers({b"X-Y": [b"old", b"older"]})
            set_field(headers, name, value)
            self.assertEqual(headers.getRawHeaders(b"x-y"), [expected])


class VaryTests(TestCase):
    """Vary is added to."""

    def test_each_once(self) -> None:
        """Names that are there already are not said twice, in whatever case; after `*` nothing is left to say."""
        headers = Headers()
        for names, said in (((b"Accept",), b"Accept"), ((b"accept", b"Origin"), b"Accept, Origin")):
            vary(headers, *names)
            self.assertEqual(headers.getRawHeaders(b"vary"), [said])
        headers.setRawHeaders(b"vary", [b"*"])
        vary(headers, b"Accept")
        self.assertEqual(headers.getRawHeaders(b"vary"), [b"*"])


class LaterTests(TestCase):
    """Attributes that are made when somebody asks."""

    def test_made_once(self) -> None:
        """It is made at the first look, kept, and may be replaced before and after."""
        made: list[int] = []

        class Owner:
            @Later[list[int]]
            def numbers(self) -> list[int]:
                """Some numbers."""
                made.append(1)
                return [1]

        one, other = Owner(), Owner()
        self.assertIs(one.numbers, one.numbers)
        self.assertEqual((made, Owner.numbers.__doc__), ([1], "Some numbers."))
        other.__dict__["numbers"] = [2]
        self.assertEqual((other.numbers, made), ([2], [1]))
