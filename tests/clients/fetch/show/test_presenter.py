"""What goes to standard output, and in which form."""

import os

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.show.paper import Body, Paper, start
from tests.support import AtOnce, World
from tests.view.staging import HOSTILE
from tnet.clients.fetch.show.presenter import MOST_BYTES, Presenter, open_presenter
from tnet.errors import BadUsage, CannotWrite
from tnet.plans.fetch import Showing
from tnet.protocols.http1.responses import ResponseHead

JSON = "application/json"
ENCODINGS = ["utf-8", "utf-16", "utf-16be", "latin-1", "windows-1252", "gb18030", "big5", "iso-2022-jp", "euc-kr"]


def head(content_type="", *fields):
    described = ((b"Content-Type", content_type.encode()),) if content_type else ()
    return ResponseHead("1.1", 200, b"OK", (*described, *fields))


class Case(SynchronousTestCase):
    """A presenter on paper."""

    def present(self, *, terminal=False, colors=False, **showing):
        self.paper = Paper()
        return Presenter(Showing(**showing), self.paper, is_terminal=terminal, color=colors, workers=AtOnce())

    def done(self, work):
        return self.successResultOf(start(work))

    def shown(self, content_type, *pieces, **options):
        """What the paper shows of a body."""
        self.done(self.present(**options).body(head(content_type), Body(*pieces)))
        return self.paper.data


class PipeTests(Case):
    """A Presenter in a pipe."""

    def test_bytes_are_exact(self):
        """The body passes as it comes, piece by piece, whatever it is said to be."""
        pieces = [b"\x1b[2J\0\r\n\xff", b'{"a":1}']
        for content_type in ("", JSON, "text/plain; charset=latin1"):
            self.shown(content_type, *pieces)
            self.assertEqual(self.paper.pieces, pieces)

    def test_only_the_body(self):
        """Unless more is asked for."""
        presenter = self.present()
        self.done(presenter.request_head(b"GET / HTTP/1.1\r\n\r\n"))
        self.done(presenter.request_body(Body(b"sent")))
        self.done(presenter.response_head(head()))
        self.done(presenter.body(head(), Body(b"body")))
        self.done(presenter.metadata({"Elapsed": "1 s"}))
        self.assertEqual(self.paper.data, b"body")

    def test_what_is_not_shown_is_not_read(self):
        """A body nobody looks at stays where it is."""
        presenter, body = self.present(parts="h"), Body(b"body")
        self.done(presenter.body(head(), body))
        self.assertEqual((body.asked, self.paper.data), (0, b""))
        self.assertFalse(presenter.shows("b"))

    def test_head_and_body(self):
        """Case 26: the head is exact, too, and nothing stands between it and the body but its empty line."""
        presenter = self.present(parts="hb")
        answer = head("text/plain", (b"X-Odd", b"caf\xc3\xa9 \x1b"))
        self.done(presenter.response_head(answer))
        self.done(presenter.body(answer, Body(b"body")))
        self.done(presenter.finish())
        self.assertEqual(self.paper.data, answer.as_bytes() + b"body")

    def test_all_parts(self):
        """An empty line parts a body from what comes behind it."""
        presenter = self.present(parts="HBhbm")
        self.done(presenter.request_head(b"POST / HTTP/1.1\r\nA: b\r\n\r\n"))
        self.done(presenter.request_body(Body(b"sent")))
        self.done(presenter.response_head(head()))
        self.done(presenter.body(head(), Body(b"body\n")))
        self.done(presenter.metadata({"Elapsed time": "1 s", "Peer": "::1"}))
        self.assertEqual(
            self.paper.data,
            b"POST / HTTP/1.1\r\nA: b\r\n\r\nsent\n\nHTTP/1.1 200 OK\r\n\r\nbody\n\nElapsed time: 1 s\nPeer: ::1\n",
        )

    def test_bodies_of_several(self):
        """Bodies alone follow one another without a byte between."""
        presenter = self.present()
        for data in (b"one", b"two"):
            self.done(presenter.body(head(), Body(data)))
        self.done(presenter.finish())
        self.assertEqual(self.paper.data, b"onetwo")

    def test_pretty_when_asked(self):
        """JSON is laid out or coloured in a pipe, too, when somebody says so; bytes in strings stay exact."""
        text = '{"k":"\u20ac\x7f\x1b"}'.encode() + b"\n"
        self.assertEqual(self.shown(JSON, text, pretty="format"), b'{\n    "k": "' + text[6:-3] + b'"\n}\n')
        self.assertIn(b"\x1b[36m", self.shown(JSON, b'{"k":1}', pretty="all"))
        self.assertNotIn(b"\x1b", self.shown(JSON, b'{"k":1}', pretty="all", color="never"))

    def test_writing(self):
        """What is no part is written as it is."""
        presenter = self.present()
        self.done(presenter.write(b"\x1b\0"))
        self.assertEqual(self.paper.data, b"\x1b\0")

    def test_ends(self):
        """Finishing and giving up reach the output."""
        presenter = self.present()
        self.done(presenter.finish())
        self.done(presenter.discard())
        self.assertTrue(self.paper.finished and self.paper.discarded)


class TerminalTests(Case):
    """A Presenter on a terminal."""

    def shown(self, content_type, *pieces, **options):
        """As in any case, but on a terminal."""
        return super().shown(content_type, *pieces, **{"terminal": True} | options)

    def test_text_is_harmless(self):
        """Case 44: what the terminal would obey is visible, and the last line is ended."""
        self.assertEqual(self.shown("text/plain", b"h\xc3", b"\xa9\x1b[2J\r\n\xc3"), "h\xe9\\x1b[2J\n\\xc3\n".encode())

    def test_raw(self):
        """Whoever asks for it gets what came."""
        for content_type in ("", JSON):
            self.assertEqual(self.shown(content_type, b"[1,\x1b[0m\0", raw=True), b"[1,\x1b[0m\0")

    def test_encoding(self):
        """Text is read in the encoding that its head names, cut anywhere, and escaped after that."""
        for encoding in ("latin-1", "shift_jis", "utf-16-le", "gb18030"):
            data = "caf\u00e9" if encoding == "latin-1" else "\u65e5\u672c"
            pieces = [bytes([byte]) for byte in (data + "\x1b").encode(encoding)]
            shown = self.shown(f"text/plain; charset={encoding}", *pieces)
            self.assertEqual(shown.decode(), data + "\\x1b\n")

    def test_json(self):
        """It is laid out, and coloured where colours are wanted."""
        self.assertEqual(self.shown(JSON, b'{"a":', b"1.10}"), b'{\n    "a": 1.10\n}\n')
        self.assertIn(b'\x1b[36m"a"\x1b[0m: \x1b[33m1.10', self.shown(JSON, b'{"a":1.10}', colors=True))

    def test_less_pretty(self):
        """Layout and colours can be had one by one, and neither."""
        for pretty, shown in (
            ("none", b"[1]\n"),
            ("colors", b"[\x1b[33m1\x1b[0m]\n"),
            ("format", b"[\n    1\n]\n"),
        ):
            self.assertEqual(self.shown(JSON, b"[1]", colors=True, pretty=pretty), shown)

    def test_json_in_another_encoding(self):
        """It is read as its head says."""
        self.assertEqual(self.shown(f"{JSON}; charset=latin1", b'["\xe9"]'), '[\n    "\xe9"\n]\n'.encode())

    def test_what_only_says_it_is_json(self):
        """It is shown as it came."""
        self.assertEqual(self.shown(JSON, b"<html>\x1b\n"), b"<html>\\x1b\n")

    def test_xml(self):
        """It is left as it is."""
        self.assertEqual(self.shown("text/xml", b"<a><b/></a>\n"), b"<a><b/></a>\n")

    def test_much_json(self):
        """Case 35: above 8 MiB it passes as it comes, and no more than that was held."""
        piece = b'"' + b"a" * ((1 << 20) - 2) + b'",'
        body = Body(b"[", *[piece] * 9, b"1]\n")
        presenter = self.present(terminal=True)
        self.done(presenter.body(head(JSON), body))
        self.assertEqual(self.paper.data, b"[" + piece * 9 + b"1]\n")
        self.assertLessEqual(max(map(len, self.paper.pieces)), len(piece))
        self.assertEqual(body.asked, 12)

    def test_white_space_behind_much_json(self):
        """Case 35: not even blanks above the limit are lost."""
        text = b"[1]" + b" " * MOST_BYTES
        self.assertEqual(self.shown(JSON, text, b" \n"), text + b" \n")

    def test_binary(self):
        """Case 46: it is refused before any of it is written, with a way out."""
        for content_type in ("", JSON, "text/plain", "image/png"):
            presenter = self.present(terminal=True)
            error = self.failureResultOf(
                start(presenter.body(head(content_type), Body(b"\x7fELF\0"))), CannotWrite
            ).value
            self.assertEqual((error.exit_status, self.paper.data), (23, b""))
            self.assertIn("-o FILE", error.hint)

    def test_compressed(self):
        """Case 46: where it is only compressed, the hint says so."""
        answer = head("text/plain", (b"Content-Encoding", b"gzip"))
        reading = start(self.present(terminal=True).body(answer, Body(b"\x1f\x8b\x08\0")))
        self.assertIn("--compressed", self.failureResultOf(reading, CannotWrite).value.hint)

    def test_several_types(self):
        """The first Content-Type counts."""
        answer = head(JSON, (b"Content-Type", b"text/plain"))
        self.done(self.present(terminal=True).body(answer, Body(b"[1]")))
        self.assertEqual(self.paper.data, b"[\n    1\n]\n")

    def test_binary_that_is_written(self):
        """Case 46: what is no part is refused as well, when it is binary."""
        self.failureResultOf(start(self.present(terminal=True).write(b"a\0")), CannotWrite)

    def test_head(self):
        """Case 44: the head is harmless; its lines end as a terminal's do."""
        presenter = self.present(terminal=True, colors=True, parts="hb")
        answer = head("text/plain", (b"Server", b"\x1b[2J"))
        self.done(presenter.response_head(answer))
        self.done(presenter.body(answer, Body(b"x")))
        self.assertEqual(
            self.paper.data,
            b"\x1b[32mHTTP/1.1 200 OK\x1b[0m\n\x1b[36mContent-Type\x1b[0m: text/plain\n"
            b"\x1b[36mServer\x1b[0m: \\x1b[2J\n\nx\n",
        )

    def test_writing(self):
        """Case 44: a stream is harmless, wherever it was cut."""
        presenter = self.present(terminal=True)
        self.done(presenter.write(b"a\x1b\xe2\x82"))
        self.done(presenter.write(b"\xac\r"))
        self.done(presenter.finish())
        self.assertEqual(self.paper.data, "a\\x1b\u20ac\\x0d\n".encode())

    def test_metadata(self):
        """Case 44: a fact may come from a peer."""
        presenter = self.present(terminal=True, parts="m")
        self.done(presenter.metadata({"Peer": "\x1b"}))
        self.assertEqual(self.paper.data, b"Peer: \\x1b\n")

    @given(st.lists(st.binary(max_size=20)), st.sampled_from(ENCODINGS))
    def test_nothing_hostile(self, pieces, encoding):
        """Case 44: whatever comes, nothing of it is obeyed."""
        pieces = [piece for piece in pieces if piece and b"\0" not in piece]
        for kind in ("text/plain", JSON):
            shown = self.shown(f"{kind}; charset={encoding}", *pieces)
            self.assertIsNone(HOSTILE.search(shown.decode().replace("\t", "")))

    @given(st.text(st.characters(exclude_characters="\0")))
    def test_nothing_hostile_in_strings(self, text):
        """Case 44: neither in the strings of JSON."""
        string = '["' + text.replace("\\", "").replace('"', "") + '"]'
        shown = self.shown(JSON, string.encode("utf-8", "surrogatepass"))
        self.assertIsNone(HOSTILE.search(shown.decode().replace("\t", "")))


class OpenPresenterTests(SynchronousTestCase):
    """`open_presenter`."""

    def test_a_pipe(self):
        """It gets bytes, and no pager."""
        path = self.mktemp()
        with open(path, "wb") as file:
            presenter = open_presenter(Showing(pager="no-such-command"), World().context, file.fileno(), print)
            for work in (presenter.body(head(), Body(b"\x1b\0")), presenter.finish(), presenter.discard()):
                self.successResultOf(start(work))
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"\x1b\0")

    def terminal(self):
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        return theirs

    def test_a_terminal(self):
        """It is found out, and binary data refused there."""
        presenter = open_presenter(Showing(), World().context, self.terminal(), print)
        self.failureResultOf(start(presenter.body(head(), Body(b"\0"))), CannotWrite)
        self.successResultOf(start(presenter.discard()))

    def test_a_pager(self):
        """On a terminal it is started; one that is not there is an error."""
        self.assertRaises(
            BadUsage, open_presenter, Showing(pager="no-such-command"), World().context, self.terminal(), print
        )
