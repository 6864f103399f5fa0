"""The access log of `tnet serve web`, read as log readers do."""

from __future__ import annotations

import json
import re
import select
import signal
import time
from datetime import datetime
from pathlib import Path

from tests.end_to_end.test_web import SECONDS, WebTestCase

COMBINED = re.compile(
    r"(?P<host>\S+) (?P<ident>\S+) (?P<user>\S+) \[(?P<time>[^\]]+)\] "
    r'"(?P<request>[^"]*)" (?P<status>\d{3}) (?P<bytes>\d+|-) "(?P<referer>[^"]*)" "(?P<agent>[^"]*)"\n'
)


class AccessLogTests(WebTestCase):
    """What is in the file."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.folder / "access.log"

    def lines(self, count: int, path: Path | None = None) -> list[str]:
        """The lines of the log, once there are so many."""
        path = path or self.log
        deadline = time.monotonic() + SECONDS
        while not path.exists() or len(found := path.read_text("ascii").splitlines(keepends=True)) < count:
            self.assertLess(time.monotonic(), deadline)
            select.select([], [], [], 0.05)
        return found

    def test_combined(self) -> None:
        """Every request is a line: answered, missing, hostile, and what never became one."""
        self.serve("--access-log", str(self.log))
        self.ask(f"{self.url}/a.txt?x", "-e", "http://from.example/", "-A", 'evil" 200 0 "x\\')
        self.ask(f"{self.url}/nothing", "-A", "é")
        self.raw(b"GET / HTTP/1.1\r\n\r\n")
        found = [COMBINED.fullmatch(line) for line in self.lines(3)]
        told = [each.groupdict() for each in found if each is not None]
        self.assertEqual([each["status"] for each in told], ["200", "404", "400"])
        first = told[0]
        self.assertEqual((first["host"], first["request"], first["bytes"]), ("127.0.0.1", "GET /a.txt?x HTTP/1.1", "6"))
        self.assertEqual((first["referer"], first["agent"]), ("http://from.example/", r"evil\x22 200 0 \x22x\x5c"))
        self.assertEqual((told[1]["agent"], told[2]["request"]), (r"\xc3\xa9", "GET / HTTP/1.1"))
        when = datetime.strptime(first["time"], "%d/%b/%Y:%H:%M:%S %z")
        self.assertLess(abs(when.timestamp() - time.time()), SECONDS)

    def test_json(self) -> None:
        """The JSON form has the names of the event stream."""
        self.serve("--access-log", str(self.log), "--access-log-format", "json")
        self.ask(f"{self.url}/a.txt")
        (told,) = map(json.loads, self.lines(1))
        self.assertEqual((told["url.full"], told["http.response.status_code"]), ("/a.txt", 200))

    def test_rotation(self) -> None:
        """After SIGUSR1 it goes on in a new file, and nothing is lost at the end."""
        server = self.serve("--access-log", str(self.log), "--access-log-format", "common")
        self.ask(f"{self.url}/a.txt")
        self.lines(1)
        rotated = self.log.rename(self.folder / "access.log.1")
        server.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + SECONDS
        while not self.log.exists():
            self.assertLess(time.monotonic(), deadline)
            select.select([], [], [], 0.02)
        self.ask(f"{self.url}/sub/")
        server.end()
        self.assertIn('"GET /a.txt HTTP/1.1" 200 6\n', self.lines(1, rotated)[0])
        self.assertIn('"GET /sub/ HTTP/1.1" 200 ', self.lines(1)[0])
