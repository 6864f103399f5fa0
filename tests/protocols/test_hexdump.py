"""The dump in hexadecimal."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols import hexdump
from tnet.protocols.hexdump import HexDump, hex_rows


class HexDumpTests(TestCase):
    """Rows of text."""

    def test_example_of_the_docstring(self) -> None:
        """The example in the module's docstring is what comes out."""
        dump = HexDump()
        rows = dump.feed("us", b"GET /\r\n", 0.000213)
        rows += dump.feed("peer", b"hello world! hello\n", 0.00412)
        rows += dump.feed_end("peer", 0.00412)
        shown = [line[4:] for line in (hexdump.__doc__ or "").splitlines() if line[:5] in ("    >", "    <")]
        self.assertEqual(rows.decode().splitlines(), shown)

    def test_offsets(self) -> None:
        """Each direction counts for itself, across chunks."""
        dump = HexDump()
        dump.feed("us", bytes(20), 0)
        dump.feed("peer", bytes(5), 0)
        self.assertIn(b"  00000014  ", dump.feed("us", b"x", 0))
        self.assertIn(b"  00000005  ", dump.feed_end("peer", 0))

    @given(st.binary())
    def test_every_byte_is_there(self, data: bytes) -> None:
        """The bytes can be read back, and nothing but printable ASCII is written."""
        rows = HexDump().feed("peer", data, 1.5)
        self.assertTrue(all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in rows))
        found = [re.match(r"<\s+[\d.]+  [0-9a-f]{8}  (.{48})  \|", row) for row in rows.decode().splitlines()]
        self.assertEqual(bytes.fromhex(" ".join(match[1] for match in found if match)), data)

    def test_rows_alone(self) -> None:
        """Rows without direction and time begin at zero."""
        self.assertEqual(hex_rows(b"\x00a"), ["00000000  00 61" + " " * 43 + "  |.a|"])
        self.assertEqual(len(hex_rows(bytes(33))), 3)
