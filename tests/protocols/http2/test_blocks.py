"""Headers, put together."""

from h2.connection import H2Connection
from hpack.exceptions import HPACKError
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.http2.client import block
from tnet.protocols.http2.blocks import Blocks
from tnet.protocols.http2.frames import CONTINUATION, DATA, END_HEADERS, HEADERS, PADDED, PRIORITY, Frame
from tnet.protocols.http2.reasons import COMPRESSION_ERROR, ENHANCE_YOUR_CALM, PROTOCOL_ERROR, Fault

BLOCK = block((b"a", b"1"), (b"b", b"2"))
PIECES = [
    b"\x82",
    b"\xbe",
    b"\xbf",
    b"\x40\x01a\x01b",
    b"\x40\x01a\x01c",
    b"\x20",
    b"\x3f\x07",
    b"\x3f\xe1\x1f",
    b"\xbe\xbf",
]
FIELDS = ((b"a", b"1"), (b"b", b"2"))


class Putting(SynchronousTestCase):
    def setUp(self):
        decoder = H2Connection().decoder
        decoder.max_header_list_size = 1000
        self.blocks = Blocks(decoder)

    def add(self, kind, payload, flags=0, stream=1):
        return self.blocks.add(Frame(kind, flags, stream, payload))

    def test_in_one_frame(self):
        """It is whole at once."""
        first, fields = self.add(HEADERS, BLOCK, END_HEADERS)
        self.assertEqual((first.stream, fields, self.blocks.open), (1, FIELDS, False))

    def test_in_many(self):
        """It is open until its last frame, and the first one says what it belongs to."""
        self.assertIsNone(self.add(HEADERS, b"", 1))
        for byte in BLOCK:
            self.assertIsNone(self.add(CONTINUATION, bytes([byte])))
            self.assertTrue(self.blocks.open)
        first, fields = self.add(CONTINUATION, b"", END_HEADERS)
        self.assertEqual((first.flags, fields, self.blocks.open), (1, FIELDS, False))

    def test_those_that_come_again(self):
        """They mean the same, until the table has changed."""
        self.add(HEADERS, b"\x40\x01a\x01b", END_HEADERS)
        for _ in range(3):
            self.assertEqual(self.add(HEADERS, b"\xbe", END_HEADERS)[1], ((b"a", b"b"),))
        self.add(HEADERS, b"\x40\x01a\x01c", END_HEADERS)
        self.assertEqual(self.add(HEADERS, b"\xbe", END_HEADERS)[1], ((b"a", b"c"),))
        self.assertEqual(self.add(HEADERS, b"\xbf", END_HEADERS)[1], ((b"a", b"b"),))

    @given(st.lists(st.sampled_from(PIECES), max_size=20))
    def test_as_if_nothing_was_remembered(self, pieces):
        """Whatever changes the table, and however often."""
        self.setUp()
        plain = H2Connection().decoder
        for piece in pieces:
            try:
                expected = tuple(plain.decode(piece, raw=True))
            except HPACKError:
                self.assertRaises(Fault, self.add, HEADERS, piece, END_HEADERS)
                return
            self.assertEqual(self.add(HEADERS, piece, END_HEADERS)[1], expected)

    def test_they_are_counted(self):
        """So that one that does not end can be told from the next."""
        for number in range(1, 4):
            self.add(HEADERS, BLOCK)
            self.assertEqual(self.blocks.begun, number)
            self.add(CONTINUATION, b"", END_HEADERS)

    def test_padding_and_priorities(self):
        """They are no part of it."""
        payload = b"\3" + b"\0\0\0\0\7" + BLOCK + b"\0\0\0"
        self.assertEqual(self.add(HEADERS, payload, END_HEADERS | PADDED | PRIORITY)[1], FIELDS)

    def fault(self, *frames):
        """What is wrong with the last of some frames."""
        for each in frames[:-1]:
            self.add(*each)
        return self.assertRaises(Fault, self.add, *frames[-1]).code

    def test_what_comes_in_between(self):
        """Nothing may, nor can it go on without a beginning, or on another stream."""
        self.assertEqual(self.fault((CONTINUATION, BLOCK, END_HEADERS)), PROTOCOL_ERROR)
        self.assertEqual(self.fault((HEADERS, BLOCK), (CONTINUATION, b"", 0, 3)), PROTOCOL_ERROR)
        for kind in (DATA, HEADERS, 99):
            self.setUp()
            self.assertEqual(self.fault((HEADERS, BLOCK), (kind, b"")), PROTOCOL_ERROR)

    def test_what_cannot_be_decompressed(self):
        """The table of the two ends differs from then on."""
        self.assertEqual(self.fault((HEADERS, b"\xff\xff\xff", END_HEADERS)), COMPRESSION_ERROR)

    def test_a_bomb(self):
        """A few bytes that name a large field often are refused by what they come to."""
        self.add(HEADERS, b"\x40\x01a\x7f\x80\x01" + b"b" * 255, END_HEADERS)
        self.assertEqual(self.fault((HEADERS, b"\xbe" * 10, END_HEADERS)), ENHANCE_YOUR_CALM)
