"""Tests for tnet.servers.web.tree."""

from __future__ import annotations

import json
import os

from twisted.web.resource import Resource

from tests.servers.web.served import ServedTestCase
from tests.servers.web.wire import Wire
from tests.support import AtOnce
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.root import Root
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
        self.assertEqual(wire.get("//sub").status, 404)

    def test_index(self) -> None:
        """The first index that is there stands for its directory; a directory of that name does not."""
        self.write("both/index.html", "both/start", "odd/index.html/x")
        wire = self.serve(index=("start", "index.html"))
        self.assertEqual(wire.get("/site/").body, b"site/index.html")
        self.assertEqual(wire.get("/both/").body, b"both/start")
        self.assertIn(b"index.html/", wire.get("/odd/", "Accept: text/html").body)

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
        self.assertEqual((uploading.status, uploading.fields[b"allow"]), (204, b"GET, HEAD, OPTIONS, POST, PUT"))

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
            self.assertEqual(reply.fields[b"vary"], b"Accept, User-Agent")

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
