"""Tests for the report of a transfer."""

from __future__ import annotations

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.report.staging import Command, head, redirected_once
from tnet.clients.fetch.report.report import SCHEMA_VERSION, report
from tnet.errors import ConnectFailed, HttpStatusRefused, TnetError
from tnet.events import kinds


def _reported(command: Command, error: TnetError | None = None, *, show_secrets: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(report(command.account(error), show_secrets=show_secrets)))
    return found


class ReportTests(SynchronousTestCase):
    """`report`."""

    def test_transfer(self) -> None:
        """One object tells what came of a transfer, and how long its phases took in all."""
        found = _reported(redirected_once())
        self.assertEqual(found["schema_version"], SCHEMA_VERSION)
        self.assertEqual(
            (found["url"], found["url_effective"], found["status"], found["outcome"], found["body_bytes"]),
            ("http://h/", "https://h/to?a=1&b=", 200, "ok", 11),
        )
        self.assertEqual(
            found["phases"],
            {
                "queue": None,
                "dns": 20,
                "connect": 40,
                "proxy": None,
                "tls": 30,
                "send": 2,
                "wait": 80,
                "receive": 5,
                "ttfb": 172,
                "total": 182,
            },
        )

    def test_requests(self) -> None:
        """Each request says why it was made, by which way it went, and how long each of its phases took."""
        first, second = _reported(redirected_once())["requests"]
        self.assertEqual((first["cause"], first["status"], first["reason"]), ("first", 302, ""))
        self.assertEqual((second["cause"], second["start_ms"], second["reused"]), ("redirect", 76, False))
        self.assertEqual(second["peer"], {"address": "192.0.2.1", "port": 80})
        self.assertEqual((first["tls"], second["tls"]["version"], second["tls"]["subject"]), (None, "TLSv1.3", "h"))
        self.assertEqual(
            second["dns"], [{"host": "h", "addresses": ["192.0.2.1"], "error": None, "start_ms": 76, "ms": 10}]
        )
        self.assertEqual(second["response_headers"], [["Content-Type", "text/plain"], ["X-A", "1"], ["x-a", "2"]])
        self.assertEqual(
            second["phases"],
            {
                "queue": None,
                "dns": 10,
                "connect": 20,
                "proxy": None,
                "tls": 30,
                "send": 1,
                "wait": 40,
                "receive": 5,
                "total": 106,
            },
        )

    def test_attempts(self) -> None:
        """Each attempt to connect is told of, those that lost the race too; what failed names its phase."""
        command = Command()
        command.begin(1, 0, "http://h/")
        for at, outcome, why in ((10, "failed", "refused"), (20, "cancelled", None)):
            attempt = kinds.DialAttempted(peer_address="::1", peer_port=80, outcome=outcome, seconds=0.01, error=why)
            command.tell(at, attempt, 1, 1)
        found = _reported(command, ConnectFailed("h:80", ()))
        (request,) = found["requests"]
        self.assertEqual(
            request["attempts"],
            [
                {"address": "::1", "port": 80, "outcome": "failed", "error": "refused", "start_ms": 0, "ms": 10},
                {"address": "::1", "port": 80, "outcome": "cancelled", "error": None, "start_ms": 10, "ms": 10},
            ],
        )
        self.assertEqual(request["failed"], {"phase": "connect", "error": "refused"})
        self.assertEqual((request["status"], request["peer"], request["http_version"]), (None, None, None))
        self.assertEqual((found["outcome"], found["error"]["exit_status"]), ("failed", 7))

    def test_reused(self) -> None:
        """A connection that was there is said to be reused, and phases that did not happen are null."""
        command = Command()
        over = command.fetched(1, 0, "https://h/")
        command.fetched(2, over, "https://h/", reused=True, conn=1)
        _, second = _reported(command)["requests"]
        self.assertEqual((second["reused"], second["connection"], second["attempts"]), (True, 1, []))
        self.assertEqual([second["phases"][name] for name in ("dns", "connect", "tls")], [None] * 3)
        self.assertEqual(second["tls"]["version"], "TLSv1.3")

    def test_retries_and_files(self) -> None:
        """How often it was tried again, and what became of the body."""
        command = Command()
        command.fetched(1, 0, head=head(503))
        command.tell(100, kinds.RetryPlanned(transfer=1, attempt=2, seconds=1.0, error="503"))
        command.fetched(2, 1100, cause="retry")
        ended = kinds.TransferEnded(transfer=1, path="f", done_bytes=5, seconds=1, outcome="ok", checksum="sha256:aa")
        command.tell(1200, ended)
        found = _reported(command)
        self.assertEqual(found["retries"], [{"attempt": 2, "after_ms": 1000, "error": "503"}])
        self.assertEqual([request["attempt"] for request in found["requests"]], [None, 2])
        self.assertEqual((found["file"], found["checksum"]), ("f", "sha256:aa"))

    def test_secrets(self) -> None:
        """Case 13: secrets are masked everywhere unless they are to be shown."""
        command = redirected_once()
        error = HttpStatusRefused("http://u:secret@h/", 404)
        masked, shown = _reported(command, error), _reported(command, error, show_secrets=True)
        self.assertNotIn("secret", json.dumps(masked))
        self.assertNotIn("c2VjcmV0", json.dumps(masked))
        self.assertIn("c2VjcmV0", json.dumps(shown))
        self.assertIn("secret", shown["error"]["message"])

    def test_nothing(self) -> None:
        """A transfer that failed before its first request has a report as well."""
        found = _reported(Command(), HttpStatusRefused("u", 404))
        self.assertEqual((found["requests"], found["phases"]["total"], found["phases"]["ttfb"]), ([], 0, None))
