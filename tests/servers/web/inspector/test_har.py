"""Tests for archives."""

from __future__ import annotations

import gzip
import json
from typing import Any

from jsonschema import Draft202012Validator
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.report.har_schema import HAR
from tests.servers.web.inspector.sightings import sighting
from tnet.servers.web.carrying.exchange import NOTHING, Phases
from tnet.servers.web.inspector.har import archive
from tnet.servers.web.inspector.seen import Seen

TEXT = (b"Content-Type", b"text/plain")


class ArchiveTests(SynchronousTestCase):
    """`archive`."""

    def entries(self, *found: Seen, secrets: bool = False) -> list[dict[str, Any]]:
        """The entries of a valid archive."""
        made = json.loads(json.dumps(archive(found, secrets=secrets)))
        Draft202012Validator(HAR).validate(made)
        entries: list[dict[str, Any]] = made["log"]["entries"]
        return entries

    def test_entry(self) -> None:
        """Request, response and times, as a client would have seen them."""
        seen = sighting(
            "POST", "/a?b=c", TEXT, request_body=b"abc", bytes_in=3, fields=(TEXT,), response_body=b"d", bytes_out=1
        )
        (entry,) = self.entries(seen)
        self.assertEqual((entry["request"]["method"], entry["request"]["url"]), ("POST", "http://h:1/a?b=c"))
        self.assertEqual(entry["request"]["queryString"], [{"name": "b", "value": "c"}])
        self.assertEqual(entry["request"]["postData"], {"mimeType": "text/plain", "text": "abc"})
        self.assertEqual(entry["response"]["content"], {"size": 1, "mimeType": "text/plain", "text": "d"})
        times = {name: time for name, time in entry["timings"].items() if time >= 0}
        self.assertEqual((times, entry["time"]), ({"send": 1000, "wait": 1000, "receive": 1000}, 3000))
        self.assertEqual((entry["startedDateTime"], entry["connection"]), ("2027-01-15T08:00:00.000+00:00", "7"))

    def test_secrets(self) -> None:
        """Cookies are worth nothing in an archive, unless that is wanted."""
        cookies = ((b"Set-Cookie", b"a=SECRET; Path=/"),)
        seen = sighting("GET", "/?token=SECRET", (b"Cookie", b"a=SECRET; b=x"), fields=cookies)
        (entry,) = self.entries(seen)
        self.assertNotIn("SECRET", json.dumps(entry))
        (entry,) = self.entries(seen, secrets=True)
        self.assertEqual(entry["request"]["cookies"], [{"name": "a", "value": "SECRET"}, {"name": "b", "value": "x"}])
        self.assertEqual(entry["response"]["cookies"], [{"name": "a", "value": "SECRET"}])

    def test_bodies(self) -> None:
        """Bytes are base64, a coded body is decoded and says what that saved, and a cut one says so."""
        coded = gzip.compress(b"a" * 1000)
        fields = (TEXT, (b"Content-Encoding", b"gzip"))
        (entry,) = self.entries(sighting(fields=fields, response_body=coded, bytes_out=len(coded)))
        content = entry["response"]["content"]
        self.assertEqual((content["size"], content["compression"]), (1000, 1000 - len(coded)))
        (entry,) = self.entries(sighting(response_body=b"\xff\xff", bytes_out=9))
        content = entry["response"]["content"]
        self.assertEqual(
            (content["text"], content["encoding"], content["comment"]), ("//8=", "base64", "the first 2 bytes")
        )

    def test_ends(self) -> None:
        """One that was cut off says why, and what was no request is not there."""
        left = Phases(10.0, 10.5, 10.5, None, None, None)
        (entry,) = self.entries(
            sighting(status=0, phases=left), sighting(head=NOTHING, status=400, phases=Phases(1.0, *[None] * 5))
        )
        self.assertEqual((entry["response"]["status"], entry["_error"]), (0, "left without an answer"))
