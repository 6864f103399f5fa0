"""Tests for HTTP archives."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.report.har_schema import HAR
from tests.clients.fetch.report.staging import Command, head, redirected_once
from tests.support import AtOnce
from tnet.clients.fetch.report.har import archive, save, timings_of
from tnet.clients.fetch.report.ledger import KEPT_BODY_BYTES
from tnet.errors import CannotWrite
from tnet.events import kinds
from tnet.events.phases import MOST_HOPS


def _archived(command: Command, *, show_secrets: bool = False) -> list[dict[str, Any]]:
    """The entries of an archive that the specification allows."""
    found = json.loads(json.dumps(archive(command.ledger, show_secrets=show_secrets)))
    Draft202012Validator(HAR).validate(found)
    entries: list[dict[str, Any]] = found["log"]["entries"]
    return entries


def _body(data: bytes, *, sent: bytes = b"") -> dict[str, Any]:
    command = Command(bodies=True)
    command.fetched(body=data)
    command.ledger.sent(1, sent)
    (entry,) = _archived(command)
    return entry


class ArchiveTests(SynchronousTestCase):
    """`archive`."""

    def test_redirect(self) -> None:
        """Every request of a chain is an entry, with what was asked and answered, and why."""
        first, second = _archived(redirected_once(bodies=True))
        self.assertEqual((first["_cause"], second["_cause"]), ("first", "redirect"))
        self.assertEqual(first["response"]["redirectURL"], "https://***@h/to?a=1&b=")
        self.assertEqual(first["response"]["statusText"], "Found")
        self.assertEqual(second["request"]["queryString"], [{"name": "a", "value": "1"}, {"name": "b", "value": ""}])
        self.assertEqual(
            second["response"]["content"],
            {"size": 11, "compression": 0, "mimeType": "text/plain", "text": "hello world"},
        )
        self.assertEqual([pair["name"] for pair in second["response"]["headers"]], ["Content-Type", "X-A", "x-a"])
        self.assertEqual((second["serverIPAddress"], second["connection"]), ("192.0.2.1", "2"))

    def test_times(self) -> None:
        """The time of an entry is the sum of its timings, in which TLS is a part of connecting."""
        _, second = _archived(redirected_once())
        self.assertEqual(
            second["timings"],
            {"blocked": -1, "dns": 10, "connect": 50, "ssl": 30, "send": 1, "wait": 40, "receive": 5},
        )
        self.assertEqual(second["time"], 106)
        self.assertEqual(second["startedDateTime"], "2027-01-15T08:00:00.076+00:00")

    def test_reused(self) -> None:
        """What did not happen is -1, never 0."""
        command = Command()
        over = command.fetched()
        command.fetched(2, over, reused=True, conn=1)
        timings = timings_of(command.ledger.entries()[1].hop)
        self.assertEqual([timings[name] for name in ("blocked", "dns", "connect", "ssl")], [-1] * 4)
        _archived(command)

    def test_failure(self) -> None:
        """A request that failed has status 0, and says why."""
        command = Command()
        command.begin(1, 0, "http://h/")
        command.tell(5, kinds.DialAttempted(peer_address="a", outcome="failed", seconds=0.005, error="refused"), 1, 1)
        (entry,) = _archived(command)
        self.assertEqual((entry["response"]["status"], entry["_error"]), (0, "refused"))

    def test_secrets(self) -> None:
        """Case 13: no secret is in an archive unless it is to be shown; names and attributes of cookies are."""
        command = Command()
        cookie = (b"Set-Cookie", b"sid=secret; Path=/; HttpOnly; Secure; Domain=h; Max-Age=1")
        command.fetched(head=head(200, cookie))
        command.ledger.asked(1, ((b"Cookie", b"a=secret; b=secret"), (b"X-Api-Key", b"secret")))
        (masked,), (shown,) = _archived(command), _archived(command, show_secrets=True)
        self.assertNotIn("secret", json.dumps(masked))
        self.assertEqual(
            masked["response"]["cookies"],
            [{"name": "sid", "value": "***", "path": "/", "httpOnly": True, "secure": True, "domain": "h"}],
        )
        self.assertEqual(shown["request"]["cookies"][1], {"name": "b", "value": "secret"})
        self.assertEqual(shown["request"]["headers"][1], {"name": "X-Api-Key", "value": "secret"})

    def test_binary(self) -> None:
        """A body that is no text is in base64, and says so."""
        data = b"\x89PNG\r\n"
        entry = _body(data, sent=data)
        self.assertEqual(entry["response"]["content"]["encoding"], "base64")
        self.assertEqual(base64.b64decode(entry["response"]["content"]["text"]), data)
        self.assertEqual(base64.b64decode(entry["request"]["postData"]["text"]), data)
        self.assertEqual(_body(b"x", sent="ü".encode())["request"]["postData"], {"mimeType": "", "text": "ü"})

    def test_cut(self) -> None:
        """Of a very long body the beginning is there, whole characters of it, and how much that is."""
        content = _body(b"x" + "ü".encode() * KEPT_BODY_BYTES)["response"]["content"]
        self.assertEqual(content["text"], "x" + "ü" * (KEPT_BODY_BYTES // 2 - 1))
        self.assertEqual(content["comment"], f"the first {KEPT_BODY_BYTES} bytes")
        self.assertEqual(content["size"], 2 * KEPT_BODY_BYTES + 1)

    def test_dropped(self) -> None:
        """An archive that is not whole says so."""
        command = Command()
        for request in range(MOST_HOPS + 2):
            command.begin(request, request, "http://h/")
        self.assertEqual(archive(command.ledger)["log"]["comment"], "without the first 2 requests")
        self.assertEqual(len(_archived(command)), MOST_HOPS)

    def test_nothing(self) -> None:
        """A command without a request has an archive too."""
        self.assertEqual(_archived(Command()), [])


class SaveTests(SynchronousTestCase):
    """`save`."""

    def _save(self, path: str) -> None:
        command = redirected_once()
        self.successResultOf(Deferred.fromCoroutine(save(path, command.ledger, AtOnce())))

    def test_private(self) -> None:
        """Case 13: nobody but its owner can read it; where the file before it was narrower, it stays so."""
        path = Path(self.mktemp())
        self._save(str(path))
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(len(json.loads(path.read_text())["log"]["entries"]), 2)
        path.write_text("old")
        os.chmod(path, 0o644)
        self._save(str(path))
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_unwritable(self) -> None:
        """A folder that is not there is an error that names the file."""
        path = f"{self.mktemp()}/none.har"
        coroutine = save(path, Command().ledger, AtOnce())
        self.assertIn(path, str(self.failureResultOf(Deferred.fromCoroutine(coroutine), CannotWrite).value))
