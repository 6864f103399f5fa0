"""Datagrams between standard input and output and a peer, in memory; real ones are in tests/end_to_end."""

from __future__ import annotations

import errno
import os
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.connect.ends import Paper, Typed
from tests.net.datagrams.boxes import Box, turn
from tests.support import World
from tnet.clients.connect.datagrams import Lines, exchange, talk_datagrams
from tnet.errors import BadUsage, ConnectFailed, ExitStatus, NameNotResolved, OutputClosed, TimedOut, TooLarge
from tnet.events.kinds import ConnectionClosed
from tnet.net.datagrams import LARGEST_DATAGRAM
from tnet.net.datagrams.correspondence import Correspondence
from tnet.net.stdio.sink import HIGH_WATER_BYTES
from tnet.plans import TcpAddress, UdpAddress
from tnet.plans.connect import ConnectPlan, Step, Talk
from tnet.plans.proxies import Proxy
from tnet.plans.tls import TlsDialing

TARGET = UdpAddress("192.0.2.1", 53)


class ExchangeTests(SynchronousTestCase):
    """`exchange`."""

    def setUp(self) -> None:
        self.world = World()
        self.box: Any = Box()
        self.input, self.output = Typed(), Paper()

    def talk(self, **plan: Any) -> Deferred[ExitStatus]:
        """An exchange that has begun."""

        async def begin(target: UdpAddress, context: Any, **_: Any) -> Correspondence:
            place, trace = TcpAddress(target.host, target.port), context.publisher.trace()
            return Correspondence(target, [place], None, context, trace, lambda *_: self.box)

        asked = ConnectPlan(target=TARGET, **plan)
        return Deferred.fromCoroutine(exchange(asked, self.world.context, self.input, self.output, begin))

    def come(self, data: bytes | OSError) -> None:
        """The peer sends `data`, or the system tells an error."""
        self.box.put(data)
        turn(self.world.reactor)

    @property
    def end(self) -> tuple[str, bool]:
        """How the connection's end was told."""
        (closed,) = self.world.recorder.of(ConnectionClosed)
        return closed.reason, closed.clean

    def test_both_ways(self) -> None:
        """What is read at once is a datagram, and what comes is written at once."""
        job = self.talk()
        self.input.give(b"one\ntwo\n")
        self.input.give(b"x" * LARGEST_DATAGRAM)
        self.come(b"answer")
        self.assertEqual(self.box.sent, [b"one\ntwo\n", b"x" * LARGEST_DATAGRAM])
        self.assertEqual(self.output.written, b"answer")
        self.assertNoResult(job)
        job.cancel()
        self.failureResultOf(job, CancelledError)
        self.assertTrue(self.box.closed)
        self.assertEqual((self.world.reactor.getDelayedCalls(), self.end), ([], ("closed by us", True)))

    def test_answers_after_the_end_of_input(self) -> None:
        """C24: answers are awaited until nothing came for as long as the linger."""
        job = self.talk(linger_seconds=2)
        self.input.give(b"question")
        self.input.give(b"")
        self.world.reactor.pump([0.25] * 7)
        self.come(b"a")
        self.world.reactor.pump([0.25] * 7)
        self.assertNoResult(job)
        self.come(b"b")
        self.world.reactor.pump([0.25] * 8)
        self.assertIs(self.successResultOf(job), ExitStatus.OK)
        self.assertEqual((self.output.written, self.end), (b"ab", ("closed by us", True)))

    def test_linger_is_not_over_while_the_output_is_slow(self) -> None:
        """A reader of ours that is slow is waited for, and nothing is received meanwhile."""
        job = self.talk(linger_seconds=1)
        self.input.give(b"")
        self.output.slow = True
        for _ in range(HIGH_WATER_BYTES // 60_000 + 1):
            self.come(b"x" * 60_000)
        self.come(b"y")
        self.assertEqual(len(self.box.incoming), 1)
        self.world.reactor.pump([0.25] * 20)
        self.assertNoResult(job)
        self.output.catch_up()
        turn(self.world.reactor)
        self.world.reactor.pump([0.25] * 8)
        self.assertIs(self.successResultOf(job), ExitStatus.OK)
        self.assertTrue(self.output.written.endswith(b"xy"))

    def test_no_shutdown(self) -> None:
        """Without a shutdown the peer is listened to for ever."""
        job = self.talk(shutdown=False)
        self.input.give(b"")
        self.world.reactor.pump([1.0] * 100)
        self.assertNoResult(job)
        job.cancel()
        self.failureResultOf(job, CancelledError)

    def test_too_large(self) -> None:
        """What cannot be one datagram is an error that says the bound, and is not cut."""
        job = self.talk()
        self.input.give(b"x" * (LARGEST_DATAGRAM + 1))
        error = self.failureResultOf(job, TooLarge).value
        self.assertEqual(str(error), "a datagram from standard input is larger than 65507 bytes")
        self.assertEqual((self.box.sent, self.end), ([], (str(error), False)))

    def test_refused(self) -> None:
        """C25: a peer that refuses ends it, whatever is still to be said."""
        job = self.talk()
        self.input.give(b"hello?")
        self.come(OSError(errno.ECONNREFUSED, ""))
        error = self.failureResultOf(job, ConnectFailed).value
        self.assertEqual(error.exit_status, 7)
        self.assertEqual(self.end, ("connection refused", False))
        self.assertTrue(self.input.over)

    def test_idle(self) -> None:
        """Nothing either way for as long as allowed is the end; a datagram is a sign of life."""
        job = self.talk(idle_seconds=4)
        self.world.reactor.pump([1.0] * 3)
        self.input.give(b"x")
        self.world.reactor.pump([1.0] * 3)
        self.come(b"x")
        self.world.reactor.pump([1.0] * 3)
        self.assertNoResult(job)
        self.world.reactor.pump([1.0] * 2)
        error = self.failureResultOf(job, TimedOut).value
        self.assertEqual((error.phase, error.seconds), ("waiting for data", 4))

    def test_lines(self) -> None:
        """With CR LF asked for, each line is a datagram, and so is the last one without an end."""
        job = self.talk(crlf=True)
        for data in (b"one\ntwo\r", b"\nthr", b"ee\nfour", b""):
            self.input.give(data)
        self.assertEqual(self.box.sent, [b"one\r\n", b"two\r\n", b"three\r\n", b"four"])
        job.cancel()
        self.failureResultOf(job, CancelledError)

    def test_terminal(self) -> None:
        """C38: at a terminal, what the peer sends is made harmless, unless raw bytes are asked for."""
        for raw, shown in ((False, b"\\x1b[31m\n"), (True, b"\x1b[31m\n")):
            self.box, self.input, self.output = Box(), Typed(), Paper(is_terminal=True)
            job = self.talk(raw=raw)
            self.come(b"\x1b[31m")
            job.cancel()
            self.failureResultOf(job, CancelledError)
            self.assertEqual(self.output.written, shown)

    def test_hex(self) -> None:
        """With a dump asked for, both directions are in it, with their own offsets, and both wait for its reader."""
        job = self.talk(talk=Talk(hex=True))
        self.input.give(b"one")
        self.come(b"\x1bA")
        self.input.give(b"two")
        rows = [row.split("|")[0].split() for row in self.output.written.decode().splitlines()]
        self.assertEqual(
            [(row[0], row[2], row[3:]) for row in rows],
            [
                (">", "00000000", ["6f", "6e", "65"]),
                ("<", "00000000", ["1b", "41"]),
                (">", "00000003", ["74", "77", "6f"]),
            ],
        )
        self.output.slow = True
        self.input.give(b"x" * 65_000)
        self.assertTrue(self.input.paused)
        self.output.catch_up()
        self.assertFalse(self.input.paused)
        job.cancel()
        self.failureResultOf(job, CancelledError)

    def test_no_room(self) -> None:
        """While the system takes nothing the input is not read."""
        job = self.talk()
        self.box.full = True
        self.input.give(b"one")
        self.assertTrue(self.input.paused)
        self.box.full = False
        turn(self.world.reactor)
        self.assertEqual((self.input.paused, self.box.sent), (False, [b"one"]))
        job.cancel()
        self.failureResultOf(job, CancelledError)

    def test_broken_ends(self) -> None:
        """An input or output that breaks ends it with its error."""
        job = self.talk()
        self.output.fail(OSError(errno.EPIPE, os.strerror(errno.EPIPE)))
        self.failureResultOf(job, OutputClosed)
        self.box, self.input, self.output = Box(), Typed(), Paper()
        job = self.talk()
        self.input.fail(OSError(errno.EIO, "gone"))
        self.assertEqual(self.failureResultOf(job).value.exit_status, 26)


class PlanTests(SynchronousTestCase):
    """What an exchange of datagrams cannot have."""

    def test_refused(self) -> None:
        """What only streams have is refused, naming the option, before anything is opened."""
        world = World()
        for field, options in {
            "--tls": {"tls": TlsDialing()},
            "--starttls": {"starttls": "smtp"},
            "--proxy": {"proxies": (Proxy("http", "p", 1),)},
            "--proxy-protocol": {"proxy_protocol": "v1"},
            "--script": {"talk": Talk(steps=(Step("send", b"x"),))},
            "--record": {"talk": Talk(record="f")},
            "--replay": {"talk": Talk(replay="f")},
        }.items():
            plan = ConnectPlan(target=TARGET, **options)  # type: ignore[arg-type]
            job = Deferred.fromCoroutine(talk_datagrams(plan, world.context))
            self.assertEqual(self.failureResultOf(job, BadUsage).value.field, field)
        self.assertEqual(world.recorder.records, [])

    def test_no_address(self) -> None:
        """A name without an address of the wanted family ends it with both ends released."""
        world, source, output = World(), Typed(), Paper()
        plan = ConnectPlan(target=TARGET, family=6)
        job = Deferred.fromCoroutine(exchange(plan, world.context, source, output))
        self.failureResultOf(job, NameNotResolved)
        self.assertTrue(source.over)


class LinesTests(SynchronousTestCase):
    """`Lines`."""

    def test_cut_anywhere(self) -> None:
        """However the bytes are cut, the lines are the same."""
        text = b"one\n\r\ntwo\r\nthree\rfour\n\nrest\r"
        expected = [b"one\r\n", b"\r\n", b"two\r\n", b"three\rfour\r\n", b"\r\n"]
        for at in range(len(text) + 1):
            lines = Lines()
            self.assertEqual([*lines.feed(text[:at]), *lines.feed(text[at:])], expected)
            self.assertEqual((lines.rest(), lines.rest()), (b"rest\r", b""))

    def test_bounded(self) -> None:
        """A line without an end is given when it is too long, so that it is refused and not kept."""
        lines = Lines()
        self.assertEqual(list(lines.feed(b"x" * LARGEST_DATAGRAM)), [])
        self.assertEqual(list(lines.feed(b"x")), [b"x" * (LARGEST_DATAGRAM + 1)])
        self.assertEqual(lines.rest(), b"")
