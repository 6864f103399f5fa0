"""What an echo costs: ours with limits and events, socat's, ncat's, stock Twisted's, asyncio's and uvloop's.

Ours is `tnet serve echo` as people start it, with its events as JSON and an idle timeout. Each server is a process of
its own, the load another one, over plain sockets on loopback, all in one run. The servers take turns, several rounds of
them; what counts is the processor time of the server's process, and of the processes that socat and ncat start for each
connection.
"""

from __future__ import annotations

import json
import select
import shutil
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

from tests.benchmarks._processes import HOST, await_listener, cpu_seconds, free_port

MODULE = "tests.benchmarks.echo"
ROUNDS = 7
OF_TWISTED, OF_UVLOOP, RATE_OF_UVLOOP = 0.55, 1.15, 1.2
PROGRAMS = {
    "tnet": [
        *(sys.executable, "-m", "tnet", "serve", "echo", "--host", HOST, "--port", "{port}"),
        *("--idle-timeout", "60", "--output", "json"),
    ],
    "socat": ["socat", f"TCP-LISTEN:{{port}},bind={HOST},reuseaddr,backlog=128,fork,nodelay", "PIPE"],
    "ncat": ["ncat", "--listen", HOST, "{port}", "--keep-open", "--exec", "/bin/cat"],
}


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
    each = {kind: [cost.cpu / cost.messages * 1e6 for cost in costs] for kind, costs in small.items()}
    moved = {kind: [_megabytes(cost) / cost.wall for cost in costs] for kind, costs in large.items()}
    print(
        f"echo: {SMALL.connections} connections with {SMALL.message_bytes}-byte messages, then {LARGE.connections} "
        f"with {LARGE.message_bytes >> 10} KiB; medians of {ROUNDS} rounds\n"
    )
    print(f"{'server':<10}{'CPU µs/message':>16}{'ratio':>8}{'messages/s':>14}{'MB/CPU s':>12}{'MB/s':>10}")
    for kind, costs in small.items():
        rate = median(cost.messages / cost.wall for cost in costs)
        ratio = _ratio(each[kind], each["twisted"])
        print(f"{kind:<10}{median(each[kind]):>16.2f}{ratio:>8.2f}{rate:>14.0f}{_large(large[kind])}")
    print("\nratios are medians too, each of two servers in the same round, as the machine is not the same in all")
    print(f"at most {OF_TWISTED} of stock Twisted's CPU per message: {_ratio(each['tnet'], each['twisted']):.2f}")
    if "uvloop" in each:
        print(f"at most {OF_UVLOOP} of uvloop's: {_ratio(each['tnet'], each['uvloop']):.2f}")
        print(f"at least {RATE_OF_UVLOOP} of uvloop's MB/s: {_ratio(moved['tnet'], moved['uvloop']):.2f}")
    missing = [kind for kind in (*SERVERS, *PROGRAMS) if kind not in each]
    if missing:
        print(f"not installed, and left out: {', '.join(missing)}")


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return median(our / their for our, their in zip(ours, theirs, strict=True))


def _large(costs: list[Cost]) -> str:
    """The columns of the large messages; a server may wait for itself when one does not fit in its pipes."""
    if not all(cost.messages for cost in costs):
        return f"{'stuck':>12}{'stuck':>10}"
    per_cpu = median(_megabytes(cost) / cost.cpu for cost in costs)
    return f"{per_cpu:>12.0f}{median(_megabytes(cost) / cost.wall for cost in costs):>10.0f}"


def _megabytes(cost: Cost) -> float:
    return cost.messages * LARGE.message_bytes / 1e6


# ── measuring ──


def _kinds() -> list[str]:
    """What there is, ours next to those that it is measured against."""
    own = [kind for kind in SERVERS if kind != "uvloop" or find_spec("uvloop")]
    return own + [kind for kind in PROGRAMS if shutil.which(PROGRAMS[kind][0])]


@contextmanager
def _served(kind: str) -> Iterator[tuple[int, psutil.Process]]:
    """A server of that kind while the body runs: its port and its process."""
    port = free_port()
    command = PROGRAMS.get(kind) or [sys.executable, "-m", MODULE, "serve", kind]
    argv = [word.format(port=port) for word in command]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            if kind in SERVERS:
                assert process.stdout is not None
                port = int(process.stdout.readline())
            await_listener(port)
            yield port, psutil.Process(process.pid)
        finally:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()


def _measured(server: tuple[int, psutil.Process], load: Load) -> Cost:
    """What a load costs; its connections are open until that is known, and so are the processes that serve them."""
    port, process = server
    asked = [str(part) for part in (port, load.connections, load.message_bytes, load.seconds)]
    argv = [sys.executable, "-m", MODULE, "load", *asked]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as loading:
        assert loading.stdin is not None
        assert loading.stdout is not None
        loading.stdout.readline()
        before = cpu_seconds(process)
        loading.stdin.write(b"go\n")
        loading.stdin.flush()
        messages, wall = json.loads(loading.stdout.readline())
        return Cost(messages, wall, cpu_seconds(process) - before)


# ── the load ──


def _load(port: int, load: Load) -> None:
    """Connect, say so, and when told to, talk: how many messages came back whole, in how many seconds."""
    poll, talks = select.epoll(), dict[int, _Talk]()
    for _ in range(load.connections):
        talk = _Talk(socket.create_connection((HOST, port)), load.message_bytes, poll)
        talks[talk.socket.fileno()] = talk
    print("connected", flush=True)
    sys.stdin.readline()
    for talk in talks.values():
        talk.begin()
    began = time.monotonic()
    while time.monotonic() - began < load.seconds:
        for fd, event in poll.poll(1):
            talks[fd].go_on(event)
    print(json.dumps((sum(talk.messages for talk in talks.values()), time.monotonic() - began)), flush=True)
    sys.stdin.readline()


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

    def begin(self) -> None:
        """Send the first message."""
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
    "asyncio": _serve_asyncio,
    "twisted": _serve_twisted,
    "uvloop": _serve_uvloop,
}


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        SERVERS[sys.argv[2]]()
    else:
        _port, _connections, _size, _seconds = sys.argv[2:]
        _load(int(_port), Load(int(_connections), int(_size), float(_seconds)))
