"""Tests for tnet.servers.web.archives.archives."""

from __future__ import annotations

import gc
import io
import os
import tarfile
import zipfile
from typing import Any
from unittest.mock import patch

from backports import zstd
from twisted.internet.error import ConnectionLost

from tests.servers.web.files.test_files import Threads
from tests.servers.web.served import ServedTestCase
from tests.servers.web.wire import Reply, Wire
from tests.servers.web.writing.written import Some
from tests.support import AtOnce
from tnet.servers.web.archives.archives import MAX_AT_ONCE, MAX_GATHERING, Archives, Pieces
from tnet.servers.web.archives.formats import READ_BYTES
from tnet.servers.web.archives.gathering import Gathering
from tnet.servers.web.files.root import Root
from tnet.servers.web.permissions import Permissions, Right
from tnet.servers.web.tree import Tree

FORM = "Content-Type: application/x-www-form-urlencoded"


class ArchivesTestCase(ServedTestCase):
    """Has a directory that can be downloaded as one file."""

    def open(self, *, workers: Any = None, permissions: Permissions | None = None) -> Wire:
        """A wire to it."""
        root = Root(self.path)
        self.addCleanup(root.close)
        workers = workers or AtOnce()
        tree = Tree(root, workers, archives=Archives(root, workers, top="top"))
        return Wire(tree, permissions=permissions)

    def post(self, wire: Wire, path: str, body: bytes) -> Reply:
        """The response to a form."""
        wire.ask("POST", path, FORM, body=body)
        return wire.reply()


def names_in(reply: Reply) -> list[str]:
    """What is in a zip."""
    return zipfile.ZipFile(io.BytesIO(reply.body)).namelist()


class SendTests(ArchivesTestCase):
    """Directories and selections."""

    def test_zip(self) -> None:
        """A directory is a zip of its exact length, below its own name; what is hidden is not in it."""
        wire = self.open()
        reply = wire.get("/?archive=zip")
        self.assertEqual((reply.status, reply.fields[b"content-type"]), (200, b"application/zip"))
        self.assertEqual(reply.fields[b"content-length"], b"%d" % len(reply.body))
        files = [".well-known/x", "a.txt", "p.html", "site/index.html", "sub/b.txt"]
        self.assertEqual(sorted(name for name in names_in(reply) if name[-1] != "/"), [f"top/{name}" for name in files])
        self.assertIsNone(zipfile.ZipFile(io.BytesIO(reply.body)).testzip())
        self.assertEqual(names_in(wire.get("/sub/?archive")), ["sub/", "sub/b.txt"])
        self.assertFalse(wire.socket.disconnecting)

    def test_tar(self) -> None:
        """It is a tar, as it is or compressed."""
        wire = self.open()
        for form, media, unpacked in (
            ("tar", b"application/x-tar", lambda data: data),
            ("tar.gz", b"application/gzip", lambda data: __import__("gzip").decompress(data)),
            ("tar.zst", b"application/zstd", zstd.decompress),
        ):
            reply = wire.get(f"/sub/?archive={form}")
            self.assertEqual((reply.status, reply.fields[b"content-type"]), (200, media))
            self.assertEqual(b"content-length" in reply.fields, form == "tar")
            with tarfile.open(fileobj=io.BytesIO(unpacked(reply.body))) as tar:
                self.assertEqual(tar.getnames(), ["sub", "sub/b.txt"])

    def test_its_name(self) -> None:
        """It is to be saved under the name of the directory, whatever that is."""
        os.mkdir(os.path.join(self.path, 'n"\xfc%'))
        reply = self.open().get("/n%22%C3%BC%25/?archive=tar.gz")
        told = b"attachment; filename=\"n____.tar.gz\"; filename*=UTF-8''n%22%C3%BC%25.tar.gz".replace(b"____", b"___")
        self.assertEqual(reply.fields[b"content-disposition"], told)

    def test_selection(self) -> None:
        """A form or a query takes some of it: files, and directories with all that is in them."""
        for reply in (
            self.post(self.open(), "/", b"action=archive&name=a.txt&name=sub&name=a.txt"),
            self.open().get("/?archive=zip&name=a.txt&name=sub"),
        ):
            self.assertEqual(names_in(reply), ["top/a.txt", "top/sub/", "top/sub/b.txt"])
        reply = self.post(self.open(), "/", b"action=archive&format=tar&name=a.txt")
        self.assertEqual(reply.fields[b"content-type"], b"application/x-tar")

    def test_what_cannot_be_taken(self) -> None:
        """What is not there, hidden, or no name is 404; an unknown format is 400."""
        for name in ("nothing", ".env", "..", "sub/b.txt", "", "../secret"):
            self.assertEqual(self.open().get(f"/?archive=zip&name={name}").status, 404, name)
        for form in ("rar", "tar.bz2"):
            self.assertEqual(self.open().get(f"/?archive={form}").status, 400)

    def test_head(self) -> None:
        """HEAD looks at no file."""
        threads = Threads()
        reply = self.open(workers=threads).get("/?archive=zip", method="HEAD")
        self.assertEqual((reply.status, reply.body, threads.waiting), (200, b"", []))
        self.assertIn(b"content-disposition", reply.fields)

    def test_permissions(self) -> None:
        """What may not be read is left out, and 403 where it was asked for."""
        permissions = Some(Right.ALL, sub=Right.NONE)
        self.assertNotIn("top/sub/", names_in(self.open(permissions=permissions).get("/?archive=zip")))
        self.assertEqual(self.open(permissions=permissions).get("/?archive=zip&name=sub").status, 403)
        self.assertEqual(self.open(permissions=permissions).get("/sub/?archive=zip").status, 403)
        os.symlink("sub/b.txt", os.path.join(self.path, "link"))
        self.assertNotIn("top/link", names_in(self.open(permissions=permissions).get("/?archive=zip")))

    def test_a_file_that_changes(self) -> None:
        """One that grows gives what was promised; one that shrinks cuts the connection, if the response has begun."""
        path = os.path.join(self.path, "sub/b.txt")
        for size, change, outcome in ((9, 99, 200), (9, 1, 500), (10 * READ_BYTES, READ_BYTES, 0)):
            os.truncate(path, size)
            threads = Threads()
            wire = self.open(workers=threads)
            wire.ask("GET", "/sub/?archive=zip")
            threads.waiting.pop(0)()
            os.truncate(path, change)
            threads.work()
            self.assertEqual(wire.socket.aborted, not outcome)
            if outcome:
                reply = wire.reply()
                self.assertEqual((reply.status, b"content-disposition" in reply.fields), (outcome, outcome == 200))
            if outcome == 200:
                self.assertEqual(len(zipfile.ZipFile(io.BytesIO(reply.body)).read("sub/b.txt")), size)

    def test_at_the_clients_pace(self) -> None:
        """While the client does not read, no more than two pieces are made."""
        with open(os.path.join(self.path, "sub/large"), "wb") as file:
            file.truncate(20 * READ_BYTES)
        threads = Threads()
        wire = self.open(workers=threads)
        wire.ask("GET", "/sub/?archive=tar")
        threads.waiting.pop(0)()
        wire.socket.producer.pauseProducing()
        threads.work()
        self.assertLess(len(wire.sent), READ_BYTES)
        wire.socket.producer.resumeProducing()
        threads.work()
        self.assertGreater(len(wire.reply().body), 20 * READ_BYTES)

    def test_a_client_that_leaves(self) -> None:
        """Nothing stays open, even when a piece was being made."""
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        with open(os.path.join(self.path, "sub/large"), "wb") as file:
            file.truncate(20 * READ_BYTES)
        threads = Threads()
        wire = self.open(workers=threads)
        wire.ask("GET", "/sub/?archive=zip")
        for _ in range(3):
            threads.waiting.pop(0)()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before + 2)
        wire.hang_up(ConnectionLost())
        threads.work()
        gc.collect()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before + 1)

    def test_so_many_at_once(self) -> None:
        """Only so many are made at the same time."""
        threads = Threads()
        wire = self.open(workers=threads)
        wires = [wire, *(Wire(site=wire.site) for _ in range(MAX_AT_ONCE))]
        for each in wires:
            each.ask("GET", "/?archive=zip")
        self.assertEqual(wires[-1].reply().status, 503)
        threads.work()
        self.assertEqual({each.reply().status for each in wires[:-1]}, {200})
        wire.ask("GET", "/?archive=zip")
        threads.work()
        self.assertEqual(wire.reply().status, 200)

    def test_others_find_a_worker(self) -> None:
        """Directories are looked through for few archives at a time, however many are wanted."""
        threads = Threads()
        wire = self.open(workers=threads)
        wires = [wire, *(Wire(site=wire.site) for _ in range(4))]
        for each in wires:
            each.ask("GET", "/sub/?archive=zip")
        self.assertEqual(len(threads.waiting), MAX_GATHERING)
        wires[2].hang_up(ConnectionLost())
        threads.work()
        self.assertEqual({each.reply().status for each in wires if each is not wires[2]}, {200})

    def test_a_client_that_leaves_early(self) -> None:
        """Nobody goes on to look for what nobody waits for."""
        threads = Threads()
        wire = self.open(workers=threads)
        wire.ask("GET", "/?archive=zip")
        wire.hang_up(ConnectionLost())
        with patch.object(Gathering, "_look_into", lambda *_: self.fail("looked")):
            threads.work()


class PiecesTests(ArchivesTestCase):
    """Pieces of a good size."""

    def test_size(self) -> None:
        """Small pieces are put together, and the end is known with the last."""
        pieces = Pieces(iter([b"a" * 1000] * 600))
        sizes = []
        while not pieces.done:
            sizes.append(len(pieces.next()))
        self.assertEqual((sum(sizes), sizes[0]), (600_000, 263_000))
        self.assertEqual(len(sizes), 3)

    def test_closed(self) -> None:
        """After the end there is nothing, and what was open is closed."""
        closed = []

        def make() -> Any:
            try:
                yield b"x" * READ_BYTES
                yield b"y"
            finally:
                closed.append(True)

        pieces = Pieces(make())
        pieces.next()
        pieces.close()
        self.assertEqual((closed, pieces.done, pieces.next()), ([True], True, b""))
