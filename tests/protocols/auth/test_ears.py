"""Bytes to the inputs of a dialogue."""

from twisted.trial.unittest import TestCase

from tnet.protocols.auth.dialogue import Ear, Input, Line, Malformed, NoMoreLines, Request, TooLong
from tnet.protocols.auth.ears import LINE_BYTES, LineEar, RequestEar


def _heard(ear: Ear, data: bytes) -> list[Input]:
    ear.feed(data)
    ear.feed_end()
    heard: list[Input] = []
    while (got := ear.take()) is not None and NoMoreLines() not in heard:
        heard.append(got)
    return heard


class EarTests(TestCase):
    """What is heard."""

    def test_lines(self) -> None:
        """Lines, those that are too long, and the end."""
        heard = _heard(LineEar(), b"a\r\n" + b"x" * (LINE_BYTES + 1) + b"\n")
        self.assertEqual(heard, [Line(b"a"), TooLong(), NoMoreLines()])

    def test_requests(self) -> None:
        """Requests, what is none, and the end."""
        self.assertEqual(_heard(RequestEar(), b"PING a\r\n"), [Request((b"PING", b"a")), NoMoreLines()])
        self.assertEqual(_heard(RequestEar(), b"*x\r\n"), [Malformed("invalid multibulk length"), NoMoreLines()])

    def test_rest(self) -> None:
        """What follows is somebody else's, exactly and once."""
        for ear, first in ((LineEar(), b"AUTH pw\r\n"), (RequestEar(), b"*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n")):
            ear.feed(first + b"\0\r\n\xff")
            ear.take()
            self.assertEqual((ear.pending_bytes, ear.rest(), ear.rest(), ear.pending_bytes), (4, b"\0\r\n\xff", b"", 0))
            self.assertIsNone(ear.take())
