"""Tests for tnet.servers.web.writing.writing."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from typing import Any

from twisted.internet.error import ConnectionLost

from tests.servers.web.files.test_files import Threads
from tests.servers.web.writing.written import Some, WritingTestCase
from tnet.servers.web.permissions import Permissions, Right
from tnet.servers.web.writing.writing import SWEEP_SECONDS


class PutTests(WritingTestCase):
    """PUT with leave to replace."""

    def etag(self, wire: Any, path: str = "/a.txt") -> str:
        """The validator of what is there."""
        return wire.get(path).fields[b"etag"].decode()

    def test_created_and_replaced(self) -> None:
        """A new file is 201, another one in its place 204; both tell where it is and which version."""
        wire = self.open()
        for status, body in ((201, b"one"), (204, b"two"), (204, b"")):
            reply = self.ask(wire, "PUT", "/new", body=body)
            self.assertEqual((reply.status, reply.fields[b"location"]), (status, b"/new"))
            self.assertEqual(self.content("new"), body)
            self.assertEqual(reply.fields[b"etag"].decode(), self.etag(wire, "/new").removeprefix("W/"))
        self.nothing_left()

    def test_only_if_new(self) -> None:
        """With If-None-Match: * what is there stays, and that is 412."""
        for modify in (True, False):
            wire = self.open(modify=modify)
            self.assertEqual(self.status(wire, "PUT", "/a.txt", "If-None-Match: *", body=b"x"), 412)
            self.assertEqual(self.status(wire, "PUT", f"/new {modify}".replace(" ", ""), "If-None-Match: *"), 201)
        self.assertEqual(self.content("a.txt"), b"a.txt")
        self.nothing_left()

    def test_only_if_the_same(self) -> None:
        """With If-Match only the version that was seen is replaced; where there is none, that is 412 too."""
        wire = self.open()
        seen = self.etag(wire)
        for tag, status in (('"other"', 412), (seen, 204), (seen, 412), ("*", 204)):
            self.assertEqual(self.status(wire, "PUT", "/a.txt", f"If-Match: {tag}", body=tag.encode()), status)
        self.assertEqual(self.status(wire, "PUT", "/nothing", "If-Match: *"), 412)
        self.assertEqual(self.content("a.txt"), b"*")

    def test_only_if_old_enough(self) -> None:
        """If-Unmodified-Since counts as well."""
        wire = self.open()
        since = "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:01 GMT"
        self.assertEqual(self.status(wire, "PUT", "/a.txt", since, body=b"x"), 412)

    def test_a_race_of_two_that_replace(self) -> None:
        """Of two that saw the same version the first wins; the other is told 412, not before its body is there."""
        wires = [self.open(), self.open()]
        tag = self.etag(wires[0])
        for wire in wires:
            wire.send(f"PUT /a.txt HTTP/1.1\r\nHost: h\r\nIf-Match: {tag}\r\nContent-Length: 2\r\n\r\n".encode() + b"1")
        for number, wire in enumerate(wires):
            wire.send(b"%d" % number)
        self.assertEqual(([wire.reply().status for wire in wires], self.content("a.txt")), ([204, 412], b"10"))
        self.nothing_left()

    def test_a_race_of_two_that_create(self) -> None:
        """Of two that want a new name the second is told 412 when it had said so, and 409 otherwise."""
        for field, told in (("If-None-Match: *", 412), ("X: y", 409)):
            wires = [self.open(modify=False), self.open(modify=False)]
            for wire in wires:
                wire.send(f"PUT /n{told} HTTP/1.1\r\nHost: h\r\n{field}\r\nContent-Length: 2\r\n\r\n".encode() + b"1")
            for wire in wires:
                wire.send(b"2")
            self.assertEqual([wire.reply().status for wire in wires], [201, told])
        self.nothing_left()

    def test_never_a_directory(self) -> None:
        """A directory, the root, and a path with a slash at its end are no files."""
        wire = self.open()
        for path in ("/sub", "/", "/sub/", "/new/"):
            self.assertEqual(self.status(wire, "PUT", path, body=b"x"), 409, path)
        self.nothing_left()

    def test_directories_on_the_way(self) -> None:
        """Who may make directories need not make them first; of an upload that fails none is left."""
        wire = self.open()
        self.assertEqual(self.status(wire, "PUT", "/one/two/new", body=b"x"), 201)
        self.assertEqual(self.content("one/two/new"), b"x")
        self.assertEqual(self.status(wire, "PUT", "/three/four/n", f"Content-Digest: {digest(b'y')}", body=b"x"), 400)
        self.assertEqual(self.status(wire, "PUT", "/three/.hidden/n", body=b"x"), 400)
        self.assertEqual(self.status(wire, "PUT", "/a.txt/n", body=b"x"), 409)
        self.assertNotIn("three", self.names())
        self.assertEqual(self.status(self.open(modify=False), "PUT", "/three/n", body=b"x"), 409)
        self.nothing_left()

    def test_its_mode_stays(self) -> None:
        """A file in the place of another has its permissions."""
        os.chmod(os.path.join(self.path, "a.txt"), 0o640)
        self.assertEqual(self.status(self.open(), "PUT", "/a.txt", body=b"x"), 204)
        self.assertEqual(os.stat(os.path.join(self.path, "a.txt")).st_mode & 0o777, 0o640)

    def test_links(self) -> None:
        """A link is replaced by a file, and what it leads to stays; it has the ETag of what it leads to."""
        os.symlink("p.html", os.path.join(self.path, "link"))
        os.symlink("nowhere", os.path.join(self.path, "dangling"))
        wire = self.open()
        tag = self.etag(wire, "/link")
        self.assertEqual(self.status(wire, "PUT", "/link", 'If-Match: "x"', body=b"x"), 412)
        self.assertEqual(self.status(wire, "PUT", "/link", f"If-Match: {tag}", body=b"x"), 204)
        self.assertEqual(self.status(wire, "PUT", "/dangling", body=b"x"), 204)
        self.assertEqual((self.content("p.html"), os.path.islink(os.path.join(self.path, "link"))), (b"p.html", False))

    def test_through_a_linked_directory(self) -> None:
        """A directory that a link leads to is written to if it is below the root, never outside, whatever is served."""
        os.mkdir(os.path.join(self.path, "..", "outside"))
        os.symlink("sub", os.path.join(self.path, "inner"))
        os.symlink("../outside", os.path.join(self.path, "outer"))
        os.symlink(os.path.abspath(os.path.join(self.path, "..", "outside")), os.path.join(self.path, "absolute"))
        for follow in (False, True):
            wire = self.open(follow_symlinks=follow)
            self.assertEqual(self.status(wire, "PUT", f"/inner/new{follow}", body=b"x"), 201)
            self.assertEqual(self.content(f"sub/new{follow}"), b"x")
            for path in ("/outer/new", "/absolute/new", "/outer/made/new"):
                self.assertEqual(self.status(wire, "PUT", path, body=b"x"), 409, path)
        self.assertEqual(os.listdir(os.path.join(self.path, "..", "outside")), [])
        self.nothing_left()

    def test_a_digest(self) -> None:
        """A body that is not what its digest says leaves nothing."""
        wire = self.open()
        for field in ("Content-Digest", "Repr-Digest"):
            self.assertEqual(self.status(wire, "PUT", "/new", f"{field}: {digest(b'other')}", body=b"x"), 400)
            self.assertEqual(self.status(wire, "PUT", "/new", f"{field}: nonsense", body=b"x"), 400)
            self.assertNotIn("new", self.names())
            self.assertEqual(self.status(wire, "PUT", f"/{field}", f"{field}: {digest(b'x')}", body=b"x"), 201)
        self.nothing_left()

    def test_not_as_it_is(self) -> None:
        """A part of a file, and an encoded one, are no files."""
        wire = self.open()
        for field, status in (("Content-Range: bytes 0-0/2", 400), ("Content-Encoding: gzip", 415)):
            self.assertEqual(self.status(wire, "PUT", "/new", field, body=b"x"), status)
        self.assertEqual(self.status(wire, "PUT", "/new", "Content-Encoding: identity", body=b"x"), 201)

    def test_lengths_that_lie(self) -> None:
        """A body that ends too early leaves nothing, what comes after its end is another request."""
        wire = self.open()
        wire.send(b"PUT /short HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf")
        wire.channel.readConnectionLost()
        self.assertNotIn("short", self.names())
        wire = self.open()
        wire.send(b"PUT /long HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nGET")
        self.assertEqual((wire.reply().status, self.content("long")), (201, b"GE"))
        wire.hang_up(ConnectionLost())
        self.nothing_left()

    def test_a_client_that_leaves_at_99_percent(self) -> None:
        """However near the end, nothing is left, and what is there stays."""
        wire = self.open()
        wire.send(b"PUT /a.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n" + b"x" * 99)
        wire.hang_up(ConnectionLost())
        self.assertEqual(self.content("a.txt"), b"a.txt")
        self.nothing_left()

    def test_a_client_that_leaves_while_it_is_named(self) -> None:
        """When the client leaves and the file has its name, it stays; when it has not, nothing is left."""
        for done in (True, False):
            threads = Threads()
            wire = self.open(workers=threads)
            wire.send(f"PUT /n{done} HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n".encode())
            wire.send(b"x")
            while len(threads.waiting) > 1 or (done and threads.waiting):
                threads.waiting.pop(0)()
            wire.hang_up(ConnectionLost())
            threads.work()
            self.nothing_left()
        self.assertIn("nTrue", self.names())

    def test_its_file_is_taken_away(self) -> None:
        """When somebody removes what was written so far, that is 409."""
        threads = Threads()
        wire = self.open(workers=threads)
        wire.send(b"PUT /new HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")
        (hidden,) = self.unfinished()
        os.unlink(os.path.join(self.path, hidden))
        threads.work()
        self.assertEqual(wire.reply().status, 409)
        self.nothing_left()


def digest(data: bytes) -> str:
    """A member of a digest field."""
    return f"sha-256=:{b64encode(hashlib.sha256(data).digest()).decode()}:"


class GuardTests(WritingTestCase):
    """Quota, free space, permissions, and where it comes from."""

    def test_quota_by_length(self) -> None:
        """A body that is over the quota is refused before it comes, one that fits is taken."""
        wire = self.open(quota_bytes=10)
        wire.send(b"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(wire.reply().status, 507)
        wire = self.open(quota_bytes=10)
        self.assertEqual(self.status(wire, "PUT", "/a", body=b"x" * 6), 201)
        self.assertEqual(self.status(wire, "PUT", "/b", body=b"x" * 4), 201)
        self.assertEqual(self.status(wire, "PUT", "/c", body=b"x"), 507)
        self.nothing_left()

    def test_quota_while_it_comes(self) -> None:
        """A chunked body is refused when it gets over the quota, a form too; what they took is free again."""
        wire = self.open(quota_bytes=4)
        wire.send(b"PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        self.assertEqual(wire.reply().status, 507)
        self.nothing_left()
        self.assertEqual(self.writing._room.taken_bytes, 0)

    def test_quota_of_those_who_leave(self) -> None:
        """What is cut off is not counted."""
        wire = self.open(quota_bytes=10)
        wire.send(b"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nxxx")
        self.assertEqual(self.writing._room.taken_bytes, 10)
        wire.hang_up(ConnectionLost())
        self.assertEqual(self.writing._room.taken_bytes, 0)

    def test_free_space(self) -> None:
        """When less than the minimum would be left, nothing is taken."""
        wire = self.open(min_free_bytes=1 << 62)
        self.assertEqual(self.status(wire, "PUT", "/a", body=b"x"), 507)
        self.nothing_left()

    def test_permissions(self) -> None:
        """New files need the right to write, others that to modify, where they are asked for and where they are."""
        os.symlink("sub", os.path.join(self.path, "link"))
        for granted, below, path, status in (
            (Right.READ, {}, "/new1", 403),
            (Right.WRITE, {}, "/new2", 201),
            (Right.WRITE, {}, "/a.txt", 409),
            (Right.MODIFY, {}, "/a.txt", 204),
            (Right.MODIFY, {}, "/new3", 403),
            (Right.ALL, {"sub": Right.READ}, "/link/new", 403),
            (Right.ALL, {"link": Right.READ}, "/link/new", 403),
            (Right.WRITE, {}, "/made/new", 403),
            (Right.NONE, {}, "/nothing/new", 403),
        ):
            wire = self.open(permissions=Some(granted, **below))
            self.assertEqual(self.status(wire, "PUT", path, body=b"x"), status, (granted, path))
        self.nothing_left()

    def test_without_uploads(self) -> None:
        """With leave to modify alone, what is there is replaced, and nothing new is taken."""
        wire = self.open(upload=False)
        self.assertEqual(self.status(wire, "PUT", "/new", body=b"x"), 403)
        self.assertEqual(self.status(wire, "PUT", "/a.txt", body=b"x"), 204)

    def test_from_another_site(self) -> None:
        """Whatever the method, what another site made a browser send is refused before anything happens."""
        for method in ("PUT", "POST", "PATCH", "DELETE", "MKCOL", "MOVE", "COPY"):
            for field in ("Origin: http://evil.example", "Sec-Fetch-Site: cross-site", "Origin: null"):
                status = self.status(self.open(), method, "/a.txt", field, "Destination: /b", "Upload-Offset: 0")
                self.assertEqual(status, 403, (method, field))
        fields = ("Content-Type: text/plain", "Origin: http://evil.example")
        self.assertEqual(self.status(self.open(), "POST", "/", *fields, body=b"action=delete&name=a.txt"), 403)
        self.assertEqual(self.status(self.open(), "POST", "/", fields[0], body=b"action=delete&name=a.txt"), 415)
        self.assertEqual(self.content("a.txt"), b"a.txt")

    def test_methods(self) -> None:
        """What is not to be modified has none of the methods for it; OPTIONS tells what is taken."""
        self.open(modify=False)
        self.assertEqual(self.writing.methods, (b"POST", b"PUT", b"PATCH", b"DELETE"))
        self.assertEqual(self.status(self.open(modify=False), "DELETE", "/a.txt"), 405)
        self.assertEqual(self.status(self.open(modify=False), "MKCOL", "/a.txt"), 405)
        reply = self.ask(self.open(), "OPTIONS", "/")
        self.assertEqual(reply.fields[b"accept-patch"], b"application/partial-upload")
        self.assertEqual(reply.fields[b"upload-limit"], b"max-size=1048576, max-age=86400")
        self.assertIn(b"MKCOL", reply.fields[b"allow"])

    def test_swept(self) -> None:
        """The first request that writes has what was left behind removed, and later ones now and then."""
        wire = self.open()
        for round in range(2):
            self.write(".tnet-upload-0123")
            self.assertEqual(self.status(wire, "PUT", "/new"), 204 if round else 201)
            self.assertEqual(self.unfinished(), [])
            self.write(".tnet-upload-4567")
            self.assertEqual(self.status(wire, "PUT", "/new"), 204)
            self.assertEqual(self.unfinished(), [".tnet-upload-4567"])
            self.now += SWEEP_SECONDS + 1

    def test_base_permissions_need_no_survey(self) -> None:
        """Everybody's rights are those of the site."""
        wire = self.open(permissions=Permissions(Right.ALL))
        self.assertEqual(self.status(wire, "DELETE", "/a.txt"), 204)
