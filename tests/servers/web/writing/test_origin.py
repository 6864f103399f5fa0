"""Tests for tnet.servers.web.writing.origin."""

from __future__ import annotations

from twisted.trial.unittest import TestCase
from twisted.web.http_headers import Headers

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.writing.origin import authority, judge_origin


class Asked:
    """A request with some fields."""

    def __init__(self, fields: dict[str, str]) -> None:
        self.requestHeaders = Headers({name: [value] for name, value in fields.items()})

    def getHeader(self, name: bytes) -> bytes | None:
        return (self.requestHeaders.getRawHeaders(name) or [None])[0]


class OriginTests(TestCase):
    """Who made a browser send something."""

    def test_ours(self) -> None:
        """Our own pages, whatever the port that goes without saying, and what is no browser may change things."""
        for fields in (
            {},
            {"Origin": "http://h"},
            {"Origin": "http://H:80"},
            {"Origin": "http://h", "Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "none"},
            {"Referer": "http://h/page?x"},
        ):
            judge_origin(Asked({"Host": "h"} | fields))  # type: ignore[arg-type]  # all that is looked at
        judge_origin(Asked({"Host": "[::1]:8000", "Origin": "https://[::1]:8000"}))  # type: ignore[arg-type]  # likewise

    def test_theirs(self) -> None:
        """Other sites, other ports, and origins that browsers will not name are 403."""
        for fields in (
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://h:81"},
            {"Origin": ""},
            {"Origin": "\xff"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site", "Origin": "http://h"},
            {"Referer": "http://evil.example/h"},
            {"Referer": "http://h@evil.example/"},
            {"Origin": "http://h", "Sec-Fetch-Site": "cross-site"},
        ):
            with self.subTest(fields=fields):
                asked = Asked({"Host": "h"} | fields)
                self.assertEqual(self.assertRaises(Refusal, judge_origin, asked).status, 403)

    def test_authority(self) -> None:
        """The port that goes without saying does not count."""
        self.assertEqual((authority("H:443", "https"), authority("h:443", "http")), ("h", "h:443"))
