"""The pages of `tnet serve web` in a real browser."""

from __future__ import annotations

import atexit
import os
import shutil
import struct
import tempfile
import time
import zlib
from functools import cache
from pathlib import Path
from typing import Any

from twisted.trial.unittest import TestCase

from tests.end_to_end.browser import shared_browser
from tests.end_to_end.command import Running

LONG_AGO = 1_000_000_000
HOSTILE = (
    b"<img src=x onerror=alert(1)>",
    b"\"' onmouseover=alert(1) x='",
    b"javascript:alert(1)",
    "\u202egnp.exe".encode(),
    b"bad\xff",
    b"new\nline",
    b"question?mark#hash%41",
)
README = """# Read me

| a | b |
|---|--:|
| 1 | 2 |

- [x] done

[a file](./a.txt) [elsewhere](https://example.com/) <script>alert(1)</script> [run](javascript:alert(1))

![away](https://example.com/x.png) ![here](./dot.png)
"""


def picture() -> bytes:
    """A PNG of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(4))) + chunk(b"IEND", b"")


class Lasting:
    """Lets a server outlive the test that needed it first."""

    def mktemp(self) -> str:
        folder = tempfile.mkdtemp(prefix="tnet-pages-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        return os.path.join(folder, "new")

    def addCleanup(self, done: Any, *args: Any, **kwargs: Any) -> None:
        atexit.register(done, *args, **kwargs)


@cache
def serving(*options: str) -> tuple[Path, str]:
    """A directory that is served with these options until all tests are over, and its URL."""
    lasting: Any = Lasting()
    root = Path(lasting.mktemp())
    root.mkdir()
    argv = ("serve", "web", str(root), "-p", "0", "-H", "127.0.0.1", "--output", "json", *options)
    server = Running(lasting, Path(lasting.mktemp()), *argv)
    return root, f"http://127.0.0.1:{server.port}"


class PageTestCase(TestCase):
    """Looks at a directory of its own with the one browser; it is served with `options`."""

    options: tuple[str, ...] = ()

    def setUp(self) -> None:
        self.see = shared_browser()
        self.see.emulate("setEmulatedMedia", features=[])
        self.see.emulate("clearDeviceMetricsOverride")
        top, url = serving(*self.options)
        self.root, self.url = top / self.id(), f"{url}/{self.id()}"
        (self.root / "sub" / "deeper").mkdir(parents=True)
        for name, size in (("a.txt", 30), ("b10.txt", 20), ("b9.txt", 10), ("sub/in.txt", 1)):
            self.make(name, b"x" * size)
        self.make("dot.png", picture())
        self.make("code.py", b'def f() -> str:\n    return "<b>text</b>"\n')

    def make(self, name: str | bytes, data: bytes = b"x") -> None:
        """Make a file, each a day younger than the one before."""
        path = os.path.join(os.fsencode(self.root), os.fsencode(name))
        with open(path, "wb") as file:
            file.write(data)
        self.age = getattr(self, "age", 0) + 1
        os.utime(path, (LONG_AGO + self.age * 86400,) * 2)

    def open(self, path: str = "/") -> None:
        """Look at a page; the console has complained of nothing when the test ends."""
        self.see.complaints()
        self.see.driver.get(self.url + path)
        self.addCleanup(lambda: self.assertEqual(self.see.complaints(), []))

    def names(self) -> list[str]:
        """The names on the page, in order."""
        found: list[str] = self.see.run(
            "return [...document.querySelectorAll('tbody tr:not(.up):not([hidden]) .n a')].map(a => a.textContent)"
        )
        return found

    def focused(self) -> str:
        """The text of what has the focus, or its id."""
        return str(self.see.run("return document.activeElement.textContent || document.activeElement.id"))


class ReadingTests(PageTestCase):
    """Looking around."""

    def test_order(self) -> None:
        """A click on a column orders at once, another turns the order around, and a reload shows the same."""
        self.open()
        self.assertEqual(self.names(), ["sub/", "a.txt", "b9.txt", "b10.txt", "code.py", "dot.png"])
        self.see.find("[data-sort=size]").click()
        by_size = ["sub/", "dot.png", "code.py", "a.txt", "b10.txt", "b9.txt"]
        self.assertEqual(self.names(), by_size)
        self.assertEqual(self.see.find("th.s").get_attribute("aria-sort"), "descending")
        self.see.find("[data-sort=size]").click()
        self.assertEqual(self.names(), ["sub/", *reversed(by_size[1:])])
        self.see.driver.refresh()
        self.assertEqual(self.names(), ["sub/", *reversed(by_size[1:])])
        self.see.find("[data-sort=time]").click()
        self.assertEqual(self.names()[1:3], ["code.py", "dot.png"])

    def test_filter(self) -> None:
        """Typing narrows the list at once and says so; Enter opens the only match."""
        self.open()
        self.see.find("#q").send_keys("B TXT")
        self.assertEqual(self.names(), ["b9.txt", "b10.txt"])
        self.assertEqual(self.see.find("#said").get_attribute("textContent"), "2 of 6 shown")
        self.see.find("#q").send_keys("\ue003" * 5 + "b9\ue007")
        self.see.wait("location.pathname.endsWith('/b9.txt')")

    def test_keyboard(self) -> None:
        """A slash finds the filter, arrows walk, Enter opens; the first Tab skips to the list."""
        self.open()
        self.see.press("\ue004")
        self.assertEqual(self.focused(), "Skip to the list")
        self.see.press("/", "sub")
        self.assertEqual((self.see.run("return document.activeElement.id"), self.names()), ("q", ["sub/"]))
        self.see.press("\ue015")
        self.assertEqual(self.focused(), "sub/")
        self.assertNotEqual(self.see.run("return getComputedStyle(document.activeElement).outlineStyle"), "none")
        self.see.press("\ue007")
        self.see.wait("location.pathname.endsWith('/sub/')")
        self.see.press("\ue015", "\ue015", "\ue015")
        self.assertEqual(self.focused(), "in.txt")

    def test_dark(self) -> None:
        """Who likes it dark gets it dark, with enough contrast."""
        self.open()
        colours = []
        for scheme in ("light", "dark"):
            self.see.emulate("setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            colours.append(
                self.see.run(
                    "return ['backgroundColor', 'color'].map(p => getComputedStyle(document.body)[p])"
                    ".concat(getComputedStyle(document.querySelector('tbody .t')).color)"
                )
            )
        for paper, ink, soft in colours:
            self.assertGreater(contrast(paper, ink), 7)
            self.assertGreater(contrast(paper, soft), 4.5)
        self.assertGreater(luminance(colours[0][0]), luminance(colours[1][0]))

    def test_times(self) -> None:
        """Times are shown in the zone of who looks."""
        self.see.emulate("setTimezoneOverride", timezoneId="Asia/Kolkata")
        self.addCleanup(self.see.emulate, "setTimezoneOverride", timezoneId="")
        self.open()
        self.assertEqual(self.see.find("a[href='./a.txt']").get_attribute("textContent"), "a.txt")
        shown = self.see.run(
            "return document.querySelector('a[href=\"./a.txt\"]').closest('tr').querySelector('time').textContent"
        )
        self.assertEqual(shown, "2001-09-10 07:16")

    def test_hostile_names(self) -> None:
        """Names do nothing, do not turn the line around, and each link leads to its file."""
        for name in HOSTILE:
            self.make(name, b"content of " + name)
        self.open()
        self.assertEqual(self.see.all("tbody img, tbody script"), [])
        links = self.see.run("return [...document.querySelectorAll('tbody tr:not(.up) .n a')].map(a => a.href)")
        self.assertTrue(all(link.startswith(self.url) for link in links), links)
        got = self.see.run(
            "return Promise.all(arguments[0].map(url => fetch(url).then(r => r.arrayBuffer())"
            ".then(b => [...new Uint8Array(b)].map(c => String.fromCharCode(c)).join(''))))",
            [link for link in links if not link.endswith("/")],
        )
        for name in HOSTILE:
            self.assertIn((b"content of " + name).decode("latin-1"), got)
        for link in [link for link in links if not link.endswith("/")]:
            self.see.driver.get(link + "?view")
            self.assertEqual(self.see.all("main img[onerror], main script"), [])

    def test_readme(self) -> None:
        """A README is shown below the list, and nothing in it runs or is fetched from elsewhere."""
        self.make("README.md", README.encode())
        self.open()
        self.assertEqual(self.see.find(".readme h1").text, "Read me")
        self.assertEqual(len(self.see.all(".readme td")), 2)
        self.assertEqual(self.see.all(".readme script"), [])
        loaded = self.see.wait(
            "[...document.querySelectorAll('.readme img')].filter(i => i.naturalWidth).map(i => i.src)"
        )
        self.assertEqual(loaded, [f"{self.url}/dot.png"])
        self.see.find(".readme a[href='./a.txt']").click()
        self.see.wait("location.pathname.endsWith('/a.txt')")

    def test_previews(self) -> None:
        """Code with colours, pictures, bytes; from one file to the next by a key."""
        self.make("zero.bin", bytes(64))
        self.open("/code.py?view")
        self.assertEqual(self.see.find(".code").text, 'def f() -> str:\n    return "<b>text</b>"')
        plain, word = (
            self.see.run(f"return getComputedStyle(document.querySelector('{s}')).color") for s in ("pre", "pre .k")
        )
        self.assertNotEqual(plain, word)
        self.see.press("\ue014")
        self.see.wait("location.pathname.endsWith('/dot.png')")
        self.see.wait("document.querySelector('.shown img')?.naturalWidth == 1")
        self.see.press("\ue014")
        self.see.wait("location.pathname.endsWith('/zero.bin')")
        self.assertIn("00000030  00 00", self.see.find(".bytes").text)
        self.assertNotIn("next", [link.get_attribute("rel") for link in self.see.all("nav a")])

    def test_pictures(self) -> None:
        """Pictures can be seen side by side."""
        self.open()
        self.see.find("a.button[href*=grid]").click()
        self.see.wait("document.querySelector('.grid tbody img')?.naturalWidth == 1")
        self.assertEqual(self.names()[0], "sub/")

    def test_without_scripts(self) -> None:
        """Order, filter and previews are links and forms."""
        self.open()
        with self.see.without_scripts():
            self.see.driver.get(self.url + "/")
            self.see.find("[data-sort=size]").click()
            self.see.await_address("/?sort=size")
            self.see.await_one("[aria-sort] [data-sort=size]")
            self.see.find("#q").send_keys("txt")
            self.see.find("#filter button").click()
            self.see.await_address("q=txt")
            self.see.await_one("tbody:not(:has(a[href='./sub/'])) a[href='./b9.txt']")
            names = [link.text for link in self.see.all("tbody .n a")]
            self.assertEqual(names, ["a.txt", "b10.txt", "b9.txt"])
            self.assertEqual(self.see.find("tbody time").text, "2001-09-10 01:46")

    def test_missing(self) -> None:
        """A page that is not there looks like ours."""
        self.open()
        self.see.driver.get(self.url + "/nothing")
        self.assertEqual(self.see.find("h1").text, "Not Found")
        self.assertIn("system-ui", self.see.run("return getComputedStyle(document.body).fontFamily"))
        self.see.complaints()

    def test_very_many(self) -> None:
        """Fifty thousand entries come in pages; order and filter reach all of them, and nothing takes long."""
        many = self.root / "many"
        many.mkdir()
        for number in range(50_000):
            os.close(os.open(many / f"file {number}", os.O_CREAT | os.O_WRONLY))
        os.utime(many, (LONG_AGO, LONG_AGO))
        began = time.monotonic()
        self.open("/many/")
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual((len(self.names()), self.names()[-1]), (1000, "file 999"))
        self.see.find(".pager [rel=next]").click()
        self.see.wait("document.querySelector('tbody tr .n a')?.textContent == 'file 1000'")
        self.see.find("[data-sort=name]").click()
        self.see.wait("document.querySelector('tbody tr:not(.up) .n a')?.textContent == 'file 49999'")
        self.see.find("#q").send_keys("4321")
        self.see.wait("document.querySelectorAll('tbody tr').length == 15")
        self.assertIn("file 43210", self.names())
        self.see.driver.back()
        self.see.wait("location.search.indexOf('4321') < 0")


class WritingTests(PageTestCase):
    """Changing things."""

    options = ("--upload", "--modify")

    def pick(self, *files: tuple[str, bytes]) -> None:
        """Choose files to upload."""
        paths = []
        folder = Path(self.mktemp())
        folder.mkdir()
        for name, data in files:
            (folder / name).write_bytes(data)
            paths.append(str((folder / name).absolute()))
        self.see.find("#upload input").send_keys("\n".join(paths))

    def test_phone(self) -> None:
        """On a phone nothing is wider than the screen, whatever names there are."""
        self.make("w" * 200)
        self.make("readme.md", README.encode())
        self.see.emulate("setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
        self.open()
        for path in (
            "/",
            "/?layout=grid",
            "/sub/deeper/",
            "/code.py?view",
            "/readme.md?view",
            "/" + "w" * 200 + "?view",
            "/404",
        ):
            self.see.driver.get(self.url + path)
            wide = self.see.run("return document.documentElement.scrollWidth")
            self.assertLessEqual((path, wide), (path, 360))
        self.see.complaints()

    def test_upload(self) -> None:
        """Picked files arrive whole, several at a time, with progress, and are then on the page."""
        data = os.urandom(5_000_000)
        self.open()
        self.pick(("new.bin", data), ("small.txt", b"small"), ("empty", b""), ("\u00e9 %41#?.txt", b"x"))
        self.see.wait("document.querySelector('#progress').textContent == '4 files uploaded'")
        self.see.wait("[...document.querySelectorAll('.n a')].some(a => a.textContent == 'new.bin')")
        self.assertEqual((self.root / "new.bin").read_bytes() == data, True)
        self.assertEqual((self.root / "small.txt").read_bytes(), b"small")
        self.assertTrue((self.root / "\u00e9 %41#?.txt").exists())
        self.assertEqual(self.see.run("return document.querySelector('#total').value"), 1)
        self.assertEqual([name for name in os.listdir(self.root) if name.startswith(".")], [])

    def test_upload_of_a_name_that_is_taken(self) -> None:
        """Nothing is replaced unless somebody says so; both can be kept."""
        self.open()
        self.pick(("a.txt", b"newer"))
        self.see.wait("document.querySelector('#queue .failed')")
        self.assertEqual((self.root / "a.txt").read_bytes(), b"x" * 30)
        keep, replace = self.button("Keep both"), self.button("Replace")
        self.assertTrue(replace.is_displayed())
        keep.click()
        self.see.wait("document.querySelector('#queue .done')")
        self.assertEqual((self.root / "a (2).txt").read_bytes(), b"newer")
        self.pick(("a.txt", b"newest"))
        self.see.wait("document.querySelector('#queue .failed')")
        self.button("Replace").click()
        self.see.wait("document.querySelectorAll('#queue .done').length == 2")
        self.assertEqual((self.root / "a.txt").read_bytes(), b"newest")
        self.see.complaints()

    def test_upload_goes_on(self) -> None:
        """An upload that lost its connection goes on where it was."""
        data = os.urandom(3_000_000)
        self.open()
        self.see.run(
            "const {open, send} = XMLHttpRequest.prototype, fields = {'Upload-Offset': '0', 'Upload-Complete': '?0'};"
            "window.sent = [];"
            "XMLHttpRequest.prototype.open = function (method, url) { this.url = url; open.call(this, method, url); };"
            "XMLHttpRequest.prototype.send = function (body) {"
            "  if (window.sent.push(body.size) > 1) return send.call(this, body);"
            "  fetch(this.url, {method: 'PATCH', body: body.slice(0, 2000000), headers: fields})"
            "    .then(() => this.onerror());"
            "};"
        )
        self.pick(("long.bin", data))
        self.see.wait("document.querySelector('#queue .done')")
        self.assertEqual(self.see.run("return window.sent"), [3_000_000, 1_000_000])
        self.assertEqual((self.root / "long.bin").read_bytes() == data, True)

    def test_dropping(self) -> None:
        """Files may be dropped anywhere on the page."""
        self.open()
        self.see.run(
            "const data = new DataTransfer(); data.items.add(new File(['dropped'], 'dropped.txt'));"
            "for (const type of ['dragenter', 'dragover', 'drop'])"
            "  document.body.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));"
        )
        self.see.wait("document.querySelector('#queue .done')")
        self.assertEqual((self.root / "dropped.txt").read_bytes(), b"dropped")

    def test_changing(self) -> None:
        """A new folder, a new name, and a deletion that asks first; all by the keyboard where one likes."""
        self.open()
        self.see.find("#make summary").click()
        self.see.wait("document.activeElement.name == 'name'")
        self.see.press("new folder\ue007")
        self.see.wait("document.activeElement.textContent == 'new folder/'")
        self.assertTrue((self.root / "new folder").is_dir())
        self.see.find("a[href='./a.txt']").send_keys("\ue032")
        self.see.press("renamed\ue007")
        self.see.wait("document.querySelector(\"a[href='./renamed.txt']\")")
        self.assertFalse((self.root / "a.txt").exists())
        for name in ("sub", "b9.txt"):
            self.tick(name)
        self.see.find("#files [value=delete]").click()
        self.assertEqual(self.focused(), "Cancel")
        self.assertIn("Folders are deleted with everything", self.see.find("dialog").text)
        self.see.press("\ue00c")
        self.see.wait("!document.querySelector('dialog')")
        self.assertTrue((self.root / "sub").exists())
        self.see.find("#files [value=delete]").click()
        self.see.find("dialog .danger").click()
        self.see.wait("!document.querySelector(\"a[href='./sub/']\")")
        self.assertEqual([(self.root / name).exists() for name in ("sub", "b9.txt", "b10.txt")], [False, False, True])

    def test_a_password_in_the_address(self) -> None:
        """Everything works for who came by an address with a password in it."""
        self.url = self.url.replace("http://", "http://alice:secret@")
        self.open()
        self.pick(("short.txt", b"short"), ("long.bin", bytes(2_000_000)))
        self.see.wait("document.querySelectorAll('#queue .done').length == 2")
        self.see.find("#make summary").click()
        self.see.wait("document.activeElement.name == 'name'")
        self.see.press("made\ue007")
        self.see.wait("document.activeElement.textContent == 'made/'")

    def test_a_change_that_fails(self) -> None:
        """Why something cannot be done is said where it was asked for."""
        self.open()
        self.see.find("a[href='./a.txt']").send_keys("\ue032")
        self.see.press("b9\ue007")
        self.see.wait("document.querySelector('dialog .fault').textContent.includes('exists already')")
        self.see.press("\ue00c")
        self.see.complaints()

    def test_hostile_names(self) -> None:
        """Files can be got rid of whatever they are called."""
        for name in HOSTILE:
            self.make(name)
        self.open()
        self.see.find("#every").click()
        self.see.find("#files [value=delete]").click()
        self.assertEqual(self.see.all("dialog img, dialog script"), [])
        self.see.find("dialog .danger").click()
        self.see.wait("document.querySelector('.empty')")
        self.assertEqual(os.listdir(self.root), [])

    def test_without_scripts(self) -> None:
        """Uploading, making, renaming and deleting are forms; deleting needs a second tick."""
        self.open()
        with self.see.without_scripts():
            self.see.driver.get(self.url + "/")
            self.pick(("form.txt", b"by form"))
            self.see.find("#upload button").click()
            self.see.await_one("a[href='./form.txt']")
            self.assertEqual((self.root / "form.txt").read_bytes(), b"by form")
            self.see.find("#make summary").click()
            self.see.find("#make [name=name]").send_keys("made\ue007")
            self.see.await_one("a[href='./made/']")
            self.tick("a.txt")
            self.see.find("[name=to]").send_keys("other.txt")
            self.see.find("[value=rename]").click()
            self.see.await_one("a[href='./other.txt']")
            self.tick("sub")
            self.see.find("[value=delete]").click()
            self.assertTrue((self.root / "sub").exists())
            self.see.find("[name=sure]").click()
            self.see.find("[value=delete]").click()
            self.see.await_one("tbody:not(:has(a[href='./sub/']))")
        self.assertEqual((self.root / "other.txt").read_bytes(), b"x" * 30)
        self.assertFalse((self.root / "sub").exists())

    def tick(self, name: str) -> None:
        """Tick an entry."""
        self.see.find(f"tbody input[value='{name}']").click()

    def button(self, text: str) -> Any:
        """A button of the list of uploads."""
        (found,) = [button for button in self.see.all("#queue li.failed button") if button.text == text]
        return found


def luminance(colour: str) -> float:
    """How bright a CSS colour is; WCAG 2.2."""
    parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """How well one colour can be read on another; WCAG 2.2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
