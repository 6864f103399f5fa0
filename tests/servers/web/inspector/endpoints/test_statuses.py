"""Tests for statuses and ways that lead elsewhere."""

from __future__ import annotations

from urllib.parse import quote

from tests.servers.web.inspector.inspected import InspectedTestCase


class StatusTests(InspectedTestCase):
    """/status and /response-headers."""

    def test_status(self) -> None:
        """Any status, with what belongs to it, for any method."""
        for status, name in ((200, b"server"), (302, b"location"), (401, b"www-authenticate"), (503, b"retry-after")):
            reply = self.ask(f"/_tnet/status/{status}")
            self.assertEqual((reply.status, name in reply.fields), (status, True))
        self.assertEqual(self.ask("/_tnet/status/418").body, b"418 I'm a Teapot\n")
        self.assertEqual(self.ask("/_tnet/status/599", method="DELETE").status, 599)
        self.assertEqual(self.ask("/_tnet/status/200", method="POST", body=b"x").status, 200)
        for codes in ("100", "199", "600", "x", "200,", "200:x", "200:1:1", "-200", "200" * 999, "%D9%A2%D9%A0%D9%A0"):
            self.assertEqual(self.ask(f"/_tnet/status/{codes}").status, 400, codes)

    def test_chances(self) -> None:
        """Of several one is taken by its weight."""
        self.assertEqual({self.ask("/_tnet/status/200:0,503:1").status for _ in range(20)}, {503})
        self.assertEqual({self.ask("/_tnet/status/200,503").status for _ in range(60)}, {200, 503})
        self.assertEqual(self.ask("/_tnet/status/200:0").status, 200)

    def test_response_headers(self) -> None:
        """Fields as they are asked for, and as JSON; what frames the response or outlasts it is refused."""
        reply = self.ask("/_tnet/response-headers?X-A=1&X-A=2&cache-control=max-age%3D5")
        self.assertEqual((reply.fields[b"x-a"], reply.fields[b"cache-control"]), (b"2", b"max-age=5"))
        self.assertIn(b'"X-A": [', reply.body)
        for name in (
            "Content-Length",
            "transfer-encoding",
            "Connection",
            "Set-Cookie",
            "Strict-Transport-Security",
            "Content-Security-Policy",
            "Access-Control-Allow-Origin",
            "X-Content-Type-Options",
        ):
            self.assertEqual(self.ask(f"/_tnet/response-headers?{name}=1").status, 403, name)
        for query in ("A=b%0d%0aC:d", "A%3A=b", "A%0a=b", "=b", "A=%00"):
            self.assertEqual(self.ask(f"/_tnet/response-headers?{query}").status, 400, query)


class RedirectTests(InspectedTestCase):
    """/redirect and its like."""

    def follow(self, path: str) -> list[str]:
        """Where one is led, step by step."""
        found = []
        while len(found) < 10:
            reply = self.ask(path)
            if reply.status != 302:
                break
            place = reply.fields[b"location"].decode()
            found.append(place)
            place = place.removeprefix("http://h")
            path = place if place.startswith("/") else "/_tnet/" + place.removeprefix("../")
        self.assertEqual(reply.status, 200)
        return found

    def test_chains(self) -> None:
        """As many as are asked for, by paths or by whole URLs."""
        self.assertEqual(
            self.follow("/_tnet/redirect/3"), ["../relative-redirect/2", "../relative-redirect/1", "../get"]
        )
        self.assertEqual(
            self.follow("/_tnet/absolute-redirect/2"), ["http://h/_tnet/absolute-redirect/1", "http://h/_tnet/get"]
        )
        self.assertEqual(len(self.follow("/_tnet/redirect/2?absolute=true")), 2)
        for times in ("0", "101", "x"):
            self.assertEqual(self.ask(f"/_tnet/redirect/{times}").status, 400, times)

    def test_on_this_server(self) -> None:
        """Anywhere on this server, with any status for it."""
        for target in ("/x", "x?a=b#c", "http://h/x", "?a", "../..", "/x?url=http://evil.example"):
            reply = self.ask(f"/_tnet/redirect-to?url={quote(target, safe='')}&status_code=307")
            self.assertEqual((reply.status, reply.fields[b"location"]), (307, target.encode()))
        self.assertEqual(self.ask("/_tnet/redirect-to?url=/&status_code=200").status, 400)

    def test_nowhere_else(self) -> None:
        """It leads nobody to another host, however that is written."""
        for target in (
            "http://evil.example",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://h/",
            "http:evil.example",
            "javascript:alert(1)",
            "http://h@evil.example",
            "http://h.evil",
            "http://h:80/",
            "HTTP://evil.example",
            "http:///evil.example",
            "mailto:a",
            "http://[h",
        ):
            self.assertIn(self.ask(f"/_tnet/redirect-to?url={quote(target, safe='')}").status, (400, 403), target)
        for target in ("", "a\r\nSet-Cookie: b", "\t//evil.example", " //evil.example", "/\u00e9", "/a b"):
            self.assertEqual(self.ask(f"/_tnet/redirect-to?url={quote(target, safe='')}").status, 400, target)
