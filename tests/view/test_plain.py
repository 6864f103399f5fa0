"""Tests for the story in plain lines."""

from __future__ import annotations

import re

from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import HOSTILE, LISTENING, NASTY, Show, Stage, any_event, closed, exchanged, opened, send
from tnet.events import kinds
from tnet.view.plain import Teller, local_time, since_start, utc_time
from tnet.view.theme import Brush
from tnet.view.words import say

STOPPED = kinds.Stopped(exit_status=143, reason="terminated", seconds=12)


class StampTests(SynchronousTestCase):
    """The three stamps."""

    def test_stamps(self) -> None:
        """Somebody who watches gets the time of day, a file the date in UTC, a client its milliseconds."""
        stage = Stage()
        stage.now = 0.0125
        record = stage.record(LISTENING)
        self.assertRegex(local_time(record), r"^\d\d:\d\d:\d\d\.01[23]$")
        self.assertEqual(utc_time(record), record.as_json()["ts"])
        self.assertEqual(since_start(record), "     12.5 ms")


class TellerTests(SynchronousTestCase):
    """`Teller`."""

    def setUp(self) -> None:
        self.stage = Stage()
        self.teller = Teller(Brush(), lambda record: "now")

    def test_line(self) -> None:
        """A line has a stamp, a connection, a mark, a word and the rest."""
        line = self.teller.line(self.stage.record(opened(), 12))
        self.assertEqual(line, "now   #12 ▸ open       127.0.0.1:40000\n")

    def test_no_connection(self) -> None:
        """Without a connection its column stays empty, and the words stay where they were."""
        lines = [self.teller.line(self.stage.record(LISTENING, conn)) for conn in (None, 1)]
        self.assertEqual(len(lines[0]), len(lines[1]))

    @given(any_event())
    def test_harmless_lines(self, event: kinds.Event) -> None:
        """Case 44: whatever a peer said, an event takes the lines it has words for, without control characters."""
        line = self.teller.line(self.stage.record(event, 3))
        self.assertIsNone(HOSTILE.search(line))
        self.assertEqual(line.count("\n"), 1 + len(say(event).more))

    def test_heads(self) -> None:
        """A head is told under one stamp, each field on a line that says which way it went."""
        sent = kinds.HeadSent(method="GET", target="/", version="1.1", fields=("Host: h", "X: \x1b"))
        got = kinds.HeadReceived(status=200, reason="OK", version="1.1", fields=("Server: s",))
        lines = [self.teller.line(self.stage.record(event, 1)) for event in (sent, got)]
        self.assertEqual(
            lines,
            [
                "now    #1 ▸ sent       GET / HTTP/1.1\n    > Host: h\n    > X: \\x1b\n",
                "now    #1 ◂ answer     HTTP/1.1 200 OK\n    < Server: s\n",
            ],
        )

    def test_traceback(self) -> None:
        """A traceback in the debug log keeps its lines, each harmless and set in."""
        line = self.teller.line(self.stage.record(kinds.Logged(level="debug", text="a\nb\x1b\n c")))
        self.assertEqual(line, "now       · debug      a\n    b\\x1b\n     c\n")

    def test_complaint(self) -> None:
        """An error is `tnet: error:` and one line; its hint has its own."""
        event = kinds.Logged(level="error", text="bad " + NASTY, hint="mend it")
        plain = self.teller.complaint(self.stage.record(event), event, stamped=False)
        first, second, rest = plain.split("\n")
        self.assertTrue(first.startswith("tnet: error: bad \\x1b]0;owned"))
        self.assertEqual((second, rest), ("  hint: mend it", ""))
        self.assertIsNone(HOSTILE.search(plain))

    def test_colored_complaint(self) -> None:
        """Colour marks the word, which is there without it."""
        event = kinds.Logged(level="error", text="bad")
        teller = Teller(Brush(color=True), lambda record: "now")
        complaint = teller.complaint(self.stage.record(event), event, stamped=False)
        self.assertEqual(complaint, "tnet: \x1b[31merror:\x1b[0m bad\n")


class PlainViewTests(SynchronousTestCase):
    """`PlainView`, as part of a story."""

    def test_server(self) -> None:
        """A server's story: its card, a line an event, and all its counts at the end."""
        show = Show("serve echo")
        trace = show.publisher.trace()
        send(show.publisher, LISTENING)
        send(show.publisher, opened(), trace.conn)
        send(show.publisher, closed(), trace.conn)
        send(show.publisher, STOPPED)
        words = [line.split() for line in show.stderr.lines]
        self.assertEqual(words[0][:4], ["●", "tnet", "serve", "echo"])
        self.assertEqual(words[1][:2], ["listening", "tcp://127.0.0.1:8000"])
        self.assertEqual([line[3] for line in words[2:4]], ["open", "close"])
        self.assertTrue(
            show.stderr.lines[4].endswith(
                "terminated after 12 s · exit status 143 · connections 1 · bytes 10 B in, 20 B out"
            )
        )
        self.assertEqual(show.stdout.text, "")

    def test_quiet_server(self) -> None:
        """With -q only the address, complaints and the summary; the summary still knows the counts."""
        show = Show("serve web", verbosity=-1)
        send(show.publisher, LISTENING)
        show.story.note(["a note"])
        for _ in range(3):
            send(show.publisher, opened())
            send(show.publisher, exchanged())
        show.publisher.log("info", "unimportant")
        show.publisher.log("warning", "important")
        send(show.publisher, STOPPED)
        self.assertEqual(len(show.stderr.lines), 4)
        self.assertIn("important", show.stderr.lines[2])
        self.assertTrue(show.stderr.lines[3].endswith("connections 3 · requests 3 · trouble 1 warning"))
        self.assertEqual(show.publisher.unbuilt["connection.open"], 3)

    def test_stamped_once_running(self) -> None:
        """Before it listens a server complains as any command does; afterwards with the time."""
        show = Show("serve echo")
        show.publisher.log("error", "early")
        send(show.publisher, LISTENING)
        show.publisher.log("error", "late")
        self.assertEqual(show.stderr.lines[0], "tnet: error: early")
        self.assertTrue(re.match(r"[\d:.]{12} +tnet: error: late", show.stderr.lines[-1]))

    def test_server_that_never_ran(self) -> None:
        """Why a server could not begin is told once, and it has nothing to sum up."""
        show = Show("serve echo")
        show.publisher.log("error", "cannot listen", "a hint")
        send(show.publisher, STOPPED)
        self.assertEqual(show.stderr.lines, ["tnet: error: cannot listen", "  hint: a hint"])

    def test_quiet_client(self) -> None:
        """A client says nothing unless something is wrong."""
        show = Show("fetch")
        for event in (opened(role="client"), exchanged(), closed(), STOPPED):
            send(show.publisher, event, 1)
        self.assertEqual(show.stderr.text, "")
        show.publisher.log("error", "no route", "check the cable")
        self.assertEqual(show.stderr.lines, ["tnet: error: no route", "  hint: check the cable"])

    def test_client_with_v(self) -> None:
        """With -v a client tells its connection's story."""
        show = Show("fetch", verbosity=1)
        send(show.publisher, opened(role="client"), 1)
        self.assertEqual(show.stderr.lines, ["      0.0 ms    #1 ▸ open       to 127.0.0.1:40000"])

    def test_retry(self) -> None:
        """A client that tries again says so, as a warning unless its whole story is told."""
        retry = kinds.RetryPlanned(transfer=1, attempt=2, seconds=1.0, error="refused")
        for verbosity, lines in (
            (-1, []),
            (0, ["tnet: warning: refused · attempt 2 follows in 1.0 s"]),
            (1, ["      0.0 ms       ! retry      refused · attempt 2 follows in 1.0 s"]),
        ):
            show = Show("fetch", verbosity=verbosity)
            send(show.publisher, retry)
            self.assertEqual(show.stderr.lines, lines)

    def test_notice(self) -> None:
        """A command that does one thing says so on a line by itself, harmless; in the log it has its time."""
        log = self.mktemp()
        show = Show("users add", log_file=log)
        show.publisher.log("notice", "added a\x1b to x.db")
        show.story.stop()
        self.assertEqual(show.stderr.lines, ["added a\\x1b to x.db"])
        with open(log) as file:
            self.assertTrue(re.match(r"20[-\dT:.]+Z .* notice +added a", file.read()))

    def test_lasting_password(self) -> None:
        """The password of an account that stays is shown on stderr, even with -q, and in no other place."""
        log, events = self.mktemp(), self.mktemp()
        show = Show("users add", verbosity=-1, log_file=log, events_file=events)
        show.story.disclose("ada", "s3cret", lasting=True)
        show.story.stop()
        self.assertEqual(show.stderr.lines, ["password: s3cret  shown only now"])
        for path in (log, events):
            with open(path) as file:
                self.assertNotIn("s3cret", file.read())

    def test_account(self) -> None:
        """A one-time account is shown on stderr, even with -q, and in no other place."""
        log, events = self.mktemp(), self.mktemp()
        show = Show("serve auth", verbosity=-1, log_file=log, events_file=events)
        show.story.disclose("tnet", "s3cret")
        show.story.stop()
        self.assertIn("s3cret", show.stderr.text)
        for path in (log, events):
            with open(path) as file:
                self.assertNotIn("s3cret", file.read())
