"""`tnet serve web --rate` and `--fault`, against curl."""

from __future__ import annotations

import subprocess
import time

from tests.end_to_end.test_web import LARGE, SECONDS, WebTestCase

RATE = 1_500_000


class RateTests(WebTestCase):
    """How long a download takes."""

    def begin(self, *argv: str) -> subprocess.Popen[bytes]:
        """A download that has begun."""
        command = ["curl", "--silent", "--insecure", "--max-time", str(SECONDS), f"{self.url}/large", *argv]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    def test_rate(self) -> None:
        """So much a second, over each version of HTTP, and whole."""
        for options, argv in (((), ()), (("--tls",), ("--http1.1",)), (("--tls",), ("--http2",))):
            self.serve("--rate", str(RATE), *options)
            began = time.monotonic()
            got, _ = self.begin(*argv).communicate(timeout=SECONDS)
            seconds = time.monotonic() - began
            self.assertEqual(got, LARGE)
            self.assertGreater(seconds, len(LARGE) / RATE * 0.8)
            self.assertLess(seconds, len(LARGE) / RATE * 2 + 2)

    def test_shared(self) -> None:
        """Two downloads of one client share it, and something small comes in between."""
        self.serve("--rate", str(RATE))
        began = time.monotonic()
        both = [self.begin(), self.begin()]
        self.assertEqual(self.ask(f"{self.url}/a.txt"), (200, b"hello\n"))
        self.assertLess(time.monotonic() - began, 2)
        for each in both:
            self.assertEqual(each.communicate(timeout=SECONDS)[0], LARGE)
        self.assertGreater(time.monotonic() - began, 2 * len(LARGE) / RATE * 0.8)

    def test_faults(self) -> None:
        """A bad network on purpose: what is cut in slices still arrives, what is limited does not."""
        self.serve("--fault", "slice=1-900", "--seed", "7")
        self.assertEqual(self.begin().communicate(timeout=SECONDS)[0], LARGE)
        self.serve("--fault", "limit=100KiB:reset")
        cut = self.begin()
        got, _ = cut.communicate(timeout=SECONDS)
        self.assertIn(cut.returncode, (18, 56))
        self.assertLess(len(got), 100 << 10)
