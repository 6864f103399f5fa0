"""Tests for tnet.servers.web.writing.partial."""

from __future__ import annotations

import os
from typing import Any

from tests.servers.web.writing.test_writing import digest
from tests.servers.web.writing.written import WritingTestCase
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import Root
from tnet.servers.web.writing.digests import Checked
from tnet.servers.web.writing.partial import Partial, Share, elsewhere, written
from tnet.servers.web.writing.room import Claim, Room
from tnet.servers.web.writing.targets import Naming, Terms, find
from tnet.servers.web.writing.unfinished import Register, Unfinished

TOKEN = b"r" + b"x" * 22


class PartialTests(WritingTestCase):
    """One request's share of an upload."""

    def setUp(self) -> None:
        super().setUp()
        self.root = Root(self.path)
        self.descriptors += 1
        self.addCleanup(self.root.close)
        self.register, self.room = Register(), Room()
        self.upload = self.register.add(Unfinished(TOKEN, Claim(self.room), Terms(replace=False)))

    def share(
        self, *pieces: bytes, offset: int | None = 0, complete: bool | None = True, checked: str = "", **options: Any
    ) -> Any:
        """What comes of a request that brings these pieces."""
        target = find(self.root, [b"new"])
        share = Share(offset, complete, fresh=offset == 0, length=options.get("length"), limit_bytes=20)
        field = checked.encode() if checked else None
        part = Partial(target, self.upload, share, self.register, Naming(), Checked(field))
        try:
            for piece in pieces:
                part.take(piece)
            return part.commit()
        finally:
            part.discard()

    def refused(self, *pieces: bytes, **options: Any) -> Refusal:
        """How that is refused."""
        refusal: Refusal = self.assertRaises(Refusal, self.share, *pieces, **options)
        return refusal

    def test_in_parts(self) -> None:
        """Each goes on where the last one stopped; with the last the file is there, and counted."""
        self.assertEqual(self.share(b"on", b"e", complete=False).names, ())
        self.assertEqual((self.room.taken_bytes, len(self.unfinished())), (3, 1))
        self.assertEqual(self.share(b"two", offset=None, complete=False).names, ())
        self.assertEqual(self.share(offset=6).names, (b"new",))
        self.assertEqual(
            (self.content("new"), self.register.completed(TOKEN), self.room.taken_bytes), (b"onetwo", 6, 6)
        )
        self.nothing_left()

    def test_its_length_ends_it(self) -> None:
        """Where nobody says whether it is complete, its length does."""
        self.assertEqual(self.share(b"one", complete=None, length=5).names, ())
        self.assertEqual(self.share(b"tw", offset=3, complete=None).names, (b"new",))

    def test_elsewhere(self) -> None:
        """From any other place it is refused, and nothing changes."""
        self.share(b"one", complete=False)
        refusal = self.refused(b"x", offset=2, length=9)
        self.assertEqual((refusal.status, refusal.fields[b"Upload-Offset"], self.upload.length), (409, b"3", None))
        self.assertEqual(elsewhere(3).fields, refusal.fields)

    def test_too_much(self) -> None:
        """More than was said, or than may be, is the end of it."""
        self.assertEqual(self.refused(b"onetwo", length=5).status, 400)
        self.nothing_left()
        self.assertEqual((self.register.find(TOKEN), self.room.taken_bytes), (None, 0))
        self.upload.length = None
        self.assertEqual(self.refused(bytes(21)).status, 413)

    def test_too_little(self) -> None:
        """A whole that is shorter than was said is none."""
        refusal = self.refused(b"one", length=5)
        self.assertEqual((refusal.status, refusal.fields[b"Upload-Complete"]), (400, b"?1"))
        self.nothing_left()

    def test_digests(self) -> None:
        """A share that is wrong is taken back, a whole that is wrong is none."""
        self.share(b"one", complete=False)
        self.assertEqual(self.refused(b"twx", offset=3, checked=digest(b"two")).status, 400)
        target = find(self.root, [b"new"])
        there = written(target, TOKEN)
        target.close()
        self.assertEqual(there and there.st_size, 3)
        self.upload.digest = digest(b"onetwo").encode()
        self.assertEqual(self.refused(b"twx", offset=3).status, 400)
        self.nothing_left()

    def test_gone(self) -> None:
        """What somebody removed meanwhile is not gone on with."""
        self.share(b"one", complete=False)
        (name,) = self.unfinished()
        os.unlink(os.path.join(self.path, name))
        self.assertEqual(self.refused(b"two", offset=3).status, 409)
        self.nothing_left()
