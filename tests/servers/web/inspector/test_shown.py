"""Tests for what is shown of an exchange."""

from __future__ import annotations

import gzip
import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.servers.web.inspector.sightings import sighting
from tnet.net.tls.facts import TlsFacts
from tnet.servers.web.carrying.exchange import NOTHING, Phases
from tnet.servers.web.inspector.shown import Shown, masked_head, state

SECRET = "S3CRET"
JSON = (b"Content-Type", b"application/json")


def everything(shown: Shown) -> str:
    """All that is told of it."""
    return json.dumps(shown.detail())


class SecretTests(SynchronousTestCase):
    """What is masked."""

    def test_masked(self) -> None:
        """Credentials, cookies, tokens, and the links of shares, wherever they are."""
        seen = sighting(
            "POST",
            f"/_tnet/share/{SECRET}/a?token={SECRET}&b=c",
            (b"Authorization", f"Basic {SECRET}".encode()),
            (b"Cookie", f"a={SECRET}".encode()),
            (b"Referer", f"http://h/_tnet/share/{SECRET}/".encode()),
            JSON,
            raw=f"POST /_tnet/share/{SECRET}/?token={SECRET} HTTP/1.1\r\nAUTHORIZATION:Basic {SECRET}\r\n\r\n".encode(),
            request_body=f'{{"password": "{SECRET}", "name": "x"}}'.encode(),
            fields=((b"Set-Cookie", f"a={SECRET}".encode()), JSON),
            response_body=f'{{"access_token": "{SECRET}"}}'.encode(),
            reason=f"no /_tnet/share/{SECRET}",
            status=403,
        )
        self.assertNotIn(SECRET, everything(Shown(seen)))
        self.assertEqual(Shown(seen).target, "/_tnet/share/***/a?token=***&b=c")
        self.assertIn('"name": "x"', Shown(seen).request_body.text or "")
        self.assertGreater(everything(Shown(seen, secrets=True)).count(SECRET), 10)

    def test_coded_bodies(self) -> None:
        """A compressed body hides nothing: it is shown, and masked, as what it holds."""
        body = gzip.compress(f'{{"password": "{SECRET}", "n": 1}}'.encode())
        seen = sighting(fields=(JSON, (b"Content-Encoding", b"gzip")), response_body=body, bytes_out=len(body))
        shown = Shown(seen).response_body
        self.assertEqual((shown.text, shown.decoded, shown.whole), ('{"password": "***", "n": 1}', True, True))

    def test_heads(self) -> None:
        """A head that was refused is shown as it came, bare line ends and all, without what is secret in it."""
        raw = b"GET / HTTP/1.1\nHost:h\r\nX-Token : abc\r\n def\r\nBad line\r\ncookie:x\rB: y\r\n\r\n"
        shown = b"GET / HTTP/1.1\nHost:h\r\nX-Token : ***\r\n ***\r\nBad line\r\ncookie:***\rB: y\r\n\r\n"
        self.assertEqual(masked_head(raw), shown)

    @given(st.binary(max_size=200))
    def test_what_is_not_secret_stays(self, data: bytes) -> None:
        """Whatever comes, what has no secret name stays what it is."""
        raw = b"G / HTTP/1.1\r\n" + data.replace(b":", b"")
        self.assertEqual(masked_head(raw), raw)


class BodyTests(SynchronousTestCase):
    """`Body`."""

    def test_text_and_bytes(self) -> None:
        """Text is text, other bytes are base64, and what was cut in a character is still text."""
        euro = "€".encode()
        self.assertEqual(Shown(sighting(request_body=euro, bytes_in=3)).request_body.as_json()["text"], "€")
        cut = Shown(sighting(request_body=b"a" + euro[:2], bytes_in=9)).request_body
        self.assertEqual((cut.as_json()["text"], cut.whole, cut.kept, cut.size), ("a", False, 3, 9))
        self.assertEqual(Shown(sighting(request_body=b"\xff")).request_body.as_json()["base64"], "/w==")

    def test_broken_codings(self) -> None:
        """A body that is not what it is called stays what it is; one that was cut is shown as far as it goes."""
        coding = ((b"Content-Encoding", b"gzip"),)
        self.assertEqual(Shown(sighting(fields=coding, response_body=b"abc")).response_body.data, b"abc")
        whole = gzip.compress(bytes(range(256)) * 40)
        cut = Shown(sighting(fields=coding, response_body=whole[:200], bytes_out=len(whole))).response_body
        self.assertTrue((bytes(range(256)) * 40).startswith(cut.data))
        self.assertFalse(cut.whole)

    def test_a_bomb(self) -> None:
        """What would grow without bound is cut."""
        bomb = gzip.compress(bytes(50_000_000))[:65_536]
        shown = Shown(sighting(fields=((b"Content-Encoding", b"gzip"),), response_body=bomb)).response_body
        self.assertLessEqual(len(shown.data), 256 * 1024)


class RowTests(SynchronousTestCase):
    """`Shown.row` and its like."""

    def test_row(self) -> None:
        """What a table has."""
        row = Shown(sighting("PUT", "/a", status=201, bytes_in=3)).row()
        wanted = {"number": 1, "time": "2027-01-15T08:00:00.000Z", "method": "PUT", "target": "/a", "host": "h:1"}
        wanted |= {"status": 201, "phrase": "Created", "ms": 3000.0, "state": "good", "outcome": "", "version": "1.1"}
        self.assertEqual(row | wanted, row)

    def test_states(self) -> None:
        """One word for each end."""
        cut = Phases(10.0, 10.5, 10.5, 11.0, 12.0, None)
        for wanted, options in (
            ("open", {"over": False}),
            ("good", {}),
            ("moved", {"status": 304}),
            ("refused", {"status": 404}),
            ("failed", {"status": 502}),
            ("cut", {"phases": cut}),
            ("cut", {"status": 0, "phases": cut}),
            ("good", {"status": 101, "phases": cut}),
            ("refused", {"status": 400, "head": NOTHING, "phases": Phases(10.0, None, None, None, None, None)}),
        ):
            self.assertEqual(state(sighting(**options)), wanted, options)

    def test_phases(self) -> None:
        """Where the time went; what was not reached is left out, and what was cut off lasts to the end."""
        found = [(each["name"], each["begin"], each["end"]) for each in Shown(sighting()).phases()]
        names = [("head", 0, 500), ("admitted", 500, 500), ("body", 500, 1000)]
        self.assertEqual(found, [*names, ("first byte", 1000, 2000), ("last byte", 2000, 3000)])
        seen = sighting(phases=Phases(10.0, 10.5, None, None, None, None), over=False, status=0, until=14.0)
        self.assertEqual([each["name"] for each in Shown(seen).phases()], ["head", "so far"])
        early = sighting(phases=Phases(10.0, 10.5, 10.5, None, 10.6, 10.7))
        self.assertEqual([each["name"] for each in Shown(early).phases()][-1], "last byte")

    def test_detail(self) -> None:
        """Everything, with what TLS agreed on."""
        tls = TlsFacts(version="TLSv1.3", cipher="X", sni="h", subject="CN=me", chain=("long",))
        found = Shown(sighting(secure=True, tls=tls)).detail()
        self.assertEqual(found["url"], "https://h:1/")
        self.assertEqual((found["tls"]["version"], found["tls"]["subject"]), ("TLSv1.3", "CN=me"))
        self.assertNotIn("chain", found["tls"])
        self.assertEqual(found["request"]["fields"], (("Host", "h:1"),))
        self.assertEqual(found["request"]["head"], "GET / HTTP/1.1\r\nHost: h:1\r\n\r\n")
