"""What `--write-out` says, beside what curl says of the same server."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests.certificates import make_authority, write_pair
from tests.end_to_end.real_world import RealWorld, free_port
from tnet.clients.fetch.client import Client
from tnet.clients.fetch.report.account import account_of
from tnet.clients.fetch.report.ledger import Ledger
from tnet.clients.fetch.report.writeout import rendered
from tnet.errors import TnetError
from tnet.plans.fetch import Body, FetchPlan, Showing, Way
from tnet.plans.tls import TlsDialing

PAUSE_SECONDS = 0.2
NOISE_SECONDS = 0.1
ORDER = ("namelookup", "connect", "appconnect", "pretransfer", "posttransfer", "starttransfer", "total")
EXACT = (
    "http_code",
    "response_code",
    "http_version",
    "content_type",
    "method",
    "num_connects",
    "num_headers",
    "num_redirects",
    "redirect_url",
    "remote_ip",
    "remote_port",
    "local_ip",
    "size_download",
    "size_header",
    "size_upload",
    "url",
    "url_effective",
    "exitcode",
    "urlnum",
)
TIMES = ("time_namelookup", "time_connect", "time_appconnect", "time_pretransfer", "time_starttransfer", "time_total")


class Unhurried(BaseHTTPRequestHandler):
    """Waits before an answer, and again before the second half of its body."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/moved":
            self._head(302, 5, ("Location", "/there"))
            self.wfile.write(b"moved")
            return
        time.sleep(PAUSE_SECONDS)
        self._head(200, 1000, ("Content-Type", "text/plain; charset=utf-8"))
        if self.command != "HEAD":
            self.wfile.write(b"x" * 500)
            time.sleep(PAUSE_SECONDS)
            self.wfile.write(b"y" * 500)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def _head(self, status: int, length: int, field: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header(*field)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class BesideCurl(TestCase):
    """Both fetch the same, one after the other."""

    timeout = 60

    def setUp(self) -> None:
        if shutil.which("curl") is None:
            self.skipTest("curl is not installed")
        self.folder = self.mktemp()
        self.authority = make_authority()

    def serve(self, *, tls: bool = False) -> str:
        """The URL of a server of its own."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), Unhurried)
        if tls:
            os.makedirs(self.folder)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*write_pair(self.folder, self.authority.leaf(["127.0.0.1"])))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 10)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"

    async def by_curl(self, *words: str) -> dict[str, Any]:
        """What curl writes out."""
        argv = ["curl", "-q", "-s", "-o", "/dev/null", "-w", "%{json}", *words]
        done = await deferToThread(subprocess.run, argv, capture_output=True, timeout=20, check=False)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    async def by_us(self, url: str, **plan: Any) -> dict[str, Any]:
        """What we write out."""
        world = RealWorld()
        ledger = Ledger.opened(Showing(write_out=""), world.publisher)
        asked = FetchPlan(**{"method": "GET", "urls": (url,)} | plan)
        client = await Client.open(asked, world.context, ledger)
        error = None
        try:
            async with client.ask(client.first_request(url), 1) as response:
                while await response.read():
                    pass
        except TnetError as raised:
            error = raised
        finally:
            await client.close()
        (piece,) = rendered("%{json}", account_of(ledger, 1, url, error))
        found: dict[str, Any] = json.loads(piece.text)
        return found

    async def compare(
        self, ours: Callable[[], Any], theirs: Callable[[], Any], *, apart: tuple[str, ...] = ()
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Both outcomes, which are the same but for noise; a busy machine gets a few attempts."""
        for _ in range(3):
            our, their = await ours(), await theirs()
            far = {name: (our[name], their[name]) for name in TIMES if abs(our[name] - their[name]) > NOISE_SECONDS}
            if not far:
                break
        self.assertEqual(far, {})
        for name in EXACT:
            if name not in apart:
                self.assertEqual(our[name], their[name], name)
        return our, their

    def assert_ordered(self, found: dict[str, Any]) -> None:
        """Each time that was reached is at most the next one."""
        reached = [found[f"time_{name}"] for name in ORDER if found[f"time_{name}"]]
        self.assertTrue(all(first <= second for first, second in pairwise(reached)), reached)

    async def test_plain(self) -> None:
        """One request: times, sizes and addresses are curl's."""
        url = self.serve() + "/"
        our, _ = await self.compare(lambda: self.by_us(url), lambda: self.by_curl(url))
        self.assert_ordered(our)
        self.assertGreater(our["time_starttransfer"], PAUSE_SECONDS)
        self.assertGreater(our["time_total"], 2 * PAUSE_SECONDS)
        self.assertEqual(our["size_delivered"], 1000)

    async def test_head(self) -> None:
        """Without a body nothing is downloaded."""
        url = self.serve() + "/"
        our, _ = await self.compare(lambda: self.by_us(url, method="HEAD"), lambda: self.by_curl("-I", url))
        self.assert_ordered(our)

    async def test_redirect(self) -> None:
        """Over a redirect times are added up, and it is known how long it took."""
        url = self.serve() + "/moved"
        our, their = await self.compare(
            lambda: self.by_us(url), lambda: self.by_curl("-L", url), apart=("redirect_url",)
        )
        self.assert_ordered(our)
        self.assertLess(abs(our["time_redirect"] - their["time_redirect"]), NOISE_SECONDS)
        self.assertGreater(our["time_redirect"], 0)

    async def test_redirect_that_is_not_followed(self) -> None:
        """Where it would have led is told."""
        url = self.serve() + "/moved"
        our, _ = await self.compare(lambda: self.by_us(url, follow=False), lambda: self.by_curl(url))
        self.assertTrue(our["redirect_url"].endswith("/there"))

    async def test_post(self) -> None:
        """What was uploaded is counted."""
        url = self.serve() + "/"
        plan = {"method": "POST", "body": Body(data=b"a=1&b=2")}
        our, _ = await self.compare(lambda: self.by_us(url, **plan), lambda: self.by_curl("-d", "a=1&b=2", url))
        self.assertEqual(our["size_upload"], 7)

    async def test_tls(self) -> None:
        """The handshake is a time of its own."""
        url = self.serve(tls=True) + "/"
        with open(f"{self.folder}/ca.pem", "wb") as file:
            file.write(self.authority.pem)
        way = Way(tls=TlsDialing(ca_file=file.name))
        our, _ = await self.compare(lambda: self.by_us(url, way=way), lambda: self.by_curl("--cacert", file.name, url))
        self.assert_ordered(our)
        self.assertGreater(our["time_appconnect"], our["time_connect"])

    async def test_refused(self) -> None:
        """What failed has curl's exit status, and times only for what was reached."""
        url = f"http://127.0.0.1:{free_port()}/"
        apart = ("http_version", "method")
        our, _ = await self.compare(lambda: self.by_us(url), lambda: self.by_curl(url), apart=apart)
        self.assertEqual((our["time_connect"], our["time_starttransfer"], our["exitcode"]), (0, 0, 7))
