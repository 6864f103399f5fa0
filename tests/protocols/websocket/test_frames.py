"""What frames say about themselves, however they are cut."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.protocols.websocket.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    GOING_AWAY,
    NO_CODE,
    NORMAL,
    PING,
    TEXT,
    Closure,
    Frames,
    closure_of,
    opcode_of,
)

KEY = b"\x11\x22\x33\x44"


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, key: bytes = b"") -> bytes:
    """A frame as it is on the wire."""
    size, mask = len(payload), 0x80 if key else 0
    if size < 126:
        length = bytes([mask | size])
    elif size < 1 << 16:
        length = bytes([mask | 126]) + struct.pack("!H", size)
    else:
        length = bytes([mask | 127]) + struct.pack("!Q", size)
    if key:
        payload = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
    return bytes([opcode | (0x80 if final else 0)]) + length + key + payload


def close(code: int, reason: str = "", key: bytes = b"") -> bytes:
    """A close frame."""
    return frame(CLOSE, struct.pack("!H", code) + reason.encode(), key=key)


class FramesTests(SynchronousTestCase):
    """`Frames`."""

    def test_everything_passes(self) -> None:
        """Messages of any length pass, with control frames between their parts."""
        data = b"".join(
            (
                frame(TEXT, b"hello"),
                frame(BINARY, bytes(300), final=False),
                frame(PING, b"?"),
                frame(CONTINUATION, bytes(70_000)),
                frame(BINARY),
            )
        )
        watch = Frames(70_300)
        self.assertEqual(watch.feed(data), len(data))
        self.assertEqual((watch.too_large, watch.closure, watch.message_bytes), (False, None, 0))

    def test_too_large(self) -> None:
        """A message that announces too much passes up to its head, and nothing behind it does."""
        good, bad = frame(TEXT, b"1234"), frame(TEXT, b"12345")
        watch = Frames(4)
        self.assertEqual(watch.feed(good + bad + good), len(good))
        self.assertTrue(watch.too_large)
        self.assertEqual(watch.feed(good), 0)

    def test_too_large_in_parts(self) -> None:
        """The parts of a message count together, a new message begins anew."""
        watch = Frames(10)
        part, last = frame(BINARY, b"123456", final=False), frame(CONTINUATION, b"1234")
        for _ in range(3):
            self.assertEqual(watch.feed(part + last), len(part + last))
        self.assertEqual(watch.feed(part), len(part))
        self.assertEqual(watch.feed(frame(CONTINUATION, b"12345")), 0)
        self.assertTrue(watch.too_large)

    def test_announced_is_enough(self) -> None:
        """It is the length in the head that counts: no byte of the payload has to come."""
        watch = Frames(1 << 20)
        self.assertEqual(watch.feed(frame(BINARY, bytes((1 << 20) + 1))[:10]), 0)
        self.assertTrue(watch.too_large)

    def test_part_of_a_message(self) -> None:
        """What came of a message that is not complete is told."""
        watch = Frames(1000)
        data = frame(BINARY, bytes(500))
        watch.feed(data[:104])
        self.assertEqual(watch.message_bytes, 100)
        watch.feed(data[104:])
        self.assertEqual(watch.message_bytes, 0)

    def test_close(self) -> None:
        """A close is told, and what follows it does not pass."""
        for key in (b"", KEY):
            data = frame(TEXT, b"x", key=key) + close(GOING_AWAY, "später", key)
            watch = Frames(10)
            self.assertEqual(watch.feed(data + b"garbage"), len(data))
            self.assertEqual(watch.closure, Closure(1001, "später"))
            self.assertEqual(watch.feed(b"more"), 0)

    def test_close_behind_too_much(self) -> None:
        """A close is seen also when nothing passes any more."""
        watch = Frames(1)
        self.assertEqual(watch.feed(frame(TEXT, b"xx") + close(NORMAL)), 0)
        self.assertEqual(watch.closure, Closure(NORMAL))

    @given(st.lists(st.integers(1, 200), max_size=30), st.integers(0, 400))
    def test_cut_anywhere(self, cuts: list[int], limit: int) -> None:
        """What passes in all, and what is told, does not depend on how the bytes are cut, but for a head's own."""
        data = b"".join(
            (
                frame(BINARY, bytes(130), final=False),
                frame(PING, b"!"),
                frame(CONTINUATION, bytes(200)),
                frame(TEXT, b"x" * 30),
                close(4000, "bye"),
                b"behind",
            )
        )
        whole, cut = Frames(limit), Frames(limit)
        passed = whole.feed(data)
        pieces, rest = 0, data
        for size in [*cuts, len(data)]:
            pieces += cut.feed(rest[:size])
            rest = rest[size:]
        self.assertEqual((cut.too_large, cut.closure), (whole.too_large, whole.closure))
        self.assertTrue(passed <= pieces <= passed + 9)

    def test_byte_by_byte(self) -> None:
        """One byte at a time is enough."""
        watch = Frames(10)
        for byte in frame(TEXT, b"hello", key=KEY) + close(NORMAL, "", KEY):
            self.assertEqual(watch.feed(bytes([byte])), 1)
        self.assertEqual(watch.closure, Closure(NORMAL))


class ClosureTests(SynchronousTestCase):
    """`Closure` and `closure_of`."""

    def test_words(self) -> None:
        """A close has its code, what that means, and what the peer said, made harmless."""
        self.assertEqual(str(Closure(1000)), "1000 (normal closure)")
        self.assertEqual(
            str(Closure(1011, "out of\x1b[2Jluck\n")), "1011 (unexpected condition): out of\\x1b[2Jluck\\x0a"
        )
        self.assertEqual(str(Closure(4401)), "4401 (a code of its own)")

    def test_normal(self) -> None:
        """Who is done, goes away or says nothing closes normally."""
        normal = [code for code in range(1000, 5000) if Closure(code).is_normal]
        self.assertEqual(normal, [NORMAL, GOING_AWAY, NO_CODE])

    def test_malformed(self) -> None:
        """A close that says nothing, half a code or no UTF-8 is read as far as it can be."""
        self.assertEqual(closure_of(frame(CLOSE)), Closure(NO_CODE))
        self.assertEqual(closure_of(frame(CLOSE, b"\x03")), Closure(NO_CODE))
        self.assertEqual(closure_of(frame(CLOSE, b"\x03\xe8\xff")), Closure(NORMAL, "\\xff"))

    def test_opcode(self) -> None:
        """The kind of a frame is in its first byte."""
        self.assertEqual([opcode_of(frame(opcode)) for opcode in (TEXT, CLOSE, PING)], [TEXT, CLOSE, PING])
