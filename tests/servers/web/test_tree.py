"""Tests for tnet.servers.web.tree."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from twisted.internet.defer import Deferred
from twisted.web.resource import Resource

from tests.servers.web.served import ServedTestCase
from tests.servers.web.wire import Wire
from tests.support import AtOnce
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.cache import SmallFiles
from tnet.servers.web.files.root import Root
from tnet.servers.web.permissions import Permissions, Place, Right
from tnet.servers.web.tree import Tree, names_of


class PathTests(ServedTestCase):
    """From a path to an answer."""

    def test_the_table(self) -> None:
        """Hostile and ordinary paths, and what they get."""
        self.write("%2e%2e", "back\\slash", "semi;colon")
        with open(os.path.join(os.fsencode(self.path), b"bad\xff"), "w"):
            pass
        os.mkfifo(os.path.join(self.path, "pipe"))
        os.symlink("/etc/passwd", os.path.join(self.path, "out"))
        os.symlink("a.txt", os.path.join(self.path, "in"))
        wire = self.serve()
        for path, status in (
            ("/a.txt", 200),
            ("/a%2Etxt", 200),
            ("/%61.txt?query", 200),
            ("/in", 200),
            ("/.well-known/x", 200),
            ("/semi;colon", 200),
            ("/back%5cslash", 200),
            ("/%252e%252e", 200),
            ("/bad%ff", 200),
            ("/bad%fe", 404),
            ("/nothing", 404),
            ("/a.txt/", 404),
            ("/a.txt/x", 404),
            ("/../../etc/passwd", 404),
            ("/../secret", 404),
            ("/sub/../a.txt", 404),
            ("/./a.txt", 404),
            ("/%2e%2e/secret", 404),
            ("/..%2fsecret", 404),
            ("/..%5c..%5cetc", 404),
            ("/%2fetc%2fpasswd", 404),
            ("//etc/passwd", 404),
            ("/sub//b.txt", 404),
            ("/%252e%252e/", 404),
            ("/.env", 404),
            ("/out", 404),
            ("/pipe", 404),
            ("/%00", 400),
            ("/a%00.txt", 400),
            ("/%zz", 404),
        ):
            self.assertEqual(wire.get(path).status, status, path)

    def test_a_directory_has_a_slash(self) -> None:
        """Without its slash a directory redirects, relative and with its query, and never to another host."""
        self.write("c:d/x", "e%0d%0af/x")
        wire = self.serve()
        for path, location in (
            ("/sub", b"./sub/"),
            ("/sub?a=b?c", b"./sub/?a=b?c"),
            ("/s%75b", b"./s%75b/"),
            ("/c:d", b"./c:d/"),
            ("/e%250d%250af", b"./e%250d%250af/"),
        ):
            reply = wire.get(path)
            self.assertEqual((reply.status, reply.fields[b"location"]), (301, location))
            self.assertEqual(reply.fields[b"cache-control"], b"no-cache")
        self.assertEqual(wire.get("//sub").status, 404)

    def test_index(self) -> None:
        """The first index that is there stands for its directory; a directory of that name does not."""
        self.write("both/index.html", "both/start", "odd/index.html/x")
        wire = self.serve(index=("start", "index.html"))
        self.assertEqual(wire.get("/site/").body, b"site/index.html")
        self.assertEqual(wire.get("/both/").body, b"both/start")
        self.assertIn(b"index.html/", wire.get("/odd/", "Accept: text/html").body)

    def test_an_index_that_may_not_be_read(self) -> None:
        """An index that is there and may not be read is no reason to show the directory instead."""
        os.chmod(os.path.join(self.path, "site", "index.html"), 0)
        wire = self.serve(index=("index.html",))
        if not os.geteuid():
            os.seteuid(65534)
            self.addCleanup(os.seteuid, 0)
        self.assertEqual(wire.get("/site/").status, 403)

    def test_names_of_other_systems(self) -> None:
        """What means something special to another system is a name here, and none that is there."""
        wire = self.serve()
        for path in ("/C:/a.txt", "/C:", "/a.txt::$DATA", "/CON", "/a.txt.", "/a.txt%20", "/A~1.TXT", "/sub%5cb.txt"):
            self.assertEqual(wire.get(path).status, 404, path)

    def test_no_listing(self) -> None:
        """Without listings a directory without an index is 404."""
        wire = self.serve(index=("index.html",), list_directories=False)
        self.assertEqual((wire.get("/sub/").status, wire.get("/site/").status), (404, 200))

    def test_hidden(self) -> None:
        """Hidden names are served when that was asked for."""
        self.assertEqual(self.serve(hidden=True).get("/.env").body, b".env")

    def test_below_another_resource(self) -> None:
        """The tree may hang anywhere."""
        root, top = Root(self.path), Resource()
        self.addCleanup(root.close)
        top.putChild(b"files", Tree(root, AtOnce()))
        wire = Wire(top)
        self.assertEqual((wire.get("/files/sub/b.txt").body, wire.get("/files/sub").status), (b"sub/b.txt", 301))
        self.assertEqual(wire.get("/files").fields[b"location"], b"./files/")

    def test_names(self) -> None:
        """A decoded path is names and perhaps a slash."""
        self.assertEqual(names_of([]), ([], False))
        self.assertEqual(names_of([b""]), ([], True))
        self.assertEqual(names_of([b"a", b"b"]), ([b"a", b"b"], False))
        self.assertEqual(names_of([b"a", b""]), ([b"a"], True))
        for wrong in ([b"..", b""], [b"", b""], [b"a/b"], [b"."]):
            self.assertRaises(Refusal, names_of, wrong)


class MissingTests(ServedTestCase):
    """What is answered for what is not there."""

    PAGE = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"

    def test_a_page_of_its_own(self) -> None:
        """The root's 404.html is what whoever asks for nothing gets, with its status and without a version."""
        self.write("404.html")
        wire = self.serve(index=("index.html",), list_directories=False)
        for path in ("/nothing", "/sub/nothing/", "/a.txt/", "/sub/", "/.env"):
            reply = wire.get(path, self.PAGE, "If-None-Match: *", "Range: bytes=0-0")
            self.assertEqual((reply.status, reply.body), (404, b"404.html"), path)
            self.assertEqual(reply.fields[b"content-type"], b"text/html; charset=utf-8")
            self.assertNotIn(b"etag", reply.fields)
        head = wire.get("/nothing", method="HEAD")
        self.assertEqual((head.status, head.fields[b"content-length"], wire.sent), (404, b"8", b""))
        self.assertEqual(wire.get("/404.html").status, 200)
        self.assertNotEqual(wire.get("/nothing", method="POST").body, b"404.html")
        self.assertNotEqual(wire.get("/nothing", method="OPTIONS").body, b"404.html")

    def test_no_page_of_its_own(self) -> None:
        """A directory of that name is no page."""
        self.write("404.html/x")
        self.assertEqual(self.serve().get("/nothing").body, b"404 Not Found\n")

    def test_an_application(self) -> None:
        """Whoever navigates to what is not there gets the root's index, and finds the way from there."""
        self.write("index.html", "404.html")
        wire = self.serve(spa=True, index=("index.html",), list_directories=False)
        for path in ("/users/7", "/users/", "/sub/", "/sub/nothing?x=1", "/v1.2/about"):
            reply = wire.get(path, self.PAGE)
            self.assertEqual((reply.status, reply.body), (200, b"index.html"), path)
            self.assertIn(b"Accept", reply.fields[b"vary"])
            etag = reply.fields[b"etag"].decode()
            self.assertEqual(wire.get(path, self.PAGE, f"If-None-Match: {etag}").status, 304)
            head = wire.get(path, self.PAGE, method="HEAD")
            self.assertEqual((head.status, head.fields[b"content-length"]), (200, b"10"))

    def test_what_is_no_navigation(self) -> None:
        """A missing script, a program's request and a form's are 404 in an application, too."""
        self.write("index.html")
        wire = self.serve(spa=True, index=("index.html",))
        for path, *fields in (
            ("/app.js", self.PAGE),
            ("/sub/logo.png", self.PAGE),
            ("/users/7", "Accept: */*"),
            ("/users/7", "Accept: application/json"),
            ("/users/7",),
            ("/users/7", "Accept: text/html;q=0"),
        ):
            reply = wire.get(path, *fields)
            self.assertEqual((reply.status, reply.fields[b"vary"]), (404, b"Accept"), path)
        self.assertEqual(wire.get("/users/7", self.PAGE, method="POST").status, 404)
        self.assertEqual(wire.get("/a.txt", self.PAGE).body, b"a.txt")

    def test_no_application(self) -> None:
        """Without an index there is nothing to find one's way with; without being asked to, nobody guesses."""
        self.assertEqual(self.serve(spa=True, index=("index.html",)).get("/users", self.PAGE).status, 404)
        self.write("index.html")
        self.assertEqual(self.serve(index=("index.html",)).get("/users", self.PAGE).status, 404)


class Forbidding(Permissions):
    """Everything, but the names that are forbidden, and what is below them; or only to see what there is."""

    def __init__(self, *forbidden: bytes, instead: Right = Right.NONE) -> None:
        super().__init__()
        self.forbidden, self.instead = forbidden, instead

    def at(self, place: Place) -> Right:
        return self.instead if set(self.forbidden) & set(place) else Right.ALL


class RightTests(ServedTestCase):
    """What whoever asks may see."""

    def serve_to(self, *forbidden: bytes, instead: Right = Right.NONE, **options: Any) -> Wire:
        """A wire to somebody to whom these names are forbidden."""
        wire = self.serve(**options)
        wire.site.permissions = Forbidding(*forbidden, instead=instead)
        return wire

    def test_what_is_forbidden(self) -> None:
        """Nobody learns whether there is something in a place that is forbidden, nor that it is a directory."""
        wire = self.serve_to(b"sub")
        for path in ("/sub/b.txt", "/sub/nothing", "/sub/", "/sub"):
            self.assertEqual(wire.get(path).status, 403, path)
            for method in ("OPTIONS", "POST", "DELETE", "BREW"):
                self.assertEqual(wire.get(path, method=method).status, 403, (method, path))
        self.assertEqual((wire.get("/a.txt").status, wire.get("/").status), (200, 200))

    def test_seeing_is_not_reading(self) -> None:
        """What may be seen in a listing may not be read for that, and the other way round."""
        seeing = self.serve_to(b"sub", instead=Right.LIST)
        self.assertEqual((seeing.get("/sub/").status, seeing.get("/sub/b.txt").status), (200, 403))
        reading = self.serve_to(b"sub", instead=Right.READ)
        self.assertEqual((reading.get("/sub/").status, reading.get("/sub/b.txt").status), (403, 200))

    def test_a_drop_box(self) -> None:
        """Who may put something into a directory gets the form for it, and does not learn what is there."""
        box = self.serve_to(b"sub", instead=Right.WRITE, accept_uploads=True).get("/sub/", "Accept: text/html")
        self.assertEqual((box.status, b"b.txt" in box.body, b'type="file"' in box.body), (200, False, True))

    def test_where_a_link_leads(self) -> None:
        """A link opens no door: where it leads is what counts, by the names that are really there."""
        os.symlink("sub/b.txt", os.path.join(self.path, "link"))
        os.symlink("sub", os.path.join(self.path, "SUB"))
        wire = self.serve_to(b"sub")
        for path in ("/link", "/SUB/b.txt", "/SUB/"):
            self.assertEqual(wire.get(path).status, 403, path)

    def test_an_index(self) -> None:
        """An index that is forbidden is not shown, and neither is the directory behind it."""
        wire = self.serve_to(b"index.html", index=("index.html",))
        self.assertEqual(wire.get("/site/").status, 403)

    def test_instead_of_what_is_not_there(self) -> None:
        """A page for what is not there, and an application, are files that may be forbidden."""
        self.write("404.html", "index.html")
        reply = self.serve_to(b"404.html").get("/nothing")
        self.assertEqual((reply.status, b"404.html" in reply.body), (404, False))
        application = self.serve_to(b"index.html", spa=True, index=("index.html",))
        self.assertEqual(application.get("/users", MissingTests.PAGE).status, 403)


class KeepingTests(ServedTestCase):
    """What is kept for the next who asks."""

    def keeping(self, **options: Any) -> SmallFiles:
        """A cache of a site that was asked for one thing after the other."""
        root = Root(self.path)
        self.addCleanup(root.close)
        self.cache = SmallFiles(root, wall=lambda: time.time() + 60)
        self.wire = self.serve(cache=self.cache, **options)
        return self.cache

    def kept(self, path: str, *fields: str) -> bytes | None:
        """What is kept for a path after it was asked for."""
        self.wire.get(path, *fields)
        stored = self.cache.look_up(b"GET", path.encode(), b"")
        return None if stored is None else stored.body

    def test_what_stands_for_itself(self) -> None:
        """Files are kept, and an index that nothing else could come before."""
        self.write("both/start", "late/index.html")
        self.keeping(index=("start", "index.html"))
        self.assertEqual(self.kept("/a.txt"), b"a.txt")
        self.assertEqual(self.kept("/s%75b/b.txt"), b"sub/b.txt")
        self.assertEqual(self.kept("/both/"), b"both/start")
        self.assertIsNone(self.kept("/late/"))

    def test_from_memory(self) -> None:
        """What comes from memory is what came the long way, for HEAD and each coding, and follows every change."""
        self.write("page.txt")
        with open(os.path.join(self.path, "page.txt"), "w") as file:
            file.write("a line that shrinks\n" * 200)
        self.keeping()
        self.wire.site.shortcut = self.cache
        for path in ("/a.txt", "/page.txt"):
            for field in ("Accept: */*", "Accept-Encoding: gzip", "Accept-Encoding: br, gzip;q=0.5"):
                first, second = self.wire.get(path, field), self.wire.get(path, field)
                head = self.wire.get(path, field, method="HEAD")
                self.assertEqual((second.status, second.fields, second.body), (200, first.fields, first.body))
                self.assertEqual((head.status, head.fields, self.wire.sent), (200, first.fields, b""))
        self.assertEqual(len(self.cache._entries), 6)
        self.write("a.txt")
        os.utime(os.path.join(self.path, "a.txt"), (1, 1))
        self.assertEqual(self.wire.get("/a.txt").fields[b"last-modified"], b"Thu, 01 Jan 1970 00:00:01 GMT")

    def test_what_stands_for_others(self) -> None:
        """What is sent because something else is not there is not kept, nor where a link is, nor pages."""
        self.write("404.html", "index.html")
        os.symlink("a.txt", os.path.join(self.path, "link"))
        self.keeping(spa=True, index=("index.html",))
        for path in ("/users", "/nothing.js", "/link", "/sub/", "/sub", "/a.txt?x"):
            self.assertIsNone(self.kept(path, MissingTests.PAGE), path)

    def test_the_end(self) -> None:
        """When the tree is closed, nothing is kept."""
        cache = self.keeping()
        self.assertIsNotNone(self.kept("/a.txt"))
        self.patch(Root, "close", lambda root: None)
        self.successResultOf(Deferred.fromCoroutine(self.wire.site.resource.close()))
        self.assertIsNone(cache.look_up(b"GET", b"/a.txt", b""))


class MethodTests(ServedTestCase):
    """What may be done."""

    def test_read_only(self) -> None:
        """Without uploads a known method on what exists is 405 with Allow, before its body; an unknown one is 501."""
        wire = self.serve()
        for method, path, status in (
            ("POST", "/", 405),
            ("POST", "/a.txt", 405),
            ("PUT", "/sub/", 405),
            ("DELETE", "/a.txt", 405),
            ("PATCH", "/a.txt", 405),
            ("TRACE", "/", 405),
            ("POST", "/nothing", 404),
            ("BREW", "/a.txt", 501),
            ("get", "/a.txt", 501),
        ):
            reply = wire.get(path, method=method)
            self.assertEqual((method, reply.status), (method, status))
            self.assertEqual(reply.fields.get(b"allow"), b"GET, HEAD, OPTIONS" if status == 405 else None)

    def test_before_the_body(self) -> None:
        """A body that nobody wants is refused before it is sent."""
        wire = self.serve()
        wire.send(b"PUT /a.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 999\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(wire.reply().status, 405)

    def test_options(self) -> None:
        """OPTIONS says what may be done."""
        self.assertEqual(self.serve().get("/a.txt", method="OPTIONS").fields[b"allow"], b"GET, HEAD, OPTIONS")
        uploading = self.serve(accept_uploads=True).get("/", method="OPTIONS")
        self.assertEqual(uploading.status, 204)
        self.assertTrue(uploading.fields[b"allow"].startswith(b"GET, HEAD, OPTIONS, POST, PUT"))

    def test_a_get_with_a_body(self) -> None:
        """The body of a GET is read and means nothing."""
        wire = self.serve()
        wire.ask("GET", "/a.txt", body=b"whatever")
        self.assertEqual(wire.reply().body, b"a.txt")
        self.assertEqual(wire.get("/a.txt").status, 200)


class ListingTests(ServedTestCase):
    """The forms of a directory."""

    def test_who_gets_what(self) -> None:
        """Browsers get a page, programs JSON, curl lines of text, whoever takes anything a page."""
        wire = self.serve()
        for fields, media in (
            (["Accept: text/html,*/*;q=0.8"], b"text/html; charset=utf-8"),
            (["Accept: application/json"], b"application/json"),
            (["Accept: */*", "User-Agent: curl/8.1"], b"text/plain; charset=utf-8"),
            (["User-Agent: curl/8.1", "Accept: text/html"], b"text/html; charset=utf-8"),
            (["Accept: */*", "User-Agent: Wget"], b"text/html; charset=utf-8"),
            ([], b"text/html; charset=utf-8"),
        ):
            reply = wire.get("/sub/", *fields)
            self.assertEqual((reply.status, reply.fields[b"content-type"]), (200, media), fields)
            self.assertIn(b"b.txt", reply.body)
            self.assertEqual(reply.fields[b"vary"], b"Accept, Accept-Encoding, User-Agent")

    def test_as_json(self) -> None:
        """The JSON form is JSON, and hides what is hidden."""
        entries = json.loads(self.serve().get("/", "Accept: application/json").body)["entries"]
        self.assertEqual([entry["name"] for entry in entries], [".well-known", "site", "sub", "a.txt", "p.html"])

    def test_head(self) -> None:
        """HEAD has the length of GET and no body."""
        wire = self.serve()
        length = wire.get("/sub/").fields[b"content-length"]
        self.assertEqual((wire.get("/sub/", method="HEAD").fields[b"content-length"], wire.sent), (length, b""))

    def test_a_policy(self) -> None:
        """Pages allow no script; with uploads on, files that a browser would run are sandboxed."""
        self.assertIn(b"default-src 'none'", self.serve().get("/").fields[b"content-security-policy"])
        self.assertNotIn(b"content-security-policy", self.serve().get("/p.html").fields)
        untrusted = self.serve(accept_uploads=True)
        self.assertEqual(untrusted.get("/p.html").fields[b"content-security-policy"], b"sandbox")
        self.assertNotIn(b"content-security-policy", untrusted.get("/a.txt").fields)
