"""What an echo costs: ours with limits and an observer, stock Twisted's, asyncio's and uvloop's, in one run.

Each server is a process of its own, the load another one, over plain sockets on loopback. The servers take turns,
several rounds of them; what counts is the processor time of the server's process.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Any

import psutil

MODULE = "tests.benchmarks.echo"
ROUNDS = 4
TARGET = 0.65
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Load:
    """Connections that each send a message, wait until all of it is back, and send the next."""

    connections: int
    message_bytes: int
    seconds: float


SMALL = Load(64, 64, 1.0)
LARGE = Load(4, 256 * 1024, 0.7)


@dataclass(frozen=True)
class Cost:
    """What a load took: messages and wall seconds, and the server's processor seconds."""

    messages: int
    wall: float
    cpu: float


def main() -> None:
    """Measure and print."""
    small: dict[str, list[Cost]] = {}
    large: dict[str, list[Cost]] = {}
    with ExitStack() as running:
        servers = {kind: running.enter_context(_served(kind)) for kind in _kinds()}
        for turn in range(ROUNDS + 1):
            for kind, server in servers.items():
                found = _measured(server, SMALL), _measured(server, LARGE)
                if turn:  # the first round warms up
                    small.setdefault(kind, []).append(found[0])
                    large.setdefault(kind, []).append(found[1])
    _report(small, large)


def _report(small: dict[str, list[Cost]], large: dict[str, list[Cost]]) -> None:
    each = {kind: median(cost.cpu / cost.messages * 1e6 for cost in costs) for kind, costs in small.items()}
    print(
        f"echo: {SMALL.connections} connections with {SMALL.message_bytes}-byte messages, then {LARGE.connections} "
        f"with {LARGE.message_bytes >> 10} KiB; medians of {ROUNDS} rounds\n"
    )
    print(f"{'server':<10}{'CPU µs/message':>16}{'ratio':>8}{'messages/s':>14}{'MB/CPU s':>12}{'MB/s':>10}")
    for kind, costs in small.items():
        rate = median(cost.messages / cost.wall for cost in costs)
        moved = [(cost.messages * LARGE.message_bytes / 1e6, cost) for cost in large[kind]]
        per_cpu = median(megabytes / cost.cpu for megabytes, cost in moved)
        per_second = median(megabytes / cost.wall for megabytes, cost in moved)
        ratio = each[kind] / each["twisted"]
        print(f"{kind:<10}{each[kind]:>16.2f}{ratio:>8.2f}{rate:>14.0f}{per_cpu:>12.0f}{per_second:>10.0f}")
    if "uvloop" not in small:
        print("uvloop is not installed: left out")
    measured = each["tnet"] / each["twisted"]
    print(f"\nat most {TARGET} of stock Twisted's CPU per message: measured {measured:.2f}")


# ── measuring ──


def _kinds() -> list[str]:
    return [kind for kind in SERVERS if kind != "uvloop" or find_spec("uvloop")]


@contextmanager
def _served(kind: str) -> Iterator[tuple[int, psutil.Process]]:
    """A server of that kind while the body runs: its port and its process."""
    with subprocess.Popen([sys.executable, "-m", MODULE, "serve", kind], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline()), psutil.Process(process.pid)
        finally:
            process.kill()


def _measured(server: tuple[int, psutil.Process], load: Load) -> Cost:
    port, process = server
    asked = [str(part) for part in (port, load.connections, load.message_bytes, load.seconds)]
    before = _cpu(process)
    done = subprocess.run([sys.executable, "-m", MODULE, "load", *asked], stdout=subprocess.PIPE, check=True)
    messages, wall = json.loads(done.stdout)
    return Cost(messages, wall, _cpu(process) - before)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


# ── the load ──


def _load(port: int, load: Load) -> tuple[int, float]:
    """How many messages came back whole, in how many seconds."""
    poll, talks = select.epoll(), dict[int, _Talk]()
    for _ in range(load.connections):
        talk = _Talk(socket.create_connection((HOST, port)), load.message_bytes, poll)
        talks[talk.socket.fileno()] = talk
    began = time.monotonic()
    while time.monotonic() - began < load.seconds:
        for fd, event in poll.poll(1):
            talks[fd].go_on(event)
    return sum(talk.messages for talk in talks.values()), time.monotonic() - began


class _Talk:
    """One connection: what is still to be sent and received of its message."""

    def __init__(self, connected: socket.socket, size: int, poll: select.epoll) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setblocking(False)
        self.socket = connected
        self.messages = 0
        self._poll = poll
        self._message = memoryview(b"x" * size)
        self._space = bytearray(max(size, 65536))
        self._missing = size
        self._wants_to_send = False
        self._unsent = self._message
        poll.register(connected, select.EPOLLIN)
        self._send()

    def go_on(self, event: int) -> None:
        if event & select.EPOLLOUT:
            self._send()
        if event & select.EPOLLIN:
            self._missing -= self.socket.recv_into(self._space)
            if not self._missing:
                self.messages += 1
                self._missing, self._unsent = len(self._message), self._message
                self._send()

    def _send(self) -> None:
        try:
            self._unsent = self._unsent[self.socket.send(self._unsent) :]
        except BlockingIOError:
            pass
        if bool(self._unsent) != self._wants_to_send:
            self._wants_to_send = not self._wants_to_send
            self._poll.modify(self.socket, select.EPOLLIN | (select.EPOLLOUT if self._wants_to_send else 0))


# ── the servers ──


def _serve_tnet() -> None:
    from tnet.runtime.reactor import install

    reactor = install()
    from twisted.internet.defer import Deferred

    from tests.support import World
    from tnet.net.gate import Gate
    from tnet.net.listen import listen
    from tnet.net.tap import Tap
    from tnet.plans import Limits, TcpAddress
    from tnet.servers.echo import EchoFactory

    async def serve() -> None:
        world = World(reactor)
        world.publisher.unsubscribe(world.recorder)
        sink = open("/dev/null", "w")  # noqa: SIM115 (for as long as the process lives)
        world.publisher.subscribe(lambda record: sink.write(json.dumps(record.as_json()) + "\n") and None)
        limits = Limits(idle_seconds=60)
        gate = Gate(Tap(EchoFactory(), world.publisher, role="server"), limits, world.context)
        (bound,) = await listen(TcpAddress(HOST, 0), gate, world.context)
        print(bound.address.port, flush=True)  # type: ignore[union-attr]

    Deferred.fromCoroutine(serve())
    reactor.run()


def _serve_twisted() -> None:
    from twisted.internet import reactor
    from twisted.internet.protocol import Factory, Protocol

    class Echo(Protocol):
        def dataReceived(self, data: bytes) -> None:
            self.transport.write(data)

    world: Any = reactor
    print(world.listenTCP(0, Factory.forProtocol(Echo), 2048, HOST).getHost().port, flush=True)
    world.run()


def _serve_asyncio() -> None:
    import asyncio

    _serve_on(asyncio.new_event_loop())


def _serve_uvloop() -> None:
    import uvloop

    _serve_on(uvloop.new_event_loop())


def _serve_on(loop: Any) -> None:
    import asyncio

    class Echo(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(data)

    server = loop.run_until_complete(loop.create_server(Echo, HOST, 0, backlog=2048))
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.run_forever()


SERVERS: dict[str, Callable[[], None]] = {
    "tnet": _serve_tnet,
    "twisted": _serve_twisted,
    "asyncio": _serve_asyncio,
    "uvloop": _serve_uvloop,
}


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        SERVERS[sys.argv[2]]()
    else:
        _port, _connections, _size, _seconds = sys.argv[2:]
        print(json.dumps(_load(int(_port), Load(int(_connections), int(_size), float(_seconds)))))
