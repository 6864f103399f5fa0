"""Tests for tnet.servers.web.writing.changing."""

from __future__ import annotations

import os

from tests.servers.web.writing.written import Some, WritingTestCase
from tnet.servers.web.permissions import Right

FORM = "Content-Type: application/x-www-form-urlencoded"


class MethodTests(WritingTestCase):
    """MKCOL, DELETE, MOVE and COPY."""

    def test_mkcol(self) -> None:
        """A new directory is 201 with its place; one that is there 405, one in nothing 409, one with a body 415."""
        wire = self.open()
        reply = self.ask(wire, "MKCOL", "/new%20one/")
        self.assertEqual((reply.status, reply.fields[b"location"]), (201, b"/new%20one/"))
        for path, status in (("/new%20one", 405), ("/nothing/new", 409), ("/.hidden", 400), ("/", 403)):
            self.assertEqual(self.status(wire, "MKCOL", path), status, path)
        self.assertEqual(self.status(wire, "MKCOL", "/other", body=b"<mkcol/>"), 415)
        self.nothing_left()

    def test_delete(self) -> None:
        """Files go, full directories only if that is said in one of two ways."""
        wire = self.open()
        self.assertEqual([self.status(wire, "DELETE", "/a.txt") for _ in range(2)], [204, 404])
        self.assertEqual(self.status(wire, "DELETE", "/sub/"), 409)
        self.assertEqual(self.status(wire, "DELETE", "/sub/", "Depth: infinity"), 204)
        self.assertEqual(self.status(wire, "DELETE", "/site?recursive=0"), 409)
        self.assertEqual(self.status(wire, "DELETE", "/site?recursive=1"), 204)
        self.nothing_left()

    def test_what_is_never_deleted(self) -> None:
        """The root, hidden files, uploads that come in, and what is outside stay."""
        self.write(".tnet-upload-x")
        os.symlink("..", os.path.join(self.path, "up"))
        wire = self.open()
        for path, status in (
            ("/", 403),
            ("/.env", 404),
            ("/.tnet-upload-x", 404),
            ("/up/secret", 409),
            ("/..%2fsecret", 404),
        ):
            self.assertEqual(self.status(wire, "DELETE", path, "Depth: infinity"), status, path)
        self.assertEqual(self.status(self.open(hidden=True), "DELETE", "/.tnet-upload-x"), 404)
        self.assertEqual(self.status(self.open(hidden=True), "DELETE", "/.env"), 204)

    def test_nothing_outside_even_if_it_is_served(self) -> None:
        """With --follow-symlinks what lies outside can be read, and neither deleted nor moved away."""
        os.mkdir(os.path.join(self.path, "..", "outside"))
        self.write("../outside/x")
        os.symlink("../outside", os.path.join(self.path, "out"))
        wire = self.open(follow_symlinks=True)
        self.assertEqual(wire.get("/out/x").status, 200)
        self.assertEqual(self.status(wire, "DELETE", "/out/x"), 409)
        self.assertEqual(self.status(wire, "MOVE", "/out/x", "Destination: /x"), 409)
        self.assertEqual(self.status(wire, "MOVE", "/a.txt", "Destination: /out/y"), 409)
        self.assertEqual(self.names("../outside"), {"x"})

    def test_move(self) -> None:
        """A move tells the new place; whether it replaces is Overwrite's to say."""
        wire = self.open()
        reply = self.ask(wire, "MOVE", "/a.txt", "Destination: /sub/new%20name")
        self.assertEqual((reply.status, reply.fields[b"location"]), (201, b"/sub/new%20name"))
        self.assertEqual(self.status(wire, "MOVE", "/p.html", "Destination: http://h/sub/b.txt", "Overwrite: F"), 412)
        self.assertEqual(self.status(wire, "MOVE", "/p.html", "Destination: http://h/sub/b.txt"), 204)
        self.assertEqual((self.content("sub/b.txt"), self.content("sub/new name")), (b"p.html", b"a.txt"))
        self.assertEqual(self.status(wire, "MOVE", "/sub/", "Destination: /site/sub/"), 201)
        self.assertEqual(self.names("site/sub"), {"b.txt", "new name"})
        self.nothing_left()

    def test_conditions(self) -> None:
        """What is not, or not any more, what the client takes it for is neither deleted, moved nor copied."""
        wire = self.open()
        etag = self.ask(wire, "PUT", "/new", body=b"x").fields[b"etag"].decode()
        for field in (
            f'If-Match: "{etag[1:-1]}0"',
            "If-None-Match: *",
            "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
        ):
            for path in ("/new", "/sub/"):
                self.assertEqual(self.status(wire, "DELETE", f"{path}?recursive=1", field), 412, (path, field))
                self.assertEqual(self.status(wire, "MOVE", path, "Destination: /else", field), 412, (path, field))
            self.assertEqual(self.status(wire, "COPY", "/new", "Destination: /else", field), 412, field)
        self.assertEqual(self.status(wire, "DELETE", "/nothing", "If-Match: *"), 404)
        self.assertEqual(self.status(wire, "COPY", "/new", "Destination: /copy", f"If-Match: {etag}"), 201)
        self.assertEqual(self.status(wire, "MOVE", "/copy", "Destination: /moved", "If-Match: *"), 201)
        self.assertEqual(self.status(wire, "DELETE", "/new", f"If-Match: {etag}"), 204)
        self.nothing_left()

    def test_where_to(self) -> None:
        """A destination is below the root of this server, and can be a name."""
        for to, status in (
            ("http://other/x", 502),
            ("x", 400),
            ("", 400),
            ("/", 400),
            ("/..%2fx", 400),
            ("/../x", 400),
            ("/x%00", 400),
            ("/.hidden", 400),
            ("/nothing/x", 409),
            ("http://H:80/moved", 201),
        ):
            self.assertEqual(self.status(self.open(), "MOVE", "/a.txt", f"Destination: {to}"), status, to)
        self.assertEqual(self.content("moved"), b"a.txt")

    def test_copy(self) -> None:
        """A copy of a file is another file, counted as an upload; directories are not copied."""
        wire = self.open(quota_bytes=12)
        reply = self.ask(wire, "COPY", "/a.txt", "Destination: /copy")
        self.assertEqual((reply.status, self.content("copy"), self.content("a.txt")), (201, b"a.txt", b"a.txt"))
        self.assertIn(b"etag", reply.fields)
        self.assertEqual(self.status(wire, "COPY", "/a.txt", "Destination: /copy", "Overwrite: F"), 412)
        self.assertEqual(self.status(wire, "COPY", "/a.txt", "Destination: /copy"), 204)
        self.assertEqual(self.status(wire, "COPY", "/a.txt", "Destination: /more"), 507)
        self.assertEqual(self.status(wire, "COPY", "/sub", "Destination: /more"), 409)
        self.nothing_left()

    def test_permissions(self) -> None:
        """Both ends of a move need leave, and all that is in a directory."""
        self.write("sub/inner/x")
        for below, to, status in (
            ({"site": Right.READ}, "/site/sub", 403),
            ({"sub": Right.READ}, "/new1", 403),
            ({"inner": Right.MODIFY}, "/new2", 403),
            ({"inner": Right.MODIFY | Right.READ}, "/new3", 201),
        ):
            wire = self.open(permissions=Some(Right.ALL, **below))
            self.assertEqual(self.status(wire, "MOVE", "/sub", f"Destination: {to}"), status, to)
        wire = self.open(permissions=Some(Right.ALL, inner=Right.READ))
        self.assertEqual(self.status(wire, "DELETE", "/new3", "Depth: infinity"), 403)
        wire = self.open(permissions=Some(Right.WRITE | Right.READ))
        for method in ("DELETE", "MKCOL", "MOVE"):
            self.assertEqual(self.status(wire, method, "/a.txt", "Destination: /x"), 403)
        wire = self.open(permissions=Some(Right.ALL, **{"p.html": Right.MODIFY}))
        self.assertEqual(self.status(wire, "COPY", "/p.html", "Destination: /x"), 403)


class FormTests(WritingTestCase):
    """Forms of pages without a script."""

    def post(self, body: str, *fields: str, path: str = "/", **options: object) -> int:
        """The status of a form's response."""
        wire = self.open(**options)  # type: ignore[arg-type]  # as they are
        self.last = self.ask(wire, "POST", path, FORM, *fields, body=body.encode())
        return self.last.status

    def test_back_to_the_page(self) -> None:
        """A browser is sent back to the directory; who asks otherwise is told that it is done."""
        self.assertEqual(self.post("action=mkdir&name=new+one", "Accept: text/html", path="/sub/"), 303)
        self.assertEqual((self.last.fields[b"location"], self.names("sub")), (b"/sub/", {"b.txt", "new one"}))
        self.assertEqual(self.post("action=mkdir&name=u%cc%88"), 204)
        self.assertIn("\xfc", self.names())

    def test_rename(self) -> None:
        """One thing gets a free name in the same directory."""
        self.assertEqual(self.post("action=rename&name=a.txt&to=b"), 204)
        for body, status in (
            ("name=b&to=p.html", 412),
            ("name=b&to=", 400),
            ("name=b&to=..", 400),
            ("name=b&to=sub/b", 400),
            ("name=b&name=p.html&to=c", 400),
            ("name=b", 400),
            ("name=.env&to=c", 404),
        ):
            self.assertEqual(self.post(f"action=rename&{body}"), status, body)
        self.assertEqual(self.content("b"), b"a.txt")

    def test_names_as_they_are(self) -> None:
        """What is there is called as it is called, composed or not."""
        self.write("u\u0308")
        self.assertEqual(self.post("action=rename&name=u%cc%88&to=x"), 204)
        self.assertIn("x", self.names())

    def test_delete(self) -> None:
        """Several things go at once, full directories when somebody is sure."""
        self.assertEqual(self.post("action=delete&name=a.txt&name=p.html"), 204)
        self.assertEqual(self.post("action=delete&name=sub"), 409)
        self.assertEqual(self.post("action=delete&name=sub&sure=on"), 204)
        self.assertEqual(self.names(), {"site", ".env", ".well-known"})

    def test_refused(self) -> None:
        """What is unknown, names nothing or climbs is 400; without leave to modify it is 403."""
        for body in (
            "action=explode&name=a.txt",
            "action=delete",
            "name=a.txt",
            "action=delete&name=..",
            "action=delete&name=sub/b.txt",
        ):
            self.assertEqual(self.post(body), 400, body)
        self.assertEqual(self.post("action=delete&name=a.txt", modify=False), 403)
        self.assertEqual(self.post("action=delete&name=a.txt", "Origin: http://evil.example"), 403)
        self.assertEqual(self.post("action=delete&name=a.txt", permissions=Some(Right.READ | Right.WRITE)), 403)
        self.assertIn("a.txt", self.names())
