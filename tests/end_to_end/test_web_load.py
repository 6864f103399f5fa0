"""`tnet serve web` under load: wrk, h2load, thousands of connections and a browser in a hurry, and not one error."""

from __future__ import annotations

import re
import resource
import shutil
import socket
import subprocess

from twisted.trial.unittest import SkipTest

from tests.end_to_end.browser import shared_browser
from tests.end_to_end.test_web import SECONDS, WebTestCase, everything

CONNECTIONS = 64
CROWD = 2000
PIPELINED = 100
ASSETS = 20
ICON = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>'


class LoadTestCase(WebTestCase):
    """Has files for each kind of load."""

    def setUp(self) -> None:
        super().setUp()
        (self.root / "page.css").write_text("body { color: red }\n" * 5000, "ascii")
        (self.root / "large").write_bytes(bytes(20_000_000))
        (self.root / "many").mkdir()
        for number in range(PIPELINED):
            (self.root / "many" / f"{number}.txt").write_text(f"<{number}>", "ascii")

    def program(self, name: str, *argv: str) -> str:
        """What a program says when it has done its work."""
        if shutil.which(name) is None:
            raise SkipTest(f"{name} is not installed")
        done = subprocess.run([name, *argv], capture_output=True, timeout=SECONDS, check=False, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout


class WrkTests(LoadTestCase):
    """wrk, with 64 connections."""

    def wrk(self, path: str, *argv: str, seconds: int = 2) -> str:
        """What it tells; no socket failed, and something was answered."""
        told = self.program("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--timeout", "10", *argv, self.url + path)
        found = re.search(r"(\d+) requests in", told)
        assert found is not None, told
        self.assertNotIn("Socket errors", told)
        self.assertGreaterEqual(int(found[1]), CONNECTIONS, told)
        return told

    def test_everything_is_answered(self) -> None:
        """A small file, a listing, a large file and a compressed one: each time."""
        self.serve("-q")
        for path, *argv in (("/a.txt",), ("/many/",), ("/large",), ("/page.css", "-H", "Accept-Encoding: gzip")):
            self.assertNotIn("Non-2xx", self.wrk(path, *argv), path)

    def test_what_is_not_there(self) -> None:
        """A miss is answered as well as anything else."""
        self.serve("-q")
        told = self.wrk("/nothing")
        requests, misses = re.search(r"(\d+) requests in", told), re.search(r"Non-2xx or 3xx responses: (\d+)", told)
        assert requests is not None
        assert misses is not None
        self.assertEqual(requests[1], misses[1])


class StreamTests(LoadTestCase):
    """h2load: HTTP/2, with many streams on each connection."""

    def test_h2load(self) -> None:
        """Every request succeeds, in the clear and under TLS."""
        for options in ((), ("--tls",)):
            self.serve("-q", *options)
            for path, count in (("/a.txt", 4000), ("/large", 100), ("/many/", 200)):
                told = self.program("h2load", f"-n{count}", "-c16", "-m16", self.url + path)
                self.assertIn(f"{count} succeeded, 0 failed, 0 errored, 0 timeout", told)
                self.assertIn(f"status codes: {count} 2xx", told)


class CrowdTests(LoadTestCase):
    """Bare clients."""

    def test_many_connections(self) -> None:
        """Two thousand that are there at once get a file each."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if 0 <= hard < 2 * CROWD:
            raise SkipTest(f"a process may open {hard} descriptors only")
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.serve("-q", "--max-per-peer", "0")
        crowd = [self.connect() for _ in range(CROWD)]
        for sock in crowd:
            sock.sendall(b"GET /a.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        for sock in crowd:
            got = everything(sock)
            self.assertTrue(got.startswith(b"HTTP/1.1 200 OK\r\n") and got.endswith(b"\r\n\r\nhello\n"), got)
            sock.close()

    def test_pipelined(self) -> None:
        """A hundred requests in one write get their answers in order."""
        self.serve("-q")
        sock = self.connect()
        sock.sendall(b"".join(b"GET /many/%d.txt HTTP/1.1\r\nHost: h\r\n\r\n" % number for number in range(PIPELINED)))
        sock.shutdown(socket.SHUT_WR)
        got = everything(sock)
        self.assertEqual(got.count(b"HTTP/1.1 200 OK\r\n"), PIPELINED)
        self.assertEqual(re.findall(rb"<(\d+)>", got), [b"%d" % number for number in range(PIPELINED)])


class BrowserTests(LoadTestCase):
    """Chromium, which opens six connections, or one with many streams."""

    def test_a_page_of_many_parts(self) -> None:
        """All sixty come with each of three visits, and the console has nothing to say."""
        self.make_page()
        browser = shared_browser()
        browser.driver.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": True})
        self.addCleanup(browser.driver.execute_cdp_cmd, "Security.setIgnoreCertificateErrors", {"ignore": False})
        for options, spoken in (((), "http/1.1"), (("--tls",), "h2")):
            self.serve("-q", *options)
            browser.driver.get_log("browser")
            for _ in range(3):
                browser.driver.get(f"{self.url}/site/")
                browser.wait("document.readyState == 'complete'")
                self.assertEqual(browser.run("return window.scripts"), ASSETS)
                self.assertEqual(browser.run("return document.styleSheets.length"), ASSETS)
                self.assertEqual(browser.run("return [...document.images].filter(i => i.naturalWidth).length"), ASSETS)
            self.assertEqual(browser.driver.get_log("browser"), [])
            entries = "performance.getEntriesByType('resource').map(entry => entry.nextHopProtocol).filter(String)"
            self.assertEqual(set(browser.run(f"return {entries}")), {spoken})

    def make_page(self) -> None:
        """A page with scripts, styles and pictures."""
        site = self.root / "site"
        site.mkdir()
        for number in range(ASSETS):
            (site / f"{number}.js").write_text("window.scripts = (window.scripts || 0) + 1\n", "ascii")
            (site / f"{number}.css").write_text(f".c{number} {{ color: red }}\n", "ascii")
            (site / f"{number}.svg").write_text(ICON, "ascii")
        parts = "".join(
            f'<link rel="stylesheet" href="{number}.css"><script src="{number}.js"></script><img src="{number}.svg">\n'
            for number in range(ASSETS)
        )
        page = f'<!doctype html><html lang="en"><title>x</title><link rel="icon" href="0.svg"><body>{parts}'
        (site / "index.html").write_text(page, "ascii")
