"""Lines out of bytes, however they are cut."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.protocols.lines import EndOfLines, LineReader, Overlong

Taken = list[bytes | Overlong | EndOfLines]

_LONG = Overlong(4)
_END = EndOfLines()


def _until_none(reader: LineReader) -> Taken:
    """What can be taken now."""
    taken: Taken = []
    while (got := reader.take()) is not None:
        taken.append(got)
        if isinstance(got, EndOfLines):
            break
    return taken


def _read(chunks: list[bytes], *, limit: int = 4, end: bool = True) -> Taken:
    """What a reader that takes at once gets from `chunks`."""
    reader = LineReader(limit)
    taken: Taken = []
    for chunk in chunks:
        reader.feed(chunk)
        taken += _until_none(reader)
    if end:
        reader.feed_end()
        taken += _until_none(reader)
    return taken


class LineTests(TestCase):
    """Whole lines."""

    def test_ends(self) -> None:
        """LF and CR LF both end a line; of several CRs only the last is part of the end."""
        self.assertEqual(_read([b"a\nb\r\nc\r\r\n\n\r\n"], end=False), [b"a", b"b", b"c\r", b"", b""])

    def test_inner_carriage_return(self) -> None:
        """A CR elsewhere is a byte like any other."""
        self.assertEqual(_read([b"a\rb\n"], end=False), [b"a\rb"])

    def test_waiting(self) -> None:
        """Without its end, a line is not there yet."""
        reader = LineReader(4)
        reader.feed(b"ab\r")
        self.assertIsNone(reader.take())
        reader.feed(b"\n")
        self.assertEqual(reader.take(), b"ab")

    def test_own_pace(self) -> None:
        """What is not taken stays, is counted, and comes in order with what is fed later."""
        reader = LineReader(4)
        reader.feed(b"a\nb\n")
        self.assertEqual((reader.take(), reader.pending_bytes), (b"a", 2))
        reader.feed(b"c\n")
        self.assertEqual(_until_none(reader), [b"b", b"c"])
        self.assertEqual(reader.pending_bytes, 0)


class EndTests(TestCase):
    """The sender's end."""

    def test_clean(self) -> None:
        """After the last line comes the end, and again for whoever asks again."""
        reader = LineReader(4)
        reader.feed(b"a\n")
        reader.feed_end()
        self.assertEqual([reader.take() for _ in range(3)], [b"a", _END, _END])

    def test_unfinished_line(self) -> None:
        """A last line without its end is a line; a CR at its end is not part of it."""
        self.assertEqual(_read([b"a\nbc"]), [b"a", b"bc", _END])
        self.assertEqual(_read([b"bc\r"]), [b"bc", _END])

    def test_nothing(self) -> None:
        """A sender that said nothing sent no line."""
        self.assertEqual(_read([]), [_END])


class OverlongTests(TestCase):
    """Lines that are too long."""

    def test_limit(self) -> None:
        """A line of the limit passes with either end; one byte more does not."""
        self.assertEqual(_read([b"abcd\nabcd\r\nabcde\nx\n"], end=False), [b"abcd", b"abcd", _LONG, b"x"])

    def test_told_at_once(self) -> None:
        """It is told of before its end comes, once, and the next line is whole."""
        self.assertEqual(_read([b"abcde"], end=False), [_LONG])
        self.assertEqual(_read([b"abcde", b"fghij", b"k\nx\n"], end=False), [_LONG, b"x"])

    def test_carriage_return_on_the_edge(self) -> None:
        """A CR just beyond the limit may be half of an end, or the byte too much."""
        self.assertEqual(_read([b"abcd\r", b"\n"], end=False), [b"abcd"])
        self.assertEqual(_read([b"abcd\r", b"x\n"], end=False), [_LONG])

    def test_memory(self) -> None:
        """However much comes without an end, no more than one chunk is held."""
        reader = LineReader(4)
        for _ in range(100):
            reader.feed(b"x" * 1000)
            reader.take()
            self.assertEqual(reader.pending_bytes, 0)

    def test_unfinished(self) -> None:
        """One that the sender never ended is told of, and then the end."""
        self.assertEqual(_read([b"abcdefgh"]), [_LONG, _END])
        self.assertEqual(_read([b"abcde", b"f"]), [_LONG, _END])


class SplitTests(TestCase):
    """Where the bytes are cut says nothing about the lines."""

    SPEECH = b"\r\na\nab\r\r\nabcd\r\nabcde\r\nabcdefghij\n\r\rx\r\nlast\r"

    def test_every_boundary(self) -> None:
        """Cut once anywhere, or between all bytes, the lines are the same."""
        whole = _read([self.SPEECH])
        for cut in range(len(self.SPEECH) + 1):
            self.assertEqual(_read([self.SPEECH[:cut], self.SPEECH[cut:]]), whole)
        self.assertEqual(_read([bytes([byte]) for byte in self.SPEECH]), whole)

    @given(st.lists(st.text("a\r\n", max_size=8).map(str.encode), max_size=8))
    def test_any_cut(self, chunks: list[bytes]) -> None:
        """Whatever is sent however it is cut, taken as it comes or all at the end, the lines are the same."""
        self.assertEqual(_read(chunks), _read([b"".join(chunks)]))

    @given(st.binary(max_size=60).filter(lambda data: not data.endswith(b"\r")))
    def test_against_split(self, data: bytes) -> None:
        """With no limit in the way, the lines are those of a simple split at each LF."""
        lines = data.split(b"\n")
        expected = [line.removesuffix(b"\r") for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
        self.assertEqual(_read([data], limit=1000), [*expected, _END])
