"""Cookie files, back and forth between tnet and curl."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from twisted.trial.unittest import SkipTest, TestCase

from tnet.clients.fetch.cookies.cookie import Cookie
from tnet.clients.fetch.cookies.netscape import as_netscape, parse_netscape

SOON = int(time.time()) + 86_400


class CurlTests(TestCase):
    """curl reads what we write, and we read what curl writes."""

    def test_there_and_back(self) -> None:
        """Case 19: every kind of cookie comes back from curl as it was, but for one of a public suffix."""
        curl = shutil.which("curl")
        if curl is None:
            raise SkipTest("curl is not installed")
        cookies = [
            Cookie(name="plain", value="1", domain="a.example.org"),
            Cookie(name="below", value="2 3", domain="example.org", host_only=False, path="/x", expires=SOON),
            Cookie(name="safe", value="=", domain="example.org", secure=True, http_only=True),
            Cookie(name="__Host-a", value="", domain="example.org", secure=True),
            Cookie(name="address", value="4", domain="127.0.0.1", http_only=True),
        ]
        everybody = Cookie(name="evil", value="5", domain="co.uk", host_only=False)
        folder = Path(self.mktemp())
        folder.mkdir()
        ours, theirs = folder / "ours", folder / "theirs"
        ours.write_bytes(as_netscape([*cookies, everybody]))
        subprocess.run([curl, "-s", "-b", ours, "-c", theirs, f"file://{os.devnull}"], check=True, timeout=20)
        found, skipped = parse_netscape(theirs.read_bytes())
        self.assertEqual(sorted(found, key=lambda cookie: cookie.name), sorted(cookies, key=lambda cookie: cookie.name))
        self.assertLessEqual(skipped, 1)
