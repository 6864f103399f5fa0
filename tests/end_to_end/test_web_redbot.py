"""`tnet serve web` as redbot sees it, which knows what HTTP asks of a response, and asks again to see if it is true."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

from twisted.trial.unittest import SkipTest

from tests.end_to_end.test_web import SECONDS, WebTestCase

LONG_AGO = 1_000_000_000
TEXT = "a line that comes again\n" * 500
PAGE = f"<!doctype html><title>x</title><p>{TEXT}"

TOLD = ("GOOD", "INFO")
ON_PURPOSE = ("VARY_USER_AGENT", "FRESHNESS_NO_CACHE_NO_VALIDATOR")
"""A listing is plain text for curl, and validated each time anyway; a redirection is asked for each time, too."""


class RedbotTests(WebTestCase):
    """Each kind of response."""

    def setUp(self) -> None:
        super().setUp()
        for name, content in (
            ("page.html", PAGE.encode()),
            ("text.txt", TEXT.encode()),
            ("binary", os.urandom(100_000)),
            ("site/index.html", PAGE.encode()),
        ):
            path = self.root / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            os.utime(path, (LONG_AGO, LONG_AGO))

    def notes(self, path: str) -> dict[str, str]:
        """What redbot says of a response, and how bad it finds that."""
        if shutil.which("redbot") is None:
            raise SkipTest("redbot is not installed")
        command = ["redbot", "-o", "har", self.url + path]
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        entries = json.loads(done.stdout)["log"]["entries"]
        found: dict[str, str] = {}
        for entry in entries:
            found |= _levels(entry.get("_red_messages", []))
        self.assertIn("CL_CORRECT", found, done)
        return found

    def blameless(self, path: str, *expected: str) -> None:
        """Nothing is bad or doubtful, and everything `expected` was noted."""
        notes = self.notes(path)
        blamed = {name: level for name, level in notes.items() if level not in TOLD and name not in ON_PURPOSE}
        self.assertEqual(blamed, {}, path)
        self.assertLessEqual(set(expected), set(notes), path)

    def test_files(self) -> None:
        """They validate, come in parts, and are compressed where that is worth it."""
        self.serve()
        conditional = ("INM_304", "IMS_304", "RANGE_CORRECT")
        for path in ("/page.html", "/text.txt", "/site/"):
            self.blameless(path, *conditional, "CONNEG_GZIP_GOOD")
        self.blameless("/binary", *conditional)

    def test_directories(self) -> None:
        """A listing is compressed and validates; the way to it is a redirection."""
        self.serve()
        self.blameless("/", "INM_304", "CONNEG_GZIP_GOOD")
        self.blameless("/sub")

    def test_refusals(self) -> None:
        """What is not there."""
        self.serve()
        for path in ("/nothing", "/sub/nothing/"):
            self.blameless(path)

    def test_as_others_want_it(self) -> None:
        """Options that change every response break none."""
        self.serve("--cors", "--cache-control", "max-age=60", "--header", "X-A: b")
        for path in ("/page.html", "/", "/nothing"):
            self.blameless(path)


def _levels(messages: list[dict[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for message in messages:
        found[message["note_id"]] = message["level"]
        found |= _levels(message.get("subnotes", []))
    return found
