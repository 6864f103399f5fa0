"""Tests for the access log."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from tests.view.staging import NASTY, Show, Stage, Stream, any_event, exchanged, send
from tnet.errors import BadUsage
from tnet.events import kinds
from tnet.plans.output import OutputPlan
from tnet.view.access_log import FLUSH_CHARACTERS, AccessLog, Clf
from tnet.view.jsonl import as_line
from tnet.view.outlet import outlet_to

COMBINED = re.compile(
    r"(?P<host>[^ ]+) - (?P<user>[^ ]+) \[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "
    r'"(?P<request>[^"]*)" (?P<status>\d{3,}) (?P<bytes>\d+|-) "(?P<referer>[^"]*)" "(?P<agent>[^"]*)"\n'
)


class ClfTests(SynchronousTestCase):
    """`Clf`."""

    def line(self, *, form: str = "combined", **more: Any) -> str:
        """The line of an exchange."""
        line: str = getattr(Clf(), form)(Stage().record(exchanged(**more), 1))
        return line

    def fields(self, **more: Any) -> dict[str, str]:
        """What a reader of logs finds in it."""
        found = COMBINED.fullmatch(self.line(**more))
        assert found is not None, self.line(**more)
        return found.groupdict()

    def test_combined(self) -> None:
        """All fields are where readers of logs look for them."""
        found = self.fields(
            url="/a?b", peer_address="192.0.2.7", user="alice", bytes_out=1024, referer="http://r/", user_agent="curl/8"
        )
        self.assertEqual(
            (found["host"], found["user"], found["request"], found["status"], found["bytes"]),
            ("192.0.2.7", "alice", "GET /a?b HTTP/1.1", "200", "1024"),
        )
        self.assertEqual((found["referer"], found["agent"]), ("http://r/", "curl/8"))

    def test_common(self) -> None:
        """The common format ends with the bytes, and `-` stands for none and for what is not known."""
        line = self.line(form="common", bytes_out=0, user_agent="curl/8")
        self.assertRegex(line, r'^- - - \[15/Jan/2027:\d\d:\d\d:00 .{5}\] "GET / HTTP/1.1" 200 -\n$')

    def test_time(self) -> None:
        """The time is that of each record, although it is made once a second."""
        stage, clf, lines = Stage(), Clf(), []
        for stage.now in (0.0, 0.9, 1.0, 61.0):
            lines.append(clf.common(stage.record(exchanged())))
        seconds = [re.findall(r":(\d\d:\d\d) ", line)[0] for line in lines]
        self.assertEqual([each[-2:] for each in seconds], ["00", "00", "01", "01"])
        self.assertNotEqual(seconds[2], seconds[3])

    def test_no_request(self) -> None:
        """What never became a request is `-`, and what was not answered has the status 000."""
        found = self.fields(method="-", url="-", status=408)
        self.assertEqual((found["request"], found["status"]), ("-", "408"))
        self.assertEqual(self.fields(status=0)["status"], "000")

    def test_escapes(self) -> None:
        """Quotes, backslashes, control characters and what is not ASCII cannot be mistaken for anything else."""
        for text, shown in (
            ('a"b', r"a\x22b"),
            ("a\\", r"a\x5c"),
            ("a\nb\x7f", r"a\x0ab\x7f"),
            ("é", r"\xc3\xa9"),
            ("\\x0a", r"\x0a"),
            ("\\x0A", r"\x5cx0A"),
            ("\ud800", r"\xed\xa0\x80"),
        ):
            self.assertEqual(self.fields(user_agent=text)["agent"], shown)
            self.assertEqual(self.fields(referer=text)["referer"], shown)
            self.assertEqual(self.fields(url="/" + text)["request"], f"GET /{shown} HTTP/1.1")

    def test_user(self) -> None:
        """Neither a space nor a bracket in a name shifts the fields."""
        self.assertEqual(self.fields(user="a b")["user"], r"a\x20b")
        self.assertEqual(self.fields(user="[a]^\\")["user"], r"\x5ba\x5d^\x5c")
        self.assertEqual(self.fields(user="")["user"], "-")

    @given(any_event((kinds.HttpExchanged,)))
    def test_any(self, event: kinds.HttpExchanged) -> None:
        """Whatever a client says, there is one line with its fields in their places, and no quote too many."""
        told = {"peer_address": "::1", "version": "1.1"}
        more = {name: getattr(event, name) for name in ("method", "url", "user", "referer", "user_agent")}
        line = self.line(**more, **told)
        self.assertIsNotNone(COMBINED.fullmatch(line), line)
        self.assertTrue(line.isascii())


class AccessLogTests(SynchronousTestCase):
    """`AccessLog`."""

    def setUp(self) -> None:
        self.stage, self.stream = Stage(), Stream()
        self.log = AccessLog(outlet_to(self.stream, "log"), "combined")

    def see(self, **more: Any) -> None:
        """Let the log see one exchange."""
        self.log(self.stage.record(exchanged(**more)))

    def test_keeps_lines_back(self) -> None:
        """Lines wait for the next tick, or the end, so that many are one write."""
        self.see()
        self.assertEqual(self.stream.text, "")
        self.log.tick()
        self.assertEqual(len(self.stream.lines), 1)
        self.see()
        self.log.stop()
        self.log.stop()
        self.assertEqual(len(self.stream.lines), 2)

    def test_bounded(self) -> None:
        """Many lines are written before the tick."""
        for _ in range(50):
            self.see(url="/" + "u" * 2000)
        self.assertGreaterEqual(len(self.stream.text), FLUSH_CHARACTERS)

    def test_json(self) -> None:
        """The JSON form is the line of the event stream."""
        self.log = AccessLog(outlet_to(self.stream, "log"), "json")
        record = self.stage.record(exchanged(user_agent=NASTY), 3)
        self.log(record)
        self.log.tick()
        self.assertEqual(self.stream.text, as_line(record))
        self.assertEqual(json.loads(self.stream.text)["http.response.status_code"], 200)


class ChosenTests(SynchronousTestCase):
    """The access log as a part of the story."""

    def read(self, path: str) -> str:
        """What is in the file."""
        with open(path) as file:
            return file.read()

    def test_file(self) -> None:
        """Only exchanges are in it, also with -q, and other events are not built for it."""
        path = self.mktemp()
        show = Show("serve web", access_log=path, verbosity=-1)
        send(show.publisher, exchanged(user_agent="curl/8"), 1)
        show.publisher.emit(kinds.SpanStarted, span="s")
        show.story.stop()
        self.assertRegex(self.read(path), COMBINED)
        self.assertEqual(show.publisher.unbuilt["span.start"], 1)

    def test_stdout(self) -> None:
        """`-` is stdout, which can carry either the events or the access log."""
        show = Show("serve web", access_log="-", access_log_format="common")
        send(show.publisher, exchanged(), 1)
        show.story.tick()
        self.assertIn('"GET / HTTP/1.1" 200 2\n', show.stdout.text)
        self.assertRaises(BadUsage, OutputPlan, access_log="-", events_file="-")

    def test_privacy(self) -> None:
        """With --privacy the client's address is masked here, too."""
        path = self.mktemp()
        show = Show("serve web", access_log=path, privacy=True)
        send(show.publisher, exchanged(peer_address="203.0.113.77"), 1)
        show.story.stop()
        self.assertTrue(self.read(path).startswith("203.0.113.0 "))

    def test_rotation(self) -> None:
        """After a rotation of logs it goes on in a new file."""
        path = self.mktemp()
        show = Show("serve web", access_log=path)
        send(show.publisher, exchanged(url="/old"), 1)
        show.story.tick()
        os.rename(path, path + ".1")
        show.story.reopen()
        send(show.publisher, exchanged(url="/new"), 1)
        show.story.stop()
        self.assertIn("/old", self.read(path + ".1"))
        self.assertIn("/new", self.read(path))

    def test_full_disk(self) -> None:
        """That nothing can be written any more is told once, and the story goes on."""
        show = Show("serve web", access_log="/dev/full")
        for _ in range(3):
            send(show.publisher, exchanged(), 1)
            show.story.tick()
        told = show.stderr.text
        self.assertEqual(told.count("cannot write /dev/full: No space left on device"), 1)
