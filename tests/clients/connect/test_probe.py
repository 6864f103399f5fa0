"""Probing ports, in memory; real ones are in tests/end_to_end."""

from __future__ import annotations

import errno
import json
import resource
import socket
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionRefusedError
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.connect.ends import DONE, Paper, Wire
from tests.support import World
from tnet.clients.connect.probe import FEW_PORTS, NAME_SECONDS, SPARE_DESCRIPTORS, look
from tnet.errors import BadUsage, ExitStatus, NameNotResolved, OutputClosed, TimedOut
from tnet.events.kinds import ProbeAnswered
from tnet.plans.connect import ProbePlan

ADDRESS = "192.0.2.1"


class Silent:
    """Names that are never found out."""

    def run(self, *_: Any) -> Deferred[Any]:
        return Deferred()


class ProbeCase(SynchronousTestCase):
    """Plays the ports."""

    def setUp(self) -> None:
        self.world, self.output = World(), Paper()
        self.clients: list[Any] = self.world.reactor.tcpClients

    def look(self, *ports: int, **plan: Any) -> Deferred[ExitStatus]:
        """A probe that has begun."""
        asked = ProbePlan(**{"host": ADDRESS, "ports": ports, **plan})
        return Deferred.fromCoroutine(look(asked, self.world.context, self.output))

    def open(self, port: int) -> Any:
        """`port` accepts; what stands in its door."""
        visitor = self.factory(port).buildProtocol(None)
        visitor.makeConnection(Wire())
        return visitor

    def close(self, port: int) -> None:
        """`port` accepts and is closed again."""
        self.open(port).connectionLost(DONE)

    def refuse(self, port: int) -> None:
        """`port` refuses."""
        self.factory(port).clientConnectionFailed(None, Failure(ConnectionRefusedError(errno.ECONNREFUSED, "")))

    def factory(self, port: int) -> Any:
        """What was last to be connected to `port`."""
        return next(client[2] for client in reversed(self.clients) if client[1] == port)

    @property
    def lines(self) -> list[str]:
        """What was written."""
        return self.output.written.decode().splitlines()


class ProbeTests(ProbeCase):
    """`look`: who is asked, and how it ends."""

    def test_all_open(self) -> None:
        """When every port is open, all is well."""
        job = self.look(22, 80)
        self.close(22)
        self.assertNoResult(job)
        self.close(80)
        self.assertIs(self.successResultOf(job), ExitStatus.OK)
        self.assertEqual(self.world.reactor.getDelayedCalls(), [])

    def test_not_all_open(self) -> None:
        """One port that is not makes it 7, like a connection that is refused."""
        job = self.look(22, 80)
        self.close(22)
        self.refuse(80)
        self.assertIs(self.successResultOf(job), ExitStatus.NOT_CONNECTED)

    def test_order(self) -> None:
        """Answers are written in the order in which they were asked for, each as soon as it may."""
        job = self.look(3, 2, 1)
        self.refuse(1)
        self.assertEqual(self.lines, [])
        self.refuse(3)
        self.assertEqual([line.split("\t")[0] for line in self.lines], ["3"])
        self.refuse(2)
        self.assertEqual([line.split("\t")[0] for line in self.lines], ["3", "2", "1"])
        self.successResultOf(job)

    def test_parallel(self) -> None:
        """No more are asked at once than was allowed; one that is closing counts."""
        job = self.look(1, 2, 3, 4, parallel=2)
        self.assertEqual([client[1] for client in self.clients], [1, 2])
        self.refuse(2)
        visitor = self.open(3)
        self.assertEqual([client[1] for client in self.clients], [1, 2, 3])
        visitor.connectionLost(DONE)
        self.assertEqual([client[1] for client in self.clients], [1, 2, 3, 4])
        job.cancel()
        self.failureResultOf(job, CancelledError)

    def test_few_descriptors(self) -> None:
        """No more are asked at once than descriptors allow, but one always is."""
        for soft, count in ((SPARE_DESCRIPTORS + 3, 3), (10, 1), (resource.RLIM_INFINITY, 5)):
            self.setUp()
            self.patch(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
            job = self.look(1, 2, 3, 4, 5)
            self.assertEqual(len(self.clients), count)
            job.cancel()
            self.failureResultOf(job, CancelledError)

    def test_one_lookup(self) -> None:
        """A name is looked up once for all ports, and every address of it is tried."""
        asked: list[str] = []

        class Names:
            def run(self, _: Any, name: str, *__: Any) -> Deferred[Any]:
                asked.append(name)
                answers = [(socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.1")]
                done: Deferred[Any] = Deferred()
                done.callback([(family, socket.SOCK_STREAM, 6, "", (host, 0)) for family, host in answers])
                return done

        object.__setattr__(self.world.context, "names", Names())
        job = self.look(1, 2, host="localhost")
        self.refuse(1)
        self.close(1)
        self.refuse(2)
        self.refuse(2)
        self.assertIs(self.successResultOf(job), ExitStatus.NOT_CONNECTED)
        self.assertEqual((asked, [line.split("\t")[3] for line in self.lines]), (["localhost"], ["127.0.0.1", "::1"]))

    def test_name_that_is_not_found(self) -> None:
        """A name without addresses ends it, as does a lookup that takes too long."""
        self.failureResultOf(self.look(1, host="a..b"), NameNotResolved)
        self.setUp()
        object.__setattr__(self.world.context, "names", Silent())
        job = self.look(1, host="example.invalid")
        self.world.reactor.advance(NAME_SECONDS)
        error = self.failureResultOf(job, TimedOut).value
        self.assertEqual(error.phase, "name lookup")

    def test_bad_source(self) -> None:
        """A source that contradicts the family is bad usage, before anything is asked."""
        self.failureResultOf(self.look(1, source="::1", family=4), BadUsage)
        self.assertEqual(self.clients, [])

    def test_closed_output(self) -> None:
        """When nobody reads what is found, nothing more is asked."""
        job = self.look(1, 2, 3, parallel=1)
        self.output.fail(OSError(errno.EPIPE, ""))
        self.failureResultOf(job, OutputClosed)
        self.assertEqual((len(self.clients), self.world.reactor.getDelayedCalls()), (1, []))

    def test_cancelled(self) -> None:
        """What was written is kept, and nothing goes on."""
        job = self.look(1, 2)
        self.refuse(1)
        job.cancel()
        self.failureResultOf(job, CancelledError)
        self.assertEqual((len(self.lines), self.world.reactor.getDelayedCalls()), (1, []))

    def test_events(self) -> None:
        """Each answer is told of, with what the system said."""
        job = self.look(1, 2)
        self.world.reactor.advance(0.25)
        self.refuse(2)
        self.close(1)
        self.successResultOf(job)
        told = [(event.peer_port, event.state, event.seconds, event.error) for event in self.events()]
        self.assertEqual(told, [(2, "refused", 0.25, "connection refused"), (1, "open", 0.25, None)])

    def events(self) -> list[Any]:
        """What was told of."""
        return self.world.recorder.of(ProbeAnswered)


class ReportTests(ProbeCase):
    """What is written."""

    def answer(self, **plan: Any) -> None:
        """Port 1 is open, 2 refuses, 3 says nothing."""
        job = self.look(1, 2, 3, seconds=1, **plan)
        self.world.reactor.advance(0.125)
        self.close(1)
        self.refuse(2)
        self.world.reactor.advance(0.875)
        self.assertIs(self.successResultOf(job), ExitStatus.NOT_CONNECTED)

    def test_lines(self) -> None:
        """In a pipe each port is a line of fields between tabs."""
        self.answer()
        self.assertEqual(
            self.lines,
            [
                "1\topen\t0.125000\t192.0.2.1\t",
                "2\trefused\t0.125000\t192.0.2.1\tconnection refused",
                "3\tfiltered\t1.000000\t192.0.2.1\ttimed out",
            ],
        )

    def test_json(self) -> None:
        """With JSON asked for each port is an object on a line of its own, on a terminal as well."""
        for terminal in (False, True):
            self.setUp()
            self.output.is_terminal = terminal
            self.answer(as_json=True)
            first, second, third = map(json.loads, self.lines)
            row = {"host": ADDRESS, "port": 1, "state": "open", "seconds": 0.125, "address": ADDRESS, "error": None}
            self.assertEqual(first, row)
            self.assertEqual((second["state"], second["error"]), ("refused", "connection refused"))
            self.assertEqual((third["state"], third["seconds"]), ("filtered", 1.0))

    def test_table(self) -> None:
        """On a terminal there are columns, and a sum below."""
        self.output.is_terminal = True
        self.answer()
        self.assertEqual(
            self.lines,
            [
                " PORT  STATE              TIME  ADDRESS",
                "    1  open           125.0 ms  192.0.2.1",
                "    2  refused        125.0 ms  192.0.2.1",
                "    3  filtered      1000.0 ms  192.0.2.1",
                "192.0.2.1: 1 open, 1 refused, 1 filtered",
            ],
        )

    def test_table_of_many(self) -> None:
        """Of many ports a person sees the open ones, and how many the others are."""
        self.output.is_terminal = True
        count = FEW_PORTS + 1
        job = self.look(*range(1, count + 1))
        self.close(7)
        for port in range(1, count + 1):
            if port != 7:
                self.refuse(port)
        self.successResultOf(job)
        self.assertEqual(len(self.lines), 3)
        self.assertEqual(self.lines[1].split()[:2], ["7", "open"])
        self.assertEqual(self.lines[2], f"192.0.2.1: 1 open, {count - 1} refused")
