"""Server-sent events out of bytes, and into them."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tnet.errors import TooLarge
from tnet.protocols.event_stream import EventStream, ServerEvent, encoded

STREAM = (
    b"\xef\xbb\xbf: a comment\r\n\r\nid: 1\rdata: one\r\rdata: two\ndata:  lines\r\nevent: add\n\nretry: 20\n\n"
    b"id\ndata: ol\xc3\xa9\n\ndata: cut short\n"
)
EVENTS = [
    ServerEvent("one", id="1"),
    ServerEvent("two\n lines", "add", "1"),
    ServerEvent("olé"),
]


def events(*chunks):
    """The events of a stream that came in `chunks`."""
    stream = EventStream()
    return [event for chunk in chunks for event in stream.feed(chunk)]


class Interpreting(SynchronousTestCase):
    def test_a_stream(self):
        """Comments, all line ends, several lines of data, names, ids that stay and go, and an end that is missing."""
        self.assertEqual(events(STREAM), EVENTS)

    def test_examples_of_the_standard(self):
        """Empty data is data; a block without data is no event; one space behind the colon does not count."""
        self.assertEqual(events(b"data\n\ndata\ndata\n\ndata:"), [ServerEvent(""), ServerEvent("\n")])
        self.assertEqual(events(b"data:test\n\ndata: test\n\n"), [ServerEvent("test")] * 2)
        self.assertEqual(events(b"event: x\n\ndata: y\n\n"), [ServerEvent("y")])
        self.assertEqual(events(b"unknown: x\ndata: y\nDATA: z\n\n"), [ServerEvent("y")])

    def test_retry(self):
        """It is kept for the reconnection, and told with the event that it came with; only digits count."""
        stream = EventStream()
        self.assertEqual(list(stream.feed(b"retry: 1500\ndata: x\n\n")), [ServerEvent("x", retry_ms=1500)])
        self.assertEqual(
            list(stream.feed(b"retry: -1\nretry: 1e3\nretry: " + b"9" * 5000 + b"\ndata: y\n\n")), [ServerEvent("y")]
        )
        self.assertEqual(stream.retry_seconds, 1.5)

    def test_ids(self):
        """The last one of a whole block is what to go on from; one with a NUL is none."""
        stream = EventStream("0")
        self.assertEqual(stream.last_event_id, "0")
        self.assertEqual(
            [event.id for event in stream.feed(b"data: x\n\nid: 7\n\nid: 8\0\ndata: y\n\nid: 9\n")], ["0", "7"]
        )
        self.assertEqual(stream.last_event_id, "7")

    def test_bytes_that_are_no_utf_8(self):
        """They are replaced, not an error."""
        self.assertEqual(events(b"data: \xff\n\n"), [ServerEvent("\ufffd")])


class Limits(SynchronousTestCase):
    def test_a_line_without_end(self):
        """It is refused before more of it is held."""
        stream = EventStream(limit_bytes=10)
        with self.assertRaisesRegex(TooLarge, "an event of the stream is larger than 10 bytes"):
            for _ in range(3):
                list(stream.feed(b"xxxx"))

    def test_an_event_without_end(self):
        """Its lines count together, and the next event has the whole limit again."""
        stream = EventStream(limit_bytes=12)
        self.assertEqual(len(list(stream.feed(b"data: 12345\n\ndata: 12345\n\n"))), 2)
        with self.assertRaises(TooLarge):
            list(stream.feed(b"data: 12345\ndata: 12345\n\n"))

    def test_comments_never_add_up(self):
        """What is only there to keep the connection alive is not held."""
        stream = EventStream(limit_bytes=10)
        for _ in range(100):
            self.assertEqual(list(stream.feed(b": alive\n")), [])


class Cuts(SynchronousTestCase):
    def test_every_boundary(self):
        """Cut once anywhere, or between all bytes, the events are the same."""
        for cut in range(len(STREAM) + 1):
            self.assertEqual(events(STREAM[:cut], STREAM[cut:]), EVENTS)
        self.assertEqual(events(*(bytes([byte]) for byte in STREAM)), EVENTS)

    @given(st.lists(st.text("adt:\r\n ", max_size=8).map(str.encode), max_size=12))
    def test_any_cut(self, chunks):
        """Whatever comes, however it is cut, gives the same events."""
        self.assertEqual(events(*chunks), events(b"".join(chunks)))

    @given(st.binary())
    def test_anything(self, data):
        """No bytes are an error."""
        events(data)


WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n\0"))
DATA = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r"))


class Encoding(SynchronousTestCase):
    def test_fields(self):
        """Only what says something is sent; each line of the data is a field of its own."""
        self.assertEqual(encoded(ServerEvent("")), b"data: \n\n")
        event = ServerEvent("a\nb", "add", "7", 2000)
        self.assertEqual(encoded(event), b"event: add\nid: 7\nretry: 2000\ndata: a\ndata: b\n\n")

    def test_every_line_end(self):
        """No kind of line end in the data can begin another field."""
        self.assertEqual(encoded(ServerEvent("a\revent: b\r\nid: c")), b"data: a\ndata: event: b\ndata: id: c\n\n")

    def test_names_of_one_line(self):
        """A name or an id that would end its line is refused."""
        for event in (
            ServerEvent("", "a\nb"),
            ServerEvent("", "a\rb"),
            ServerEvent("", id="1\n"),
            ServerEvent("", id="\0"),
        ):
            self.assertRaises(ValueError, encoded, event)

    @given(st.builds(ServerEvent, DATA, WORDS.filter(bool), WORDS))
    def test_there_and_back(self, event):
        """What is encoded is read as it was."""
        self.assertEqual(events(encoded(event)), [event])
