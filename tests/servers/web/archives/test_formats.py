"""Tests for tnet.servers.web.archives.formats."""

from __future__ import annotations

import io
import os
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator

from twisted.trial.unittest import TestCase
from zipstream import ZipStream

from tnet.servers.web.archives.formats import RELIES_ON, tarred, zipped
from tnet.servers.web.archives.gathering import Item
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import Root

WHEN = 1_234_567_890
Form = Callable[[Root, list[Item]], tuple[int, Iterator[bytes]]]


class FormatTestCase(TestCase):
    """Makes archives of a file."""

    def setUp(self) -> None:
        self.path = self.mktemp()
        os.mkdir(self.path)
        self.root = Root(self.path)
        self.addCleanup(self.root.close)

    def item(self, path: bytes, data: bytes | None = b"hello", *, modified: int = WHEN, mode: int = 0o640) -> Item:
        """A file of that content, or a directory."""
        if data is not None:
            with open(os.path.join(self.path, "file"), "wb") as file:
                file.write(data)
        return Item((b"file",), tuple(path.split(b"/")), data is None, len(data or b""), modified, mode)

    def make(self, form: Form, *items: Item) -> io.BytesIO:
        """The archive, which must have the length that was promised."""
        length, pieces = form(self.root, list(items))
        data = b"".join(pieces)
        self.assertEqual(len(data), length)
        return io.BytesIO(data)


class ZipTests(FormatTestCase):
    """Zip."""

    def test_what_is_in_it(self) -> None:
        """Content, times, permissions, and directories, as Python reads them."""
        archive = zipfile.ZipFile(self.make(zipped, self.item(b"d", None), self.item(b"d/\xc3\xbc.txt")))
        directory, file = archive.infolist()
        self.assertEqual((directory.filename, directory.is_dir(), file.filename), ("d/", True, "d/\xfc.txt"))
        self.assertEqual(archive.read(file), b"hello")
        self.assertEqual(file.date_time, time.localtime(WHEN)[:6])
        self.assertEqual((file.external_attr >> 16, file.compress_type), (0o100640, zipfile.ZIP_STORED))
        self.assertIsNone(archive.testzip())

    def test_both_places_have_the_time(self) -> None:
        """A reader that takes the time from before the file finds the same as one that takes it from the end."""
        data = self.make(zipped, self.item(b"a")).getvalue()
        self.assertEqual(data[10:14], data[data.index(b"PK\x01\x02") + 12 :][:4])

    def test_times_that_zips_do_not_know(self) -> None:
        """They are as near as can be."""
        for modified, year in ((0, 1980), (1 << 40, 2107), (-5, 1980), (1 << 62, 1980)):
            archive = zipfile.ZipFile(self.make(zipped, self.item(b"a", modified=modified)))
            self.assertEqual(archive.infolist()[0].date_time[0], year)

    def test_names_that_mislead(self) -> None:
        """What is no text, or a slash to some, is percent-encoded; nothing climbs."""
        names = [b"d/a\xff", b"d/..\\..\\x", b"d/\\x"]
        archive = zipfile.ZipFile(self.make(zipped, *(self.item(name) for name in names)))
        self.assertEqual(archive.namelist(), ["d/a%FF", "d/..%5C..%5Cx", "d/%5Cx"])

    def test_many(self) -> None:
        """More files than a plain zip can count are no matter."""
        archive = zipfile.ZipFile(self.make(zipped, *(self.item(b"%d" % n, None) for n in range(65_600))))
        self.assertEqual(len(archive.namelist()), 65_600)

    def test_large(self) -> None:
        """A file of more than 4 GiB is promised as the format needs it."""
        length, _ = zipped(self.root, [Item((b"file",), (b"file",), False, 5 << 30, WHEN, 0o644)])
        self.assertGreater(length, 5 << 30)
        self.assertLess(length, (5 << 30) + 300)

    def test_nothing(self) -> None:
        """An archive of nothing is one."""
        self.assertEqual(zipfile.ZipFile(self.make(zipped)).namelist(), [])

    def test_what_it_relies_on(self) -> None:
        """The list of what was written is still there."""
        self.assertEqual(getattr(ZipStream(sized=True), RELIES_ON), [])


class TarTests(FormatTestCase):
    """Tar."""

    def test_what_is_in_it(self) -> None:
        """Content, times, permissions, directories and names of every kind."""
        names = [b"d/" + b"x" * 255, b"d/\xc3\xbc", b"d/\xff", b"d/" + b"/".join([b"y" * 90] * 4)]
        with tarfile.open(fileobj=self.make(tarred, self.item(b"d", None), *map(self.item, names))) as archive:
            directory, *files = archive.getmembers()
            self.assertEqual((directory.name, directory.isdir()), ("d", True))
            self.assertEqual([os.fsencode(file.name) for file in files], names)
            self.assertEqual({(file.size, file.mtime, file.mode) for file in files}, {(5, WHEN, 0o640)})
            content = archive.extractfile(files[0])
            self.assertEqual(content and content.read(), b"hello")

    def test_its_end(self) -> None:
        """It ends in two empty blocks at least, and whole records, however its files come out."""
        for size in (0, 1, 511, 512, 8704, 9216, 9728, 10240):
            data = self.make(tarred, self.item(b"a", bytes(size))).getvalue()
            self.assertEqual((len(data) % 10_240, data[-1024:]), (0, bytes(1024)), size)
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                self.assertEqual(archive.getnames(), ["a"])


class ContentTests(FormatTestCase):
    """What has become of a file meanwhile."""

    def test_grown(self) -> None:
        """Only as much as was promised is in it."""
        for form in (zipped, tarred):
            item = self.item(b"a")
            length, pieces = form(self.root, [item])
            self.item(b"a", b"hello and more")
            self.assertEqual(len(b"".join(pieces)), length)

    def test_shrunk_or_gone(self) -> None:
        """It cannot be completed."""
        for form in (zipped, tarred):
            for change in (lambda: self.item(b"a", b""), lambda: os.unlink(os.path.join(self.path, "file"))):
                _, pieces = form(self.root, [self.item(b"a")])
                change()
                self.assertRaises(Refusal, b"".join, pieces)
