"""The format of recordings."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.errors import BadUsage
from tnet.protocols import recording
from tnet.protocols.recording import Chunk, Mask, Recording, chunk_line, header_line, parse_recording

HEADER = header_line("2026-01-31T12:00:00Z", "h:7", ["POP3"])


def parsed(*lines: bytes) -> Recording:
    """A recording of these lines behind the header."""
    return parse_recording(HEADER + b"".join(lines), "talk.rec")


def line(**fields: Any) -> bytes:
    """A line of JSON."""
    return json.dumps(fields).encode() + b"\n"


class FormatTests(TestCase):
    """What is written can be read."""

    def test_text_and_bytes(self) -> None:
        """What is printable is written as text, line ends too; the rest as base64."""
        self.assertEqual(
            json.loads(chunk_line(Chunk(1.5, "us", "grüße\r\n".encode()))),
            {"t": 1.5, "by": "us", "text": "grüße\r\n"},
        )
        for data in (b"\x00", b"\xff", b"\x1b[2J", "\u202e".encode(), b"a\rb"):
            self.assertIn("base64", json.loads(chunk_line(Chunk(0, "peer", data))))

    def test_example_of_the_docstring(self) -> None:
        """The recording in the module's docstring is one."""
        shown = [text.strip() for text in (recording.__doc__ or "").splitlines() if text.strip().startswith("{")]
        found = parse_recording("\n".join([*shown, ""]).encode(), "doc")
        self.assertEqual((found.target, len(found.chunks)), ("mail.example:110", 4))
        self.assertEqual(found.chunks[2].data, b"\0\1\2\xff")
        self.assertTrue(found.hides("us"))
        self.assertFalse(found.hides("peer"))

    @given(st.lists(st.tuples(st.sampled_from(["us", "peer"]), st.binary(min_size=1))))
    def test_round_trip(self, said: list[tuple[Any, bytes]]) -> None:
        """Any bytes come back as they were."""
        chunks = tuple(Chunk(float(at), by, data) for at, (by, data) in enumerate(said))
        self.assertEqual(parsed(*map(chunk_line, chunks)).chunks, chunks)

    def test_ends_and_masks(self) -> None:
        """An end may come with the last bytes or alone; masks keep their places."""
        chunks = (
            Chunk(0, "us", b"PASS ***\r\n", masked=(Mask(5, 3),)),
            Chunk(0.5, "us", b"AUTH ****", eof=True, masked=(Mask(5, 4, "bytes"),)),
            Chunk(1, "peer", eof=True),
        )
        self.assertEqual(parsed(*map(chunk_line, chunks)).chunks, chunks)


class StrictnessTests(TestCase):
    """What is no recording is a usage error that names file and line."""

    def assertBad(self, data: bytes, *words: str) -> None:
        """It is refused with all of these words."""
        error = self.assertRaises(BadUsage, parse_recording, data, "talk.rec")
        for word in ("--replay", "talk.rec", *words):
            self.assertIn(word, str(error))

    def test_another_version(self) -> None:
        """A header of another schema names both versions."""
        self.assertBad(line(schema="tnet.record/2", target="h", started=""), ":1:", "tnet.record/2", "tnet.record/1")

    def test_no_recording_at_all(self) -> None:
        """An empty file, another kind of file, and a header without its fields."""
        self.assertBad(b"", ":1:", "no recording")
        self.assertBad(b"\x7fELF\n", ":1:", "not JSON")
        self.assertBad(b"[]\n", "no JSON object")
        self.assertBad(line(schema="tnet.record/1", started=""), "target")

    def test_lines(self) -> None:
        """Each thing that can be wrong with a line is told with its number."""
        good = line(t=0, by="us", text="x")
        for bad, word in (
            (b"{\n", "not JSON"),
            (b"[" * 100_000 + b"\n", "not JSON"),
            (b'{"t": NaN, "by": "us", "text": "x"}\n', "not JSON"),
            (line(t=1, by="them", text="x"), "neither us nor peer"),
            (line(t=1, by="us"), "neither text"),
            (line(t=1, by="us", text="x", base64="eA=="), "both"),
            (line(t=1, by="us", base64="e"), "base64"),
            (line(t=1, by="us", text=1), "no text"),
            (line(t=1, by="us", text="\ud800"), "Unicode"),
            (line(t=-1, by="us", text="x"), "seconds"),
            (line(t=True, by="us", text="x"), "seconds"),
            (line(by="us", text="x"), "seconds"),
            (line(t=1, by="us", eof="yes"), "eof"),
            (line(t=1, by="us", text="x", more=1), "'more' is not known"),
            (line(t=1, by="us", text="x", masked=[[0, 2, "line"]]), "masked"),
            (line(t=1, by="us", text="xyz", masked=[[1, 1, "line"], [0, 1, "line"]]), "masked"),
            (line(t=1, by="us", text="x", masked=5), "masked"),
        ):
            self.assertBad(HEADER + good + bad, ":3:", word)

    def test_order(self) -> None:
        """Time does not go back, and nothing follows the end of a side."""
        self.assertBad(HEADER + line(t=2, by="us", text="x") + line(t=1, by="us", text="x"), ":3:", "back in time")
        self.assertBad(HEADER + line(t=2, by="us", eof=True) + line(t=3, by="us", text="x"), ":3:", "nothing more")

    def test_cut_off(self) -> None:
        """A last line without its end was not written to the end."""
        self.assertBad(HEADER + b'{"t": 1', ":2:", "cut off")

    def test_bounds(self) -> None:
        """A file and a line have a size."""
        self.patch(recording, "LINE_BYTES", 100)
        self.assertBad(HEADER + line(t=1, by="us", text="x" * 100), ":2:", "MiB")
        self.patch(recording, "RECORDING_BYTES", 100)
        self.assertBad(HEADER + line(t=1, by="us", text="x" * 100), "MiB")
        self.assertBad((HEADER + line(t=1, by="us", text="x" * 100))[:101], "more than")
