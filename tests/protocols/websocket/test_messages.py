"""Messages to bytes and back."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import CannotRead, TooLarge
from tnet.protocols.websocket.messages import Chunks, Lines, as_bytes


class ChunksTests(SynchronousTestCase):
    """`Chunks`."""

    def test_each_is_a_message(self) -> None:
        """What comes at once is a message, whatever is in it."""
        chunks = Chunks(10)
        self.assertEqual(
            [*chunks.feed(b"a\nb\xff\x00"), *chunks.feed(b""), *chunks.feed(b"c")], [b"a\nb\xff\x00", b"c"]
        )
        self.assertEqual(list(chunks.rest()), [])

    def test_large(self) -> None:
        """What is too large for one message is several."""
        self.assertEqual(list(Chunks(4).feed(b"0123456789")), [b"0123", b"4567", b"89"])


class LinesTests(SynchronousTestCase):
    """`Lines`."""

    def test_cut_anywhere(self) -> None:
        """Lines are messages without their ends, however they came; the last one need not end."""
        data = "one\ntwo\r\n\nfür\nlast".encode()
        for size in range(1, len(data) + 1):
            lines = Lines(10)
            pieces = [data[at : at + size] for at in range(0, len(data), size)]
            found = [line for piece in pieces for line in lines.feed(piece)]
            self.assertEqual([*found, *lines.rest()], ["one", "two", "", "für", "last"])

    def test_nothing_left(self) -> None:
        """Behind the last line feed there is no empty line."""
        lines = Lines(10)
        self.assertEqual([*lines.feed(b"a\n"), *lines.rest()], ["a"])

    def test_too_long(self) -> None:
        """A line that cannot be a message is an error, with or without its end; those before it are given."""
        for data in (b"ok\n123456", b"ok\n12345\n"):
            found: list[str] = []
            error = self.assertRaises(TooLarge, lambda data=data, found=found: found.extend(Lines(4).feed(data)))
            self.assertEqual(str(error), "a line of standard input is larger than 4 bytes")
        lines = Lines(4)
        list(lines.feed(b"123"))
        self.assertRaises(TooLarge, lambda: list(lines.feed(b"456")))
        self.assertEqual(list(Lines(4).feed(b"1234\r\n")), ["1234"])

    def test_no_text(self) -> None:
        """Bytes that are no UTF-8 are not sent as text."""
        error = self.assertRaises(CannotRead, lambda: list(Lines(9).feed(b"\xff\n")))
        self.assertIn("not UTF-8", str(error))
        self.assertIn("without --text", error.hint)


class AsBytesTests(SynchronousTestCase):
    """`as_bytes`."""

    def test_exact(self) -> None:
        """Messages are written as they are."""
        self.assertEqual(
            (as_bytes(b"\xff\n\n", line=False), as_bytes("für", line=False)), (b"\xff\n\n", "für".encode())
        )

    def test_lines(self) -> None:
        """As a line each ends with one line feed at least."""
        for message, shown in (("a", b"a\n"), ("a\n", b"a\n"), ("", b"\n"), (b"\xff", b"\xff\n")):
            self.assertEqual(as_bytes(message, line=True), shown)
