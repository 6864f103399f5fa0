"""How a response is read, whatever way its bytes were cut."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from tnet.errors import BodyCutShort, EmptyReply, MalformedReply, ReceiveFailed, TnetError
from tnet.protocols.http1.responses import LINE_BYTES, SECTION_LINES, ResponseEnd, ResponseHead, ResponseParser

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def read(*pieces, method=b"GET", close=True):
    """The parts, with adjacent bytes joined, and the error (or None) that a response ends in."""
    parser = ResponseParser(method, "peer")
    parts = []

    def keep(found):
        for part in found:
            if isinstance(part, bytes) and parts and isinstance(parts[-1], bytes):
                parts[-1] += part
            else:
                parts.append(part)

    try:
        for piece in pieces:
            keep(parser.feed(piece))
        if close:
            keep(parser.close())
    except TnetError as error:
        return parts, (type(error), str(error))
    return parts, None


def bytewise(wire):
    return [wire[at : at + 1] for at in range(len(wire))]


GOOD = {
    "length": OK + b"Content-Length: 5\r\n\r\nhello",
    "equal lengths": OK + b"Content-Length: 5\r\ncontent-length: 5, 5\r\n\r\nhello",
    "empty": OK + b"Content-Length: 0\r\n\r\n",
    "close": OK + b"\r\nhello",
    "close, nothing": OK + b"\r\n",
    "chunked": CHUNKED + b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"5  \r\nhello\r\n00\r\nDigest: x\r\nB:\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n"
    + OK
    + b"Content-Length: 1\r\n\r\nx",
    "surplus": OK + b"Content-Length: 1\r\n\r\nxyz",
    "no reason": b"HTTP/1.0 200\r\n\r\nhello",
    "strange": b"HTTP/1.1 999 \xff\tx\r\nx-MiXed:\t a \x80 \r\nEmpty:\r\nx-MiXed:b\r\nContent-Length: 0\r\n\r\n",
}

BAD = {
    "differing lengths": OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "differing in one line": OK + b"Content-Length: 5, 6\r\n\r\nhello",
    "length and coding": OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": OK + b"Content-Length: -1\r\n\r\n",
    "signed length": OK + b"Content-Length: +5\r\n\r\nhello",
    "no length": OK + b"Content-Length:\r\n\r\n",
    "huge length": OK + b"Content-Length: 99999999999999999999\r\n\r\n",
    "unknown coding": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
    "two codings": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "identity": OK + b"Transfer-Encoding: identity\r\n\r\nhello",
    "coding in 1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "folded line": OK + b"A: b\r\n c\r\n\r\n",
    "bare LF": b"HTTP/1.1 200 OK\nA: b\n\n",
    "bare CR": OK + b"A: b\rc\r\n\r\n",
    "NUL": OK + b"A: \0\r\n\r\n",
    "control byte": OK + b"A: \x1b[2J\r\n\r\n",
    "space before colon": OK + b"A : b\r\n\r\n",
    "no colon": OK + b"whatever\r\n\r\n",
    "no name": OK + b": b\r\n\r\n",
    "unasked switch": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "0.9": b"<html>hello</html>",
    "0.9 in disguise": b"HTTP/0.9 200 OK\r\n\r\n",
    "2.0": b"HTTP/2.0 200 OK\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "blank line first": b"\r\n" + OK + b"\r\n",
    "bad status": b"HTTP/1.1 20 OK\r\n\r\n",
    "zero status": b"HTTP/1.1 000 OK\r\n\r\n",
    "control byte in reason": b"HTTP/1.1 200 \x1b[31m\r\n\r\n",
    "negative chunk": CHUNKED + b"-1\r\n",
    "prefixed chunk": CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n",
    "no chunk size": CHUNKED + b"\r\n",
    "huge chunk size": CHUNKED + b"1" * 17 + b"\r\n",
    "chunk too long": CHUNKED + b"2\r\nhello\r\n0\r\n\r\n",
    "chunk by bare LF": CHUNKED + b"2\nhe\n0\n\n",
    "bad trailer": CHUNKED + b"0\r\nA b\r\n\r\n",
    "long line": OK + b"A: " + b"x" * LINE_BYTES + b"\r\n\r\n",
    "endless line": OK + b"A: " + b"x" * LINE_BYTES,
    "endless extension": CHUNKED + b"1;" + b"x" * LINE_BYTES,
    "cut in the head": OK + b"Content-Le",
    "cut in the status line": b"HTT",
}

SHORT = {
    "length": (OK + b"Content-Length: 5\r\n\r\nhel", 3),
    "nothing of it": (OK + b"Content-Length: 5\r\n\r\n", 0),
    "chunk": (CHUNKED + b"5\r\nhel", 3),
    "after a chunk": (CHUNKED + b"5\r\nhello", 5),
    "between chunks": (CHUNKED + b"5\r\nhello\r\n", 5),
    "in a size": (CHUNKED + b"5\r\nhello\r\n1", 5),
    "in the trailers": (CHUNKED + b"5\r\nhello\r\n0\r\nA: b\r\n", 5),
}


class Reading(TestCase):
    def test_head_body_and_end(self):
        """Fields keep their order and case; white space around values goes."""
        parts, error = read(GOOD["strange"])
        self.assertIsNone(error)
        head, end = parts
        fields = ((b"x-MiXed", b"a \x80"), (b"Empty", b""), (b"x-MiXed", b"b"), (b"Content-Length", b"0"))
        self.assertEqual(head, ResponseHead("1.1", 999, b"\xff\tx", fields))
        self.assertEqual(head.values(b"x-mixed"), [b"a \x80", b"b"])
        self.assertEqual(end, ResponseEnd())

    def test_the_head_can_be_written_again(self):
        """What `-i` prints is what came."""
        wire = b"HTTP/1.1 404 Not Found\r\nx-MiXed: a\r\nContent-Length: 0\r\n\r\n"
        self.assertEqual(read(wire)[0][0].as_bytes(), wire)

    def test_each_framing_gives_the_body(self):
        """Length, chunks and the end of the connection all delimit a body."""
        for name in ("length", "equal lengths", "close", "chunked", "trailers", "no reason"):
            parts, error = read(GOOD[name])
            self.assertIsNone(error, name)
            self.assertEqual(parts[1], b"hello", name)

    def test_trailers_come_with_the_end(self):
        """They are kept apart from the fields of the head."""
        self.assertEqual(read(GOOD["trailers"])[0][-1], ResponseEnd(((b"Digest", b"x"), (b"B", b""))))

    def test_interim_responses_are_kept_apart(self):
        """100 and 103 are heads of their own, before the answer."""
        parts, _ = read(GOOD["interim"])
        self.assertEqual([part.status for part in parts[:3]], [100, 103, 200])
        self.assertEqual([part.interim for part in parts[:3]], [True, True, False])
        self.assertEqual(parts[3:], [b"x", ResponseEnd()])

    def test_some_responses_have_no_body(self):
        """HEAD, 204, 304 and a tunnel end with their head, whatever it says about a length."""
        described = b"Content-Length: 5\r\n\r\n"
        for method, line in (
            (b"HEAD", OK),
            (b"GET", b"HTTP/1.1 204 x\r\n"),
            (b"GET", b"HTTP/1.1 304 x\r\n"),
            (b"CONNECT", OK),
        ):
            parts, error = read(line + described, method=method, close=False)
            self.assertEqual((parts[1:], error), ([ResponseEnd()], None))

    def test_the_end_is_known_before_the_connection_closes(self):
        """Only a body without length waits for the end of the connection."""
        for name in sorted(GOOD.keys() - {"close", "close, nothing", "no reason"}):
            self.assertEqual(read(GOOD[name], close=False)[0][-1].__class__, ResponseEnd, name)

    def test_what_follows_the_end_is_ignored(self):
        """A surplus is neither body nor an error."""
        self.assertEqual(read(GOOD["surplus"])[0][1:], [b"x", ResponseEnd()])

    def test_a_whole_piece_is_passed_on_uncopied(self):
        """A body costs nothing but the slices that its framing needs."""
        parser = ResponseParser(b"GET")
        list(parser.feed(OK + b"\r\n"))
        data = b"x" * 65536
        (piece,) = parser.feed(data)
        self.assertIs(piece, data)


class Refusing(TestCase):
    def test_ambiguous_and_broken_replies(self):
        """Nothing that two parsers could read differently is taken for a response."""
        for name, wire in BAD.items():
            _, error = read(wire)
            self.assertIsNotNone(error, name)
            flood = name == "long line" or name.startswith("endless")
            self.assertIs(error[0], ReceiveFailed if flood else MalformedReply, name)

    def test_a_flood_of_lines(self):
        """Lines are counted over all the heads of one response, so that endless notices end too."""
        self.assertIs(read(OK + b"A: b\r\n" * SECTION_LINES)[1][0], ReceiveFailed)
        self.assertIs(read(b"HTTP/1.1 100 x\r\n\r\n" * SECTION_LINES)[1][0], ReceiveFailed)
        self.assertIs(read(CHUNKED + b"0\r\n" + b"A: b\r\n" * SECTION_LINES)[1][0], ReceiveFailed)

    def test_a_flood_of_bytes(self):
        """Many long lines are too much before their number is."""
        self.assertIs(read(OK + (b"A: " + b"x" * 10000 + b"\r\n") * 40)[1][0], ReceiveFailed)

    def test_no_more_than_a_line_is_held(self):
        """A line without an end fails when it is too long, not when memory is full."""
        parser = ResponseParser(b"GET")
        with self.assertRaises(ReceiveFailed):
            for _ in range(LINE_BYTES):
                list(parser.feed(b"HTTP/"))

    def test_a_wrong_first_byte_is_enough(self):
        """What is no HTTP is refused at once, not after a line that may never come."""
        self.assertIs(read(b"HTTQ", close=False)[1][0], MalformedReply)
        self.assertIs(read(b"\x16\x03\x01", close=False)[1][0], MalformedReply)

    def test_after_a_fault_everything_is_ignored(self):
        """The fault is told once."""
        parser = ResponseParser(b"GET")
        with self.assertRaises(MalformedReply):
            list(parser.feed(b"junk"))
        self.assertEqual([*parser.feed(GOOD["length"]), *parser.close()], [])


class Closing(TestCase):
    def test_no_answer_is_an_empty_reply(self):
        """It makes no difference whether notices came before."""
        self.assertIs(read()[1][0], EmptyReply)
        self.assertIs(read(b"HTTP/1.1 100 Continue\r\n\r\n")[1][0], EmptyReply)

    def test_a_body_cut_short_says_how_short(self):
        """What came of it was delivered before."""
        for name, (wire, received) in SHORT.items():
            parts, (kind, text) = read(wire)
            self.assertIs(kind, BodyCutShort, name)
            self.assertEqual(sum(len(part) for part in parts if isinstance(part, bytes)), received, name)
            self.assertTrue(f"{received} of 5" in text or f" {received} bytes" in text, text)


class Cutting(TestCase):
    def test_byte_by_byte_is_the_same_as_at_once(self):
        """The same parts, and the same error, come out."""
        for name, wire in [*GOOD.items(), *BAD.items(), *((name, wire) for name, (wire, _) in SHORT.items())]:
            self.assertEqual(read(*bytewise(wire)), read(wire), name)

    def test_split_at_every_boundary(self):
        """Two pieces are the same as one."""
        for name, wire in [*GOOD.items(), *BAD.items()]:
            if len(wire) < LINE_BYTES:
                for at in range(len(wire)):
                    self.assertEqual(read(wire[:at], wire[at:]), read(wire), (name, at))

    @given(st.lists(st.sampled_from(sorted(set(b"".join(GOOD.values())))), max_size=60).map(bytes), st.data())
    def test_any_bytes_however_cut(self, tail, data):
        """Nothing but our own errors is raised, and the cut makes no difference."""
        wire = data.draw(st.sampled_from([b"", OK, CHUNKED, b"HTTP/1.1 "])) + tail
        cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=4)))
        pieces = [wire[start:end] for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
        self.assertEqual(read(*pieces), read(wire))


class SwitchTests(TestCase):
    """Another protocol after the head, where the request asked for it."""

    WIRE = b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"

    def test_switch(self):
        """A 101 is the last that HTTP says, and what follows is left as it is, wherever it was cut."""
        beyond = b"\x00\r\nHTTP/1.1 200"
        wire = self.WIRE + beyond
        for at in range(len(wire)):
            parser = ResponseParser(b"GET", "peer", may_switch=True)
            parts, left = list(parser.feed(wire[:at])), wire[at:]
            if ResponseEnd() not in parts:
                parts, left = parts + list(parser.feed(left)), b""
            heads = [part.status for part in parts if isinstance(part, ResponseHead)]
            self.assertEqual((heads, parts[-1], parser.rest + left), ([103, 101], ResponseEnd(), beyond))

    def test_no_switch(self):
        """Any other answer is read as ever."""
        parser = ResponseParser(b"GET", "peer", may_switch=True)
        parts = list(parser.feed(OK + b"Content-Length: 2\r\n\r\nhi"))
        self.assertEqual(parts[1:], [b"hi", ResponseEnd()])
