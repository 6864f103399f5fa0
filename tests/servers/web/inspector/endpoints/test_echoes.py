"""Tests for what is told back."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.servers.web.inspector.inspected import InspectedTestCase
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.inspector.endpoints.echoes import taken_apart

FORM = "Content-Type: application/x-www-form-urlencoded"
PARTS = (
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n2\r\n'
    b'--b\r\nContent-Disposition: form-data; name="f"; filename="x.bin"\r\nContent-Type: image/png\r\n\r\n\xff\r\n'
    b"--b--\r\n"
)


class EchoTests(InspectedTestCase):
    """Requests, told back."""

    def test_get(self) -> None:
        """As httpbin does it, and the fields as they were written."""
        found = self.json("/_tnet/get?a=1&a=2&b=%C3%A9&c", "x-Odd: 1", "X-ODD: 2", "User-Agent: me")
        self.assertEqual(found["args"], {"a": ["1", "2"], "b": "é", "c": ""})
        self.assertEqual(found["headers"]["x-Odd"], "1,2")
        self.assertIn(["X-ODD", "2"], found["fields"])
        self.assertEqual((found["origin"], found["url"]), ("127.0.0.1", "http://h/_tnet/get?a=1&a=2&b=%C3%A9&c"))

    def test_bodies(self) -> None:
        """Text, JSON, forms, files and bytes."""
        found = self.json("/_tnet/post", method="POST", body=b'{"a": [1]}')
        self.assertEqual((found["data"], found["json"], found["method"]), ('{"a": [1]}', {"a": [1]}, "POST"))
        found = self.json("/_tnet/put", FORM, method="PUT", body=b"a=1&a=2&b=+%26")
        self.assertEqual((found["form"], found["data"], found["json"]), ({"a": ["1", "2"], "b": " &"}, "", None))
        found = self.json("/_tnet/patch", "Content-Type: multipart/form-data; boundary=b", method="PATCH", body=PARTS)
        self.assertEqual((found["form"], found["files"]), ({"a": ["1", "2"]}, {"f": "data:image/png;base64,/w=="}))
        found = self.json("/_tnet/delete", method="DELETE", body=b"\xff\x00")
        self.assertEqual(found["data"], "data:application/octet-stream;base64,/wA=")

    def test_any_method(self) -> None:
        """/anything and /echo are for every method, with a body or without."""
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            self.assertEqual(self.json("/_tnet/anything?a=b", method=method)["method"], method)
        self.assertEqual(self.json("/_tnet/echo", method="POST", body=b"x")["data"], "x")
        self.assertEqual(self.ask("/_tnet/echo", method="HEAD").status, 200)

    def test_small(self) -> None:
        """The parts of it on their own."""
        self.assertEqual(self.json("/_tnet/headers", "A: b")["headers"]["A"], "b")
        self.assertEqual(self.json("/_tnet/ip"), {"origin": "127.0.0.1"})
        self.assertEqual(self.json("/_tnet/user-agent", "USER-AGENT: me"), {"user-agent": "me"})
        self.assertEqual(self.json("/_tnet/user-agent"), {"user-agent": None})

    def test_raw(self) -> None:
        """The head, byte for byte."""
        raw = b"GET /_tnet/raw?a HTTP/1.1\r\nhOsT:h\r\nX:  a \t\r\nX: \xe9\r\n\r\n"
        self.wire.send(raw)
        self.clock.advance(0)
        self.assertEqual(self.wire.reply().body, raw)

    def test_hostile_bodies(self) -> None:
        """Bodies that are not what they say are refused, or told as what they are; none is expensive."""
        multipart = "Content-Type: multipart/form-data; boundary=b"
        many = b"".join(b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' for _ in range(5000)) + b"--b--"
        for field, body in ((multipart, b"nothing"), (multipart, many), ("Content-Type: multipart/form-data", PARTS)):
            self.assertIn(self.ask("/_tnet/post", field, method="POST", body=body).status, (400, 413, 415), body[:20])
        for body in (b"[" * 500_000, b"1" * 900_000, b"NaN", b'{"a": Infinity}', b"\xff{"):
            reply = self.ask("/_tnet/post", method="POST", body=body)
            self.assertEqual((reply.status, json.loads(reply.body)["json"]), (200, None), body[:20])
        self.assertEqual(self.ask("/_tnet/post", FORM, method="POST", body=b"a&" * 20_000).status, 413)
        reply = self.ask("/_tnet/post", method="POST", body=b'"\\ud800"')
        self.assertEqual(json.loads(reply.body)["json"], "\ud800")


class ApartTests(SynchronousTestCase):
    """`taken_apart`."""

    @given(st.binary(max_size=200), st.sampled_from(("", "multipart/form-data; boundary=b", "application/json", "x")))
    def test_anything(self, body: bytes, media: str) -> None:
        """Whatever comes is JSON when it is told, or is refused."""
        try:
            found: dict[str, Any] = taken_apart(body, media)
        except Refusal as refusal:
            self.assertEqual(refusal.status, 400)
        else:
            self.assertEqual(set(json.loads(json.dumps(found))), {"data", "files", "form", "json"})
