"""The inspector's page in a real browser."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from twisted.trial.unittest import TestCase

from tests.end_to_end.browser import shared_browser
from tests.end_to_end.command import Running
from tests.end_to_end.test_web import everything

HOSTILE = "<img src=x onerror=alert(1)>\u202e\x1b[31m"
ROW = "document.querySelector('#rows tr[data-number=\"' + arguments[0] + '\"]')"
SEEN = "[...document.querySelectorAll('#rows tr:not([hidden])')].map((tr) => Number(tr.dataset.number))"


class InspectorPageTests(TestCase):
    """What somebody sees who watches what is asked."""

    def setUp(self) -> None:
        self.browser = shared_browser()
        self.browser.complaints()
        root = Path(self.mktemp())
        root.mkdir()
        (root / "a.txt").write_text("hello")
        argv = (
            "serve",
            "web",
            str(root),
            "-p",
            "0",
            "-H",
            "127.0.0.1",
            "--output",
            "json",
            "--inspect",
            "--bin",
            "/hook",
        )
        self.server = Running(self, Path(self.mktemp()).absolute(), *argv)
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.addCleanup(self.browser.driver.get, "about:blank")

    def ask(self, path: str, *fields: str, method: str = "GET", body: bytes = b"") -> bytes:
        """What comes back for one request."""
        lines = [f"{method} {path} HTTP/1.0", "Host: 127.0.0.1", *fields, f"Content-Length: {len(body)}", "", ""]
        return self.raw("\r\n".join(lines).encode() + body)

    def raw(self, data: bytes) -> bytes:
        """What comes back for some bytes."""
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as sock:
            sock.sendall(data)
            return everything(sock)

    def look(self) -> None:
        """Open the page, and wait until it is live."""
        self.browser.driver.get(f"{self.url}/_tnet/")
        self.browser.wait("document.querySelector('#live.on')")

    def see(self, *numbers: int) -> None:
        """Wait until the table has these, in this order."""
        self.browser.wait(f"JSON.stringify({SEEN}) === arguments[0]", json.dumps(numbers).replace(" ", ""))

    def row(self, number: int) -> str:
        """The text of one row."""
        text: str = self.browser.wait(f"{ROW} && {ROW}.innerText", number)
        return text

    def open(self, number: int) -> str:
        """Click on a row, and read what is shown of it."""
        self.browser.run(f"{ROW}.click()", number)
        self.browser.wait(f"{ROW}.getAttribute('aria-selected') === 'true'", number)
        mark = "document.querySelector('#detail h2')"
        self.browser.wait(f"!document.querySelector('#detail').hidden && {mark} && {mark}.innerText")
        return str(self.browser.run("return document.querySelector('#detail').innerText"))

    def test_live(self) -> None:
        """What happens is in the table as it happens: good, refused and broken off."""
        self.look()
        self.assertIn("Nothing yet", self.browser.find("#empty").text)
        self.ask("/a.txt")
        self.see(1)
        self.assertIn("200", self.row(1))
        self.raw(b"GET /x HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n")
        self.see(2, 1)
        self.assertIn("malformed header fields", self.row(2))
        slow = socket.create_connection(("127.0.0.1", self.server.port), 10)
        self.addCleanup(slow.close)
        slow.sendall(b"GET /_tnet/drip?duration=50 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.see(3, 2, 1)
        self.assertIn("in progress", self.row(3))
        slow.close()
        self.browser.wait(f"{ROW}.classList.contains('cut')", 3)
        self.assertIn("left at", self.row(3))
        self.assertEqual(self.browser.complaints(), [])

    def test_hostile(self) -> None:
        """Whatever came is text: no element is made of it, and no letter turns the others around."""
        self.ask("/hook", f"X-Odd: {HOSTILE.split(chr(0x202E))[0]}", method="POST", body=HOSTILE.encode())
        self.ask("/hook", "Content-Type: text/html", method="POST", body=b"<script>document.title = 'hacked'</script>")
        self.look()
        self.see(2, 1)
        shown = self.open(1)
        self.assertIn("<img src=x onerror=alert(1)>", shown)
        self.assertIn("\\u202e", shown)
        self.assertNotIn("\u202e", shown)
        self.assertIn("<script>", self.open(2))
        self.assertEqual(self.browser.all("img, #detail script"), [])
        self.assertEqual(self.browser.driver.title, "Requests · tnet")
        self.assertEqual(self.browser.complaints(), [])

    def test_one(self) -> None:
        """Everything about one: head, body in three ways, where the time went, and commands."""
        body = b'{"n": 12345678901234567890, "a": [{}, []], "password": "s3cret"}'
        self.ask("/hook/a?token=s3cret", "Content-Type: application/json", method="POST", body=body)
        self.look()
        shown = self.open(1)
        for text in ("POST http://127.0.0.1/hook/a?token=***", "200 OK", "first byte", "Content-Type", "/hook"):
            self.assertIn(text, shown)
        self.assertNotIn("s3cret", shown)
        pretty = self.browser.find("#detail pre.body").text
        self.assertIn('"n": 12345678901234567890,\n', pretty)
        self.assertIn('"a": [\n    {},\n    []\n  ]', pretty)
        self.press("Hex")
        self.assertIn("000000  7b 22 6e", self.browser.find("#detail pre.body").text)
        self.press("Text")
        self.assertIn('"password": "***"', self.browser.find("#detail pre.body").text)
        self.browser.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
        self.press("Copy as curl")
        self.assertIn("curl ", self.browser.wait("window.copied"))
        self.press("Copy as tnet fetch")
        self.browser.wait("window.copied.startsWith('tnet fetch POST')")
        self.press("Close")
        self.browser.wait("document.querySelector('#detail').hidden")
        self.assertEqual(self.browser.complaints(), [])

    def press(self, words: str) -> None:
        """Press the first button of one exchange that says so."""
        found = "[...document.querySelectorAll('#detail button')].find((each) => each.textContent === arguments[0])"
        self.browser.run(f"{found}.click()", words)

    def test_tools(self) -> None:
        """Filter, pause, keys and clearing."""
        self.look()
        for path in ("/a.txt", "/missing", "/hook"):
            self.ask(path)
        self.see(3, 2, 1)
        self.browser.press("/")
        self.browser.press("4xx")
        self.see(2)
        self.assertTrue(self.browser.find("#har").get_attribute("href").endswith("har?q=4xx"))
        self.browser.press("\ue00c")
        self.see(3, 2, 1)
        self.browser.run(
            "const show = arguments[0]; show.value = 'bins'; show.dispatchEvent(new Event('change'))",
            self.browser.find("#show"),
        )
        self.see(3)
        self.browser.run(
            "const show = arguments[0]; show.value = ''; show.dispatchEvent(new Event('change'))",
            self.browser.find("#show"),
        )
        self.browser.find("#pause").click()
        self.ask("/a.txt")
        self.browser.wait("document.querySelector('#live').textContent === 'Paused, 1 new'")
        self.see(3, 2, 1)
        self.browser.find("#pause").click()
        self.see(4, 3, 2, 1)
        self.browser.press("j")
        self.browser.wait("location.hash === '#4'")
        self.browser.press("j")
        self.browser.wait("location.hash === '#3'")
        self.browser.find("#clear button").click()
        self.see()
        self.assertEqual(self.browser.complaints(), [])

    def test_without_scripts(self) -> None:
        """A table with links, a filter that asks the server, and a page for each exchange."""
        self.ask("/a.txt")
        self.ask("/missing")
        with self.browser.without_scripts():
            self.browser.driver.get(f"{self.url}/_tnet/?q=404")
            self.assertEqual([link.text for link in self.browser.all("#rows a")], ["2"])
            self.browser.find("#rows a").click()
            self.assertIn("GET /missing", self.browser.await_one("h1:not(#none)").text)
            self.browser.driver.get(f"{self.url}/_tnet/")
            self.browser.find("#clear button").click()
            self.browser.await_one("#rows:empty")

    def test_pictures(self) -> None:
        """The browser can read each of the pictures."""
        self.browser.driver.get(f"{self.url}/_tnet/json")
        for kind in ("png", "jpeg", "webp", "svg"):
            self.browser.driver.get(f"{self.url}/_tnet/image/{kind}")
            if kind != "svg":
                self.assertEqual(self.browser.wait("document.images[0].naturalWidth"), 16, kind)
            else:
                self.assertEqual(self.browser.wait("document.documentElement.tagName"), "svg")

    def test_a_crowd(self) -> None:
        """Under many requests the table stays short and the page stays quick."""
        self.look()
        sock = socket.create_connection(("127.0.0.1", self.server.port), 10)
        self.addCleanup(sock.close)
        for start in range(0, 3000, 100):
            sock.sendall(b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % (start + at) for at in range(100)))
            received = b""
            while received.count(b"HTTP/1.1 404") < 100:
                received += sock.recv(1 << 16)
        self.browser.wait(f"{ROW}", 3000)
        self.assertEqual(self.browser.run("return document.querySelectorAll('#rows tr').length"), 500)
        self.assertEqual(self.browser.complaints(), [])
