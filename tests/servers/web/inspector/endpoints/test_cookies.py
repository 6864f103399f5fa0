"""Tests for cookies."""

from __future__ import annotations

from tests.servers.web.inspector.inspected import InspectedTestCase


class CookieTests(InspectedTestCase):
    """/cookies and what is below it."""

    def set_by(self, path: str) -> tuple[int, list[bytes], bytes]:
        """Status, cookies and place of a response."""
        self.wire.ask("GET", path)
        self.clock.advance(0)
        lines = self.wire.sent.split(b"\r\n")
        cookies = [line.partition(b": ")[2] for line in lines if line.lower().startswith(b"set-cookie: ")]
        reply = self.wire.reply()
        return reply.status, cookies, reply.fields.get(b"location", b"")

    def test_shown(self) -> None:
        """What came."""
        found = self.json("/_tnet/cookies", "Cookie: a=1; b=x=y; junk")
        self.assertEqual(found, {"cookies": {"a": "1", "b": "x=y"}})
        self.assertEqual(self.json("/_tnet/cookies"), {"cookies": {}})

    def test_set(self) -> None:
        """By query or path, for these paths alone; then one is led to see them."""
        status, cookies, place = self.set_by("/_tnet/cookies/set?a=1&b=2")
        self.assertEqual((status, place), (302, b"../cookies"))
        self.assertEqual(cookies, [b"a=1; Path=/_tnet/; SameSite=Lax", b"b=2; Path=/_tnet/; SameSite=Lax"])
        status, cookies, place = self.set_by("/_tnet/cookies/set/a/1")
        self.assertEqual((cookies, place), ([b"a=1; Path=/_tnet/; SameSite=Lax"], b"../../../cookies"))

    def test_deleted(self) -> None:
        """As browsers want it."""
        (cookie,) = self.set_by("/_tnet/cookies/delete?a")[1]
        self.assertTrue(cookie.startswith(b"a=; Path=/_tnet/; SameSite=Lax; Max-Age=0; Expires="))

    def test_what_is_none(self) -> None:
        """What cannot be a cookie, or would be another one, is refused."""
        for query in ("a=b%3B+Path%3D/", "a=%0d%0ab", "a=%C3%A9", "a+b=c", "%3D=b", "__Host-a=b", "a=b%2Cc", "a=%22"):
            self.assertEqual(self.set_by(f"/_tnet/cookies/set?{query}")[0], 400, query)
        self.assertEqual(self.set_by("/_tnet/cookies/set?" + "&".join(f"a{n}=1" for n in range(51)))[0], 400)
