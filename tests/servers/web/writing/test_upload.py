"""Tests for tnet.servers.web.writing.upload."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.error import ConnectionLost

from tests.servers.web.files.test_files import Threads
from tests.servers.web.wire import Wire
from tests.servers.web.writing.written import Some, WritingTestCase
from tnet.servers.web.permissions import Right


def form(*files: tuple[str, bytes], end: bytes = b"--b--\r\n") -> bytes:
    """A multipart body."""
    parts = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n%b\r\n' % (os.fsencode(name), data)
        for name, data in files
    )
    return b"".join(parts) + end


FORM = "Content-Type: multipart/form-data; boundary=b"


class UploadTestCase(WritingTestCase):
    """Has a directory that takes uploads, and nothing else."""

    def open(self, **options: Any) -> Wire:
        """A wire to it."""
        return super().open(**{"modify": False} | options)


class PutTests(UploadTestCase):
    """PUT."""

    def test_created(self) -> None:
        """A new file is 201 with its place, and holds the body, be it empty."""
        for body in (b"hello", b""):
            wire = self.open()
            name = f"new {len(body)}"
            wire.ask("PUT", f"/sub/new%20{len(body)}", body=body)
            reply = wire.reply()
            self.assertEqual((reply.status, reply.fields[b"location"]), (201, f"/sub/new%20{len(body)}".encode()))
            self.assertEqual((self.content(f"sub/{name}"), wire.socket.disconnecting), (body, False))
            self.nothing_left()

    def test_refused_before_the_body(self) -> None:
        """Names that are taken, impossible, or nowhere are refused at once."""
        for path, status in (
            ("/a.txt", 409),
            ("/sub", 409),
            ("/new/", 409),
            ("/", 409),
            ("/.hidden", 400),
            ("/a%0ab", 400),
            ("/a%5cb", 400),
            ("/" + "x" * 256, 400),
            ("/nothing/new", 409),
            ("/a.txt/new", 409),
            ("/con.txt", 400),
            ("/new.", 400),
            ("/../new", 404),
            ("/new%00", 400),
        ):
            wire = self.open()
            fields = b"Host: h\r\nContent-Length: 3\r\nExpect: 100-continue"
            wire.send(b"PUT %b HTTP/1.1\r\n%b\r\n\r\n" % (path.encode(), fields))
            self.assertEqual(wire.reply().status, status, path)
            self.nothing_left()

    def test_too_long(self) -> None:
        """A body over the limit is 413, at once or when it gets there."""
        wire = self.open(max_body_bytes=4)
        wire.ask("PUT", "/new", body=b"hello")
        self.assertEqual(wire.reply().status, 413)
        wire = self.open(max_body_bytes=4)
        wire.send(b"PUT /new HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        self.assertEqual(wire.reply().status, 413)
        self.assertNotIn("new", self.names())
        self.nothing_left()

    def test_a_client_that_leaves(self) -> None:
        """Half a body leaves nothing, even when a thread is still writing it."""
        for waiting in (False, True):
            threads = Threads()
            wire = self.open(workers=threads)
            wire.send(b"PUT /new HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf")
            if not waiting:
                threads.work()
            wire.hang_up(ConnectionLost())
            threads.work()
            self.assertNotIn("new", self.names())
            self.nothing_left()

    def test_the_sender_waits_for_the_disk(self) -> None:
        """While a piece is being written, the next is not taken."""
        threads = Threads()
        wire = self.open(workers=threads)
        wire.send(b"PUT /new HTTP/1.1\r\nHost: h\r\nContent-Length: 100004\r\n\r\nhalf", b"x" * 100_000)
        self.assertEqual((len(threads.waiting), wire.socket.producerState), (2, "paused"))
        threads.work()
        self.assertEqual((wire.reply().status, len(self.content("new"))), (201, 100_004))

    def test_a_race(self) -> None:
        """Of two that upload the same name one wins, and its file is whole."""
        wires = [self.open(), self.open()]
        for wire, letter in zip(wires, (b"a", b"b"), strict=True):
            wire.send(b"PUT /new HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n" + letter)
        for wire, letter in zip(wires, (b"a", b"b"), strict=True):
            wire.send(letter)
        self.assertEqual(([wire.reply().status for wire in wires], self.content("new")), ([201, 409], b"aa"))
        self.nothing_left()


class FormTests(UploadTestCase):
    """POST of a form."""

    def post(self, wire: Wire, body: bytes, *fields: str, path: str = "/sub/") -> int:
        """The status of a form's response."""
        wire.ask("POST", path, FORM, *fields, body=body)
        self.last = wire.reply()
        return self.last.status

    def test_files(self) -> None:
        """Each file of a form is made, its path dropped, its bytes untouched; other fields do not matter."""
        other = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n'
        data = b"\x00\r\n--not the end\xff"
        body = other + form(("one", data), ("../../two", b""), ("C:\\three", b"3"))
        self.assertEqual(self.post(self.open(), body), 201)
        self.assertEqual(self.last.fields[b"location"], b"/sub/one")
        self.assertEqual((self.content("sub/one"), self.content("sub/two")), (data, b""))
        self.assertEqual(self.names("sub"), {"b.txt", "one", "two", "three"})
        self.nothing_left()

    def test_from_a_browser(self) -> None:
        """A browser is sent back to the listing."""
        wire = self.open()
        self.assertEqual(self.post(wire, form(("one", b"1")), "Accept: text/html"), 303)
        self.assertEqual(self.last.fields[b"location"], b"/sub/")
        self.assertEqual(self.post(wire, form(("two", b"1")), "Accept: text/html", path="/sub"), 303)
        self.assertEqual(self.last.fields[b"location"], b"/sub/")

    def test_byte_by_byte(self) -> None:
        """However the body is cut, the file is the same."""
        wire = self.open()
        body = form(("one", b"a\r\n--c"), ("two", b"\r\n"))
        head = f"POST / HTTP/1.1\r\nHost: h\r\n{FORM}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        wire.send(head, *(body[at : at + 1] for at in range(len(body))))
        self.assertEqual((wire.reply().status, self.content("one"), self.content("two")), (201, b"a\r\n--c", b"\r\n"))

    def test_all_or_nothing(self) -> None:
        """When one of the files cannot be made, none is."""
        for body, status in (
            (form(("one", b"1"), ("b.txt", b"2")), 409),
            (form(("one", b"1"), ("one", b"2")), 409),
            (form(("one", b"1"), (".hidden", b"2")), 400),
            (form(("one", b"1"), end=b""), 400),
            (form(), 400),
            (form(("", b"")), 400),
            (b"junk", 400),
            (form(*((f"n{number}", b"") for number in range(1001))), 413),
        ):
            wire = self.open()
            self.assertEqual(self.post(wire, body), status)
            self.assertEqual((self.names("sub"), self.content("sub/b.txt")), ({"b.txt"}, b"sub/b.txt"))
            self.nothing_left()

    def test_what_is_wrong_is_said_once(self) -> None:
        """A refusal names the name or the fault, escaped once and without what Python calls it."""
        for files, told in (
            (form(("a\nb", b"1")), b'400 Bad Request: "a\\x0ab" cannot be the name of an upload\n'),
            (form(("\udcff", b"1")), b"400 Bad Request: malformed multipart body: Segment header failed to decode\n"),
        ):
            self.post(self.open(), files)
            self.assertEqual(self.last.body, told)

    def test_many_files(self) -> None:
        """However many files a form holds, only the one that is coming is open."""
        wire = self.open()
        body = form(*((f"n{number}", b"x") for number in range(50)), end=b"")
        wire.send(f"POST / HTTP/1.1\r\nHost: h\r\n{FORM}\r\nContent-Length: {len(body) + 7}\r\n\r\n".encode(), body)
        self.assertLess(self.open_here() - self.descriptors, 5)
        wire.send(b"--b--\r\n")
        self.assertEqual((wire.reply().status, len(self.names()), self.content("n49")), (201, 56, b"x"))
        self.nothing_left()

    def test_not_a_form(self) -> None:
        """Another type of body is 415, a form for a file 405, a form for nothing 404; no body at all is a bad form."""
        wire = self.open()
        wire.ask("POST", "/sub/", "Content-Type: text/plain", body=b"x")
        self.assertEqual(wire.reply().status, 415)
        for path, status in (("/a.txt", 405), ("/nothing/", 404)):
            self.assertEqual(self.post(self.open(), form(("one", b"1")), path=path), status)
        self.assertEqual(self.post(self.open(), b""), 400)
        self.nothing_left()

    def test_from_another_site(self) -> None:
        """A form that another site made a browser send is refused."""
        for origin, status in (("http://evil.example", 403), ("null", 403), ("http://h", 201)):
            self.assertEqual(self.post(self.open(), form(("one", b"1")), f"Origin: {origin}"), status)

    def test_a_client_that_leaves(self) -> None:
        """Half a form leaves nothing, even when a thread is still writing it."""
        for waiting in (False, True):
            threads = Threads()
            wire = self.open(workers=threads)
            head = f"POST / HTTP/1.1\r\nHost: h\r\n{FORM}\r\nContent-Length: 9999\r\n\r\n".encode()
            wire.send(head + form(("one", b"1"), ("two", b"2"), end=b"")[:-5])
            if not waiting:
                threads.work()
            wire.hang_up(ConnectionLost())
            threads.work()
            self.assertFalse({"one", "two"} & self.names())
            self.nothing_left()

    def test_ten_thousand_parts(self) -> None:
        """More parts than a form may have are 413, files or not, and leave nothing."""
        for name in (b'; filename="n%d"', b""):
            part = b'--b\r\nContent-Disposition: form-data; name="x"' + name + b"\r\n\r\n\r\n"
            body = b"".join(part % number if name else part for number in range(10_000)) + b"--b--\r\n"
            wire = self.open(max_body_bytes=1 << 23)
            self.assertEqual(self.post(wire, body), 413)
            self.nothing_left()

    def test_a_part_with_a_megabyte_of_head(self) -> None:
        """A head of a part that has no end is 413 long before that, and not kept."""
        for filler in (b"x" * (1 << 20), b"X: y\r\n" * (1 << 17)):
            wire = self.open(max_body_bytes=1 << 23)
            body = b'--b\r\nContent-Disposition: form-data; name="x"\r\nX: ' + filler + b"\r\n\r\n\r\n--b--"
            self.assertEqual(self.post(wire, body), 413)
            self.nothing_left()

    def test_a_boundary_inside_data(self) -> None:
        """What looks like the boundary, and is none, is data."""
        data = b"--b\r\n--bb--\r\n-\r\n--\r\n--c\r\r\n--"
        self.assertEqual(self.post(self.open(), form(("one", b"x" + data))), 400)
        data = b"--bb\r\n\r\n --b\r\n\n--b\r\n-\r\n--c\r\r\n--"
        self.assertEqual(self.post(self.open(), form(("one", data))), 201)
        self.assertEqual(self.content("sub/one"), data)

    def test_names_in_every_way(self) -> None:
        """`filename*` counts before `filename`; names are made NFC; paths of directories are dropped without leave."""
        wire = self.open()
        for disposition, name in (
            (b"filename=\"x\"; filename*=UTF-8''%c3%bc.txt", "\xfc.txt"),
            ('filename="u\u0308"'.encode(), "\xfc"),
            (b'filename="a/b/c"', "c"),
            (b'filename="/etc/d"', "d"),
        ):
            body = b'--b\r\nContent-Disposition: form-data; name="f"; ' + disposition + b"\r\n\r\n1\r\n--b--\r\n"
            self.assertEqual(self.post(wire, body), 201)
            self.assertEqual(self.content(f"sub/{name}"), b"1")

    def test_duplicate_names(self) -> None:
        """Two files of one name are 409, however they are spelled, and neither is made."""
        for first, second in (("one", "one"), ("\xfc", "u\u0308"), ("a/one", "b/one")):
            self.assertEqual(self.post(self.open(), form((first, b"1"), (second, b"2"))), 409)
            self.nothing_left()
        self.assertEqual(self.names("sub"), {"b.txt"})

    def test_folders(self) -> None:
        """With leave to modify a folder arrives as one, all of it or none."""
        wire = self.open(modify=True)
        self.assertEqual(
            self.post(wire, form(("f/one", b"1"), ("f/g/two", b"2"), ("f/three", b"3"), ("four", b"4"))), 201
        )
        self.assertEqual(
            (self.content("sub/f/g/two"), self.names("sub/f"), self.content("sub/four")),
            (b"2", {"g", "one", "three"}, b"4"),
        )
        for wrong in ("h/.git/two", "h/b/\x01", "h/con/x"):
            self.assertEqual(self.post(self.open(modify=True), form(("h/one", b"1"), (wrong, b"2"))), 400)
        self.assertNotIn("h", self.names("sub"))
        self.nothing_left()

    def test_too_many_folders(self) -> None:
        """A form makes only so many directories at once."""
        body = form(*((f"f{number}/x", b"") for number in range(101)))
        self.assertEqual(self.post(self.open(modify=True), body), 413)
        self.assertEqual(self.names("sub"), {"b.txt"})
        self.nothing_left()

    def test_quota(self) -> None:
        """The files of a form count together."""
        wire = self.open(quota_bytes=3)
        self.assertEqual(self.post(wire, form(("one", b"12"), ("two", b"34"))), 507)
        self.nothing_left()
        self.assertEqual(self.post(self.open(quota_bytes=3), form(("one", b"12"), ("two", b"3"))), 201)

    def test_permissions(self) -> None:
        """Each file needs the right to write, and a new directory that to modify."""
        permissions = Some(Right.WRITE, two=Right.NONE)
        self.assertEqual(self.post(self.open(permissions=permissions), form(("one", b"1"), ("two", b"2"))), 403)
        wire = self.open(modify=True, permissions=Some(Right.WRITE))
        self.assertEqual(self.post(wire, form(("f/one", b"1"))), 403)
        self.assertEqual(self.names("sub"), {"b.txt"})
        self.nothing_left()
