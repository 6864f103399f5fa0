"""Tests for tnet.servers.web.writing.unfinished."""

from __future__ import annotations

import os

from twisted.trial.unittest import TestCase

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import OpenDirectory, Root
from tnet.servers.web.writing.room import Claim, Room
from tnet.servers.web.writing.staging import STALE_SECONDS
from tnet.servers.web.writing.targets import Target, Terms
from tnet.servers.web.writing.unfinished import (
    MAX_COMPLETED,
    MAX_UNFINISHED,
    Register,
    Unfinished,
    derived_token,
    is_resumable,
    is_secret,
    length_in,
    new_token,
)


class TokenTests(TestCase):
    """What an upload goes by."""

    def test_secret(self) -> None:
        """No two are alike, and the length of the upload is in it."""
        self.assertNotEqual(new_token(None), new_token(None))
        for length in (None, 0, 12345):
            token = new_token(length)
            self.assertEqual((is_secret(token), is_resumable(token), length_in(token)), (True, True, length))

    def test_what_is_none(self) -> None:
        """Nothing else that could stand in a URL is one."""
        for token in (b"", b"x" * 23, b"r" + b"/" * 22, new_token(1) + b"0" * 20, b"rabc", new_token(None) + b"\n"):
            self.assertFalse(is_secret(token), token)

    def test_derived(self) -> None:
        """One user, one directory and one name have one token; it is no secret."""
        path = self.mktemp()
        os.mkdir(path)
        root = Root(path)
        self.addCleanup(root.close)

        def token(name: bytes, user: str | None) -> bytes:
            target = Target(root, OpenDirectory(os.open(path, os.O_RDONLY)), (name,))
            self.addCleanup(target.close)
            return derived_token(target, user)

        self.assertEqual(token(b"a", None), token(b"a", None))
        self.assertEqual(len({token(b"a", None), token(b"b", None), token(b"a", "x"), token(b"a", "None")}), 4)
        self.assertEqual((is_secret(token(b"a", None)), is_resumable(token(b"a", None))), (False, True))


class RegisterTests(TestCase):
    """What is known of uploads."""

    def upload(self, room: Room, token: bytes) -> Unfinished:
        """One upload of five bytes."""
        claim = Claim(room)
        claim.settle(5)
        return Unfinished(token, claim, Terms(replace=False))

    def test_forgotten(self) -> None:
        """Of what is forgotten nothing is counted."""
        room, register = Room(), Register()
        upload = register.add(self.upload(room, b"t"))
        self.assertIs(register.find(b"t"), upload)
        register.forget(b"t")
        register.forget(b"t")
        self.assertEqual((register.find(b"t"), room.taken_bytes), (None, 0))

    def test_completed(self) -> None:
        """What is complete is remembered for a while if it has a secret, and counted for good."""
        room, register = Room(), Register()
        tokens = [new_token(None) for _ in range(MAX_COMPLETED + 1)]
        for token in tokens:
            register.add(self.upload(room, token))
            register.complete(token, 6)
        self.assertEqual((register.completed(tokens[-1]), register.completed(tokens[0])), (6, None))
        self.assertEqual((register.find(tokens[-1]), room.taken_bytes), (None, 6 * len(tokens)))
        register.complete(b"p", 1)
        self.assertIsNone(register.completed(b"p"))

    def test_bounded(self) -> None:
        """Only so many uploads may be unfinished."""
        register = Register()
        for number in range(MAX_UNFINISHED):
            register.add(self.upload(Room(), b"%d" % number))
        self.assertEqual(self.assertRaises(Refusal, register.add, self.upload(Room(), b"x")).status, 503)

    def test_room_for_new_ones(self) -> None:
        """Those that nobody has gone on with for a day make room for others."""
        room, register = Room(), Register()
        for number in range(MAX_UNFINISHED):
            register.add(self.upload(room, b"%d" % number)).touched = float(number)
        late = self.upload(room, b"x")
        late.touched = STALE_SECONDS + 500
        register.add(late)
        self.assertEqual((register.find(b"499"), register.find(b"500") is None), (None, False))
        self.assertEqual(room.taken_bytes, 5 * (MAX_UNFINISHED - 500 + 1))
