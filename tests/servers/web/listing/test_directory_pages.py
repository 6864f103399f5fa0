"""Tests for tnet.servers.web.listing.directory_pages."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from tests.servers.web.page.reading import Parts
from tests.servers.web.served import ServedTestCase
from tests.servers.web.wire import Wire
from tests.support import AtOnce
from tnet.servers.web.files.root import Root
from tnet.servers.web.filters import Filter
from tnet.servers.web.listing import DirectoryPages
from tnet.servers.web.permissions import Permissions, Place, Right
from tnet.servers.web.site import WebFactory
from tnet.servers.web.tree import Tree


class Ruled(Permissions):
    """Takes rights away below some places."""

    def __init__(self, **less: Right) -> None:
        super().__init__()
        self.less = {tuple(name.encode().split(b"__")): right for name, right in less.items()}

    def at(self, place: Place) -> Right:
        right = Right.ALL
        for denied, less in self.less.items():
            if tuple(place[: len(denied)]) == denied or denied == (b"everywhere",):
                right &= ~less
        return right


class Only(Permissions):
    """Grants everything below one place, and nothing elsewhere."""

    def __init__(self, top: tuple[bytes, ...]) -> None:
        super().__init__()
        self.top = top

    def at(self, place: Place) -> Right:
        return Right.ALL if tuple(place[: len(self.top)]) == self.top else Right.NONE


class Guarded(Filter):
    """Gives every request these permissions, and a share's way of being shown."""

    def __init__(self, permissions: Permissions, unshown: int = 0, account: Any = None) -> None:
        self.permissions, self.unshown, self.account = permissions, unshown, account

    def before(self, request: Any) -> Deferred[None] | None:
        request.permissions, request.unshown, request.account = self.permissions, self.unshown, self.account
        return None


class PagesTestCase(ServedTestCase):
    """Serves the directory with pages that can do everything."""

    def pages(self, *filters: Filter, workers: Any = None, **able: bool) -> Wire:
        """A wire to the pages."""
        root, workers = Root(self.path), workers or AtOnce()
        self.addCleanup(root.close)
        tree = Tree(root, workers, pages=DirectoryPages(root, workers, **able))
        return Wire(site=WebFactory(tree, reactor=Clock(), filters=filters))

    def names(self, wire: Wire, path: str = "/") -> list[str]:  # type: ignore[override]
        """What is listed there."""
        entries = json.loads(wire.get(path + "?format=json").body)["entries"]
        return [entry["name"] for entry in entries if entry["name"] != ".well-known"]


class ListTests(PagesTestCase):
    """Directories."""

    def test_forms(self) -> None:
        """A page, JSON and text of the same directory; HEAD as GET."""
        wire = self.pages()
        page = wire.get("/", "Accept: text/html")
        self.assertIn(b"script-src 'sha256-", page.fields[b"content-security-policy"])
        self.assertIn("./a.txt", Parts(page.body).links)
        self.assertEqual(self.names(wire), ["site", "sub", "a.txt", "p.html"])
        self.assertIn(b"  a.txt\n", wire.get("/?format=text").body)
        self.assertEqual(wire.get("/", method="HEAD").body, b"")

    def test_choice(self) -> None:
        """Order and filter hold for every form."""
        wire = self.pages()
        self.assertIn(b'"p.html"', wire.get("/?format=json&q=HTML").body)
        self.assertNotIn(b'"a.txt"', wire.get("/?format=json&q=HTML").body)
        self.assertEqual(Parts(wire.get("/?q=HTML").body).all("a", href="./a.txt"), [])

    def test_readme(self) -> None:
        """The README of a directory is shown below it: Markdown before text, and on the first page alone."""
        self.write("README.txt", "sub/readme.md", "site/readme/x")
        with open(os.path.join(self.path, "sub/readme.md"), "w") as file:
            file.write("# Read <b>me</b>\n")
        wire = self.pages()
        self.assertIn(b'<h1 id="md-read-bmeb">Read &lt;b&gt;me&lt;/b&gt;</h1>', wire.get("/sub/").body)
        self.assertIn(b"<pre>README.txt</pre>", wire.get("/").body)
        for path in ("/?q=a", "/?page=2", "/site/"):
            self.assertNotIn(b'class="readme"', wire.get(path).body)

    def test_long_readme(self) -> None:
        """One that is no text to read on a page is not shown."""
        self.write("readme.md")
        with open(os.path.join(self.path, "readme.md"), "wb") as file:
            file.write(b"x" * 200_000)
        self.assertNotIn(b'class="readme"', self.pages().get("/").body)

    def test_what_may_not_be_seen(self) -> None:
        """Who may not read an entry does not learn of it, nor by a link to it."""
        os.symlink("sub/b.txt", os.path.join(self.path, "link"))
        os.symlink("sub", os.path.join(self.path, "linked"))
        wire = self.pages(Guarded(Ruled(sub=Right.ALL, p_html=Right.READ)))
        self.assertEqual(self.names(wire), ["site", "a.txt", "p.html"])
        wire = self.pages(Guarded(Ruled(sub=Right.LIST | Right.READ)))
        self.assertEqual(self.names(wire), ["linked", "site", "sub", "a.txt", "p.html"])

    def test_shared(self) -> None:
        """By a link to a directory nothing above it is shown or linked, and its path begins there."""
        self.write("sub/deep/c.txt")
        wire = self.pages(Guarded(Only((b"sub", b"deep")), unshown=1))
        page = Parts(wire.get("/sub/deep/", "Accept: text/html").body)
        self.assertEqual([link for link in page.links if link.startswith((".", "/"))], ["./c.txt", "./c.txt?view"])
        self.assertNotIn("sub", page.text)
        self.assertEqual(json.loads(wire.get("/sub/deep/?format=json").body)["path"], "/deep/")

    def test_offers(self) -> None:
        """What is offered is what the site can do and the visitor may."""

        def offered(wire: Wire) -> set[str]:
            page = Parts(wire.get("/", "Accept: text/html").body)
            actions = page.all("button", name="action") + page.all("input", name="action")
            return {one["value"] for one in actions} | {form["id"] for form in page.all("form", id="upload")}

        able = {"uploads": True, "modify": True, "archives": True, "shares": True}
        self.assertEqual(offered(self.pages()), set())
        self.assertEqual(offered(self.pages(**able)), {"archive", "rename", "delete", "mkdir", "upload"})
        readers = Guarded(Ruled(everywhere=Right.WRITE | Right.MODIFY), account=SimpleNamespace(name="alice"))
        self.assertEqual(offered(self.pages(readers, **able)), {"archive", "share"})

    def test_icon(self) -> None:
        """A tab shows a folder, wherever the directory is seen."""
        wire = self.pages()
        (icon,) = Parts(wire.get("/sub/", "Accept: text/html").body).all("link", rel="icon")
        reply = wire.get("/sub/" + icon["href"].removeprefix("./"))
        self.assertEqual((reply.status, reply.fields[b"content-type"]), (200, b"image/svg+xml"))
        self.assertEqual(wire.get("/sub/?icon", method="HEAD").body, b"")

    def test_workers(self) -> None:
        """Directories are read and pages are made in a worker."""
        waiting: list[Deferred[None]] = []

        class Later:
            def run(self, function: Any, /, *args: Any) -> Deferred[Any]:
                waiting.append(Deferred())
                return waiting[-1].addCallback(lambda _: function(*args))

        wire = self.pages(workers=Later())
        wire.ask("GET", "/")
        self.assertEqual(wire.sent, b"")
        waiting.pop().callback(None)
        self.assertEqual(wire.reply().status, 200)

    def test_descriptors(self) -> None:
        """Nothing stays open."""
        wire = self.pages()
        before = len(os.listdir("/proc/self/fd"))
        for path in ("/", "/sub/", "/?format=xml", "/a.txt?view", "/a.txt?view&format=xml"):
            wire.get(path)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)


class ViewTests(PagesTestCase):
    """Files."""

    def test_page(self) -> None:
        """What is in a file, with its neighbours; always as a page."""
        reply = self.pages().get("/a.txt?view", "Accept: application/json")
        self.assertEqual(reply.fields[b"content-type"], b"text/html; charset=utf-8")
        page = Parts(reply.body)
        self.assertIn("a.txt", page.text)
        self.assertEqual([link["href"] for link in page.all("a", rel="next")], ["./p.html?view"])
        self.assertEqual(page.all("a", rel="prev"), [])
        self.assertEqual(page.handlers, set())

    def test_neighbours_that_may_not_be_seen(self) -> None:
        """Who may not list the directory learns of no neighbour."""
        page = Parts(self.pages(Guarded(Ruled(everywhere=Right.LIST))).get("/a.txt?view").body)
        self.assertEqual((page.all("a", rel="next"), page.all("a", href="./")), ([], []))

    def test_source(self) -> None:
        """Markdown can be seen as it was written."""
        self.write("x.md")
        wire = self.pages()
        self.assertIn(b'<article class="prose"', wire.get("/x.md?view").body)
        self.assertIn(b'<pre class="code"', wire.get("/x.md?view=source").body)
