"""Probing real ports on loopback."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests.end_to_end.real_world import Pipe, RealWorld, free_port
from tnet.clients.connect.probe import look
from tnet.errors import ExitStatus
from tnet.net.stdio import standard_output
from tnet.plans.connect import ProbePlan


class ProbeTests(TestCase):
    """`tnet connect --probe`, to a pipe."""

    timeout = 60

    async def look(self, *ports: int, **plan: Any) -> tuple[ExitStatus, dict[int, list[str]]]:
        """The status, and the fields of each port."""
        pipe, context = Pipe(self), RealWorld().context
        asked = ProbePlan(**{"host": "127.0.0.1", "ports": ports, "seconds": 5.0, **plan})
        status = await Deferred.fromCoroutine(look(asked, context, standard_output(context, pipe.writing)))
        rows = [line.split("\t") for line in pipe.data().decode().splitlines()]
        self.assertEqual([int(row[0]) for row in rows], list(ports))
        return status, {int(row[0]): row[1:] for row in rows}

    def listen(self, host: str = "127.0.0.1") -> socket.socket:
        """A socket that listens on a port of its own."""
        listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.addCleanup(listener.close)
        listener.settimeout(10)
        return listener

    async def test_open_and_refused(self) -> None:
        """Who listens is open, where nobody does it is refused, both at once."""
        here, nobody = self.listen().getsockname()[1], free_port()
        status, rows = await self.look(here, nobody)
        self.assertIs(status, ExitStatus.NOT_CONNECTED)
        self.assertEqual((rows[here][0], rows[nobody][0], rows[nobody][3]), ("open", "refused", "connection refused"))
        self.assertLess(float(rows[nobody][1]), 1)

    async def test_good_order(self) -> None:
        """A server that greets is read to its end: it sees our end, and no reset."""
        listener, ends = self.listen(), list[bytes | None]()
        thread = threading.Thread(target=_greet, args=(listener, ends, 20), daemon=True)
        thread.start()
        for _ in range(20):
            status, _rows = await self.look(listener.getsockname()[1])
            self.assertIs(status, ExitStatus.OK)
        await deferToThread(thread.join, 10)
        self.assertEqual(ends, [b""] * 20)

    async def test_either_family(self) -> None:
        """A name is open where one of its addresses is."""
        listener = self.listen("127.0.0.1")
        status, rows = await self.look(listener.getsockname()[1], host="localhost")
        self.assertEqual((status, rows[listener.getsockname()[1]][2]), (ExitStatus.OK, "127.0.0.1"))

    async def test_filtered(self) -> None:
        """A listener whose queue is full does not answer, like a packet filter that drops."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.addCleanup(listener.close)
        port = listener.getsockname()[1]
        crowd = [socket.socket() for _ in range(4)]
        for each in crowd:
            self.addCleanup(each.close)
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        status, rows = await self.look(port, seconds=0.5)
        self.assertEqual((status, rows[port][0]), (ExitStatus.NOT_CONNECTED, "filtered"))
        self.assertGreater(float(rows[port][1]), 0.4)

    async def test_many(self) -> None:
        """Thousands of ports are asked with a handful of descriptors."""
        here = self.listen().getsockname()[1]
        await self.look(here)
        before = len(os.listdir("/proc/self/fd"))
        ports = tuple(dict.fromkeys((*range(20_000, 23_000), here)))
        status, rows = await self.look(*ports, parallel=32)
        self.assertIs(status, ExitStatus.NOT_CONNECTED)
        self.assertEqual((len(rows), rows[here][0]), (len(ports), "open"))
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)


def _greet(listener: socket.socket, ends: list[bytes | None], count: int) -> None:
    for _ in range(count):
        peer, _address = listener.accept()
        with peer:
            peer.sendall(b"220 welcome\r\n")
            try:
                ends.append(peer.recv(1))
            except OSError:
                ends.append(None)
