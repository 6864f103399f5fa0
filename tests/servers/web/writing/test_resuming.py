"""Tests for tnet.servers.web.writing.resuming."""

from __future__ import annotations

import os

from twisted.internet.error import ConnectionLost

from tests.servers.web.files.test_files import Threads
from tests.servers.web.wire import Reply, Wire
from tests.servers.web.writing.test_writing import digest
from tests.servers.web.writing.written import Some, WritingTestCase
from tnet.servers.web.permissions import Right
from tnet.servers.web.writing.resuming import PROGRESS_BYTES
from tnet.servers.web.writing.staging import STALE_SECONDS

VERSION = "Upload-Draft-Interop-Version: 8"
DONE, MORE = "Upload-Complete: ?1", "Upload-Complete: ?0"
MEDIA = "Content-Type: application/partial-upload"


class DraftTests(WritingTestCase):
    """Uploads with a resource of their own."""

    def create(self, wire: Wire, *fields: str, path: str = "/new", body: bytes = b"") -> str:
        """Where an upload that was begun is gone on with."""
        reply = self.ask(wire, "PUT", path, MORE, *fields, body=body)
        self.assertEqual((reply.status, reply.fields[b"upload-complete"]), (201, b"?0"))
        self.assertEqual(reply.fields[b"upload-offset"], b"%d" % len(body))
        return reply.fields[b"location"].decode()

    def append(self, wire: Wire, place: str, offset: int, body: bytes, *fields: str) -> Reply:
        """The response to some more of an upload; fields that are not given say that it is the last."""
        return self.ask(wire, "PATCH", place, MEDIA, f"Upload-Offset: {offset}", *(fields or (DONE,)), body=body)

    def offset(self, wire: Wire, place: str) -> bytes | None:
        """How far an upload is."""
        return self.ask(wire, "HEAD", place).fields.get(b"upload-offset")

    def test_in_parts(self) -> None:
        """An upload is begun, gone on with and completed; then it is there, as PUT would have made it."""
        wire = self.open()
        place = self.create(wire, body=b"one")
        self.assertTrue(place.startswith("/new?upload-token=r"))
        reply = self.append(wire, place, 3, b"two", MORE)
        self.assertEqual(
            (reply.status, reply.fields[b"upload-complete"], reply.fields[b"upload-offset"]), (204, b"?0", b"6")
        )
        self.assertNotIn("new", self.names())
        reply = self.append(wire, place, 6, b"three")
        self.assertEqual((reply.status, reply.fields[b"upload-complete"]), (201, b"?1"))
        self.assertEqual((reply.fields[b"location"], self.content("new")), (b"/new", b"onetwothree"))
        self.assertIn(b"etag", reply.fields)
        self.nothing_left()
        self.assertEqual(self.writing._room.taken_bytes, 11)

    def test_how_far(self) -> None:
        """HEAD tells the offset, the length where it was said, the limits, and whether it is complete."""
        wire = self.open()
        place = self.create(wire, "Upload-Length: 5", body=b"one")
        reply = self.ask(wire, "HEAD", place)
        fields = {name: reply.fields[name] for name in reply.fields if name.startswith((b"upload", b"cache"))}
        age = fields.pop(b"upload-limit")
        self.assertTrue(age.startswith(b"max-size=1048576, max-age=86"), age)
        told = {
            b"upload-complete": b"?0",
            b"upload-offset": b"3",
            b"upload-length": b"5",
            b"cache-control": b"no-store",
        }
        self.assertEqual((reply.status, fields), (204, told))
        self.append(wire, place, 3, b"ab")
        reply = self.ask(wire, "HEAD", place)
        self.assertEqual(
            (reply.status, reply.fields[b"upload-complete"], reply.fields[b"upload-offset"]), (204, b"?1", b"5")
        )

    def test_a_client_is_told_early(self) -> None:
        """Who speaks this version of the draft is told where to go on before its body comes; others are not."""
        wire = self.open()
        head = (
            f"PUT /new HTTP/1.1\r\nHost: h\r\n{DONE}\r\n{VERSION}\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
        )
        wire.send(head.encode())
        early, go_on = wire.reply(), wire.reply()
        self.assertEqual((early.status, go_on.status), (104, 100))
        self.assertEqual(early.fields[b"upload-draft-interop-version"], b"8")
        self.assertIn(b"max-size=", early.fields[b"upload-limit"])
        place = early.fields[b"location"].decode()
        wire.send(b"12345")
        wire.hang_up(ConnectionLost())
        again = self.open()
        self.assertEqual(self.offset(again, place), b"5")
        self.assertEqual(self.append(again, place, 5, b"6789").status, 201)
        self.assertEqual(self.content("new"), b"123456789")
        for version in ("X: y", "Upload-Draft-Interop-Version: 3"):
            self.ask(wire := self.open(), "PUT", f"/{version[0]}", DONE, version, body=b"x")
            self.assertEqual(self.interim, [])

    def test_progress(self) -> None:
        """Who speaks it is told now and then how much is safe."""
        wire = self.open(max_body_bytes=1 << 30)
        reply = self.ask(wire, "PUT", "/new", DONE, VERSION, body=bytes(PROGRESS_BYTES + 1))
        self.assertEqual((reply.status, reply.fields[b"upload-complete"]), (201, b"?1"))
        offsets = [each.fields.get(b"upload-offset") for each in self.interim]
        self.assertEqual(offsets, [None, b"%d" % (PROGRESS_BYTES + 1)])
        self.assertNotIn(b"location", self.interim[1].fields)

    def test_at_once(self) -> None:
        """An upload that is complete in one request is like any other, be it empty."""
        for name, body in (("one", b"hello"), ("two", b"")):
            wire = self.open()
            self.assertEqual(self.status(wire, "PUT", f"/{name}", DONE, body=body), 201)
            self.assertEqual(self.content(name), body)
        self.assertEqual(self.status(self.open(), "PUT", "/a.txt", DONE, body=b"x"), 204)
        self.nothing_left()

    def test_wrong_offset(self) -> None:
        """Going on anywhere else is 409, with the right place; nothing is written."""
        wire = self.open()
        place = self.create(wire, body=b"one")
        for offset in (0, 2, 4):
            reply = self.append(wire, place, offset, b"x")
            self.assertEqual(
                (reply.status, reply.fields[b"upload-offset"], reply.fields[b"upload-complete"]), (409, b"3", b"?0")
            )
        self.assertEqual(self.status(wire, "PATCH", place, MEDIA, DONE, body=b"x"), 400)
        self.assertEqual(self.status(wire, "PATCH", place, MEDIA, "Upload-Offset: 3", body=b"x"), 400)
        self.assertEqual(self.append(wire, place, 3, b"x").status, 201)

    def test_after_the_end(self) -> None:
        """What is complete is not gone on with."""
        wire = self.open()
        place = self.create(wire, body=b"one")
        self.append(wire, place, 3, b"")
        reply = self.append(wire, place, 3, b"more")
        self.assertEqual((reply.status, reply.fields[b"upload-complete"], self.content("new")), (409, b"?1", b"one"))

    def test_lengths(self) -> None:
        """A length that is said stays: what contradicts it is 400, and what goes over it is the upload's end."""
        wire = self.open()
        self.assertEqual(self.status(wire, "PUT", "/new", DONE, "Upload-Length: 9", body=b"x"), 400)
        self.assertEqual(self.status(wire, "PUT", "/new", MORE, "Upload-Length: 9999999", body=b"x"), 413)
        place = self.create(wire, "Upload-Length: 5", body=b"one")
        self.assertEqual(self.append(wire, place, 3, b"x", MORE, "Upload-Length: 6").status, 400)
        self.assertEqual(self.append(wire, place, 3, b"too much").status, 400)
        self.assertEqual(self.offset(wire, place), b"3")
        self.assertEqual(self.append(wire, place, 3, b"too much", MORE).status, 400)
        self.assertIsNone(self.offset(wire, place))
        self.nothing_left()

    def test_the_whole_is_bounded(self) -> None:
        """However many requests it takes, an upload is never longer than one request may be."""
        wire = self.open(max_body_bytes=5)
        place = self.create(wire, body=b"one")
        self.assertEqual(self.append(wire, place, 3, b"two", MORE).status, 413)
        self.nothing_left()

    def test_cancelled(self) -> None:
        """DELETE leaves nothing of it, and what is not there is 404; it needs no leave to modify."""
        wire = self.open(modify=False, quota_bytes=10)
        place = self.create(wire, body=b"one")
        self.assertEqual(self.status(wire, "DELETE", place), 204)
        self.assertEqual([self.status(wire, method, place) for method in ("DELETE", "HEAD")], [404, 404])
        self.assertEqual(self.append(wire, place, 3, b"x").status, 404)
        self.nothing_left()
        self.assertEqual(self.writing._room.taken_bytes, 0)

    def test_tokens_are_judged(self) -> None:
        """What is no token leads to nothing, whatever file it would name."""
        self.write(".tnet-upload-0123456789abcdef")
        for token in ("0123456789abcdef", "../a.txt", "r", "r" + "%2e" * 22, "p" + "0" * 32):
            self.assertEqual(self.status(self.open(), "HEAD", f"/new?upload-token={token}"), 404)

    def test_after_a_restart(self) -> None:
        """Another run goes on with it, and knows its length; it never replaces what has come meanwhile."""
        place = self.create(self.open(), "Upload-Length: 5", body=b"one")
        wire = self.open()
        self.assertEqual(self.ask(wire, "HEAD", place).fields[b"upload-length"], b"5")
        self.assertEqual(self.append(wire, place, 3, b"x").status, 400)
        self.assertEqual(self.append(wire, place, 3, b"ab").status, 201)
        place = self.create(self.open(), path="/other", body=b"one")
        self.write("other")
        reply = self.append(self.open(), place, 3, b"ab")
        self.assertEqual((reply.status, reply.fields[b"upload-complete"]), (409, b"?1"))
        self.nothing_left()

    def test_its_terms_hold_to_the_end(self) -> None:
        """A condition of the first request is judged when the upload is complete."""
        wire = self.open()
        place = self.create(wire, "If-None-Match: *", body=b"one")
        self.write("new")
        self.assertEqual(self.append(wire, place, 3, b"x").status, 412)
        self.assertEqual(self.content("new"), b"new")
        self.nothing_left()

    def test_digests(self) -> None:
        """A part that is not what it should be is taken back; a whole that is not is the upload's end."""
        wire = self.open()
        place = self.create(wire, body=b"one")
        self.assertEqual(self.append(wire, place, 3, b"twx", MORE, f"Content-Digest: {digest(b'two')}").status, 400)
        self.assertEqual(self.offset(wire, place), b"3")
        self.assertEqual(self.append(wire, place, 3, b"two", DONE, f"Content-Digest: {digest(b'two')}").status, 201)
        for body, status in ((b"two", 201), (b"twx", 400)):
            place = self.create(wire, f"Repr-Digest: {digest(b'onetwo')}", path=f"/n{status}", body=b"one")
            self.assertEqual(self.append(wire, place, 3, body).status, status)
        self.assertNotIn("n400", self.names())
        self.nothing_left()

    def test_two_at_once(self) -> None:
        """Who asks, or goes on, ends the request before it; nothing is written twice."""
        for ask in (True, False):
            threads = Threads()
            first = self.open(workers=threads)
            second = Wire(site=first.site)
            first.send(f"PUT /n{ask} HTTP/1.1\r\nHost: h\r\n{MORE}\r\nContent-Length: 9\r\n\r\none".encode())
            (name,) = self.unfinished()
            place = f"/n{ask}?upload-token={name.removeprefix('.tnet-upload-')}"
            if ask:
                second.ask("HEAD", place)
                threads.work()
                self.assertEqual(second.reply(bodiless=True).fields[b"upload-offset"], b"3")
            second.ask("PATCH", place, "Upload-Offset: 3", DONE, body=b"two")
            threads.work()
            self.assertEqual((second.reply().status, self.content(f"n{ask}")), (201, b"onetwo"))
            self.assertTrue(first.socket.aborted)
            first.hang_up(ConnectionLost())
            threads.work()
            self.nothing_left()

    def test_by_post(self) -> None:
        """A POST to a directory begins one for the name that its Content-Disposition gives."""
        wire = self.open()
        disposition = "Content-Disposition: inline; filename=\"x\"; filename*=UTF-8''n%c3%bc"
        reply = self.ask(wire, "POST", "/sub/", MORE, disposition, body=b"one")
        place = reply.fields[b"location"].decode()
        self.assertTrue(place.startswith("/sub/n%C3%BC?upload-token="))
        self.assertEqual(self.append(wire, place, 3, b"").status, 201)
        self.assertEqual(self.content("sub/n\xfc"), b"one")

    def test_permissions(self) -> None:
        """Whoever goes on needs the right to write then, and a name that may be written."""
        place = self.create(self.open(), body=b"one")
        for method in ("HEAD", "PATCH", "DELETE"):
            wire = self.open(permissions=Some(Right.READ))
            self.assertEqual(self.status(wire, method, place, "Upload-Offset: 3", DONE), 403)
            token = place.partition("?")[2]
            self.assertEqual(self.status(self.open(), method, f"/.hidden?{token}", "Upload-Offset: 3", DONE), 400)

    def test_no_space(self) -> None:
        """What does not fit leaves nothing, at the beginning and later."""
        wire = self.open(quota_bytes=5)
        self.assertEqual(self.status(wire, "PUT", "/new", MORE, "Upload-Length: 6"), 507)
        place = self.create(wire, body=b"one")
        self.assertEqual(self.append(wire, place, 3, b"two").status, 507)
        self.assertIsNone(self.offset(wire, place))
        self.nothing_left()
        self.assertEqual(self.writing._room.taken_bytes, 0)

    def test_the_end_of_its_time(self) -> None:
        """What nobody goes on with for a day is removed."""
        wire = self.open()
        place = self.create(wire, body=b"one")
        self.now += STALE_SECONDS + 60
        self.assertEqual(self.ask(wire, "HEAD", place).status, 404)
        self.nothing_left()
        self.assertEqual(self.writing._room.taken_bytes, 0)


class PlainTests(WritingTestCase):
    """PATCH of a file, without a token."""

    def patch(self, wire: Wire, offset: int, body: bytes, *fields: str, path: str = "/new") -> Reply:
        """The response to some more of it."""
        return self.ask(wire, "PATCH", path, f"Upload-Offset: {offset}", *fields, body=body)

    def test_in_one(self) -> None:
        """From 0, and nothing else said, the body is all of it."""
        reply = self.patch(self.open(), 0, b"hello")
        self.assertEqual((reply.status, reply.fields[b"upload-complete"], self.content("new")), (201, b"?1", b"hello"))
        self.nothing_left()

    def test_in_parts(self) -> None:
        """It is complete when that is said, or its length reached."""
        for fields in ((MORE,), ("Upload-Length: 6",)):
            wire = self.open()
            self.assertEqual(self.status(wire, "HEAD", "/new?upload"), 404)
            self.assertEqual(self.patch(wire, 0, b"one", *fields).status, 204)
            self.assertEqual(self.ask(wire, "HEAD", "/new?upload").fields[b"upload-offset"], b"3")
            self.assertEqual(self.patch(wire, 3, b"two").status, 201)
            self.assertEqual(self.content("new"), b"onetwo")
            os.unlink(os.path.join(self.path, "new"))

    def test_interrupted(self) -> None:
        """What came before the client left is there for its next request, of any run."""
        wire = self.open()
        wire.send(b"PATCH /new HTTP/1.1\r\nHost: h\r\nUpload-Offset: 0\r\nContent-Length: 6\r\n\r\none")
        wire.hang_up(ConnectionLost())
        wire = self.open()
        reply = self.patch(wire, 0, b"onetwo")
        self.assertEqual((reply.status, reply.fields[b"upload-offset"]), (409, b"3"))
        self.assertEqual(self.patch(wire, 3, b"two").status, 201)
        self.assertEqual(self.content("new"), b"onetwo")
        self.nothing_left()

    def test_as_dufs_does(self) -> None:
        """`X-Update-Range: append` goes on wherever it is, and a range where it begins."""
        wire = self.open()
        self.assertEqual(self.status(wire, "PATCH", "/new", "X-Update-Range: append", MORE, body=b"one"), 204)
        self.assertEqual(self.status(wire, "PATCH", "/new", "X-Update-Range: bytes=3-5", MORE, body=b"two"), 204)
        self.assertEqual(self.status(wire, "PATCH", "/new", "X-Update-Range: append", body=b"three"), 201)
        self.assertEqual(self.content("new"), b"onetwothree")
        self.assertEqual(self.status(wire, "PATCH", "/new", "X-Update-Range: last", body=b"x"), 400)

    def test_what_is_there(self) -> None:
        """A file that is there is 409 where it may not be replaced, and replaced otherwise."""
        self.assertEqual(self.patch(self.open(modify=False), 0, b"x", path="/a.txt").status, 409)
        self.assertEqual(self.patch(self.open(), 0, b"x", "If-None-Match: *", path="/a.txt").status, 412)
        self.assertEqual(self.patch(self.open(), 0, b"x", path="/a.txt").status, 204)
        self.assertEqual(self.content("a.txt"), b"x")

    def test_cancelled(self) -> None:
        """`?upload` without a token is the one that needs none."""
        wire = self.open()
        self.patch(wire, 0, b"one", MORE)
        self.assertEqual(self.status(wire, "DELETE", "/new?upload"), 204)
        self.nothing_left()

    def test_nothing_that_can_be_gone_on_with(self) -> None:
        """A part from the middle of nothing is 409 and tells to begin; a directory is none."""
        reply = self.patch(self.open(), 7, b"x")
        self.assertEqual((reply.status, reply.fields[b"upload-offset"]), (409, b"0"))
        for path in ("/sub", "/", "/new/"):
            self.assertEqual(self.patch(self.open(), 0, b"x", path=path).status, 409)
        self.nothing_left()
