"""What logins cost those who are not logging in: our server, and one that hashes in its reactor, in one run.

Each server is a process of its own, the load another one, over plain sockets on loopback. A load is a number of
clients that connect, log in with the right password, hang up and begin again. Each client has an address and an
account of its own, so that nothing but the work of the logins is measured. Meanwhile the server's reactor has a timer
every few milliseconds: how late that comes is the lag. A lag is counted for each moment that it covers, as whoever
comes at a random moment meets it; a reactor that stands still for a second is not one late timer.
"""

from __future__ import annotations

import json
import random
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tnet.accounts.hashing import Argon2, matches

MODULE = "tests.benchmarks.auth"
HOST = "127.0.0.1"
CLIENTS = (1, 10, 100, 200)
SECONDS = 5.0
TARGET_SECONDS = 0.050
TARGET_CLIENTS = (100, 200)
TICK_SECONDS = 0.002
PAUSE_SECONDS = 1.0
PASSWORD = "a password of some length"


@dataclass(frozen=True)
class Outcome:
    """What a load met: logins, clients told to come again later, and the server's lag and memory meanwhile.

    Units: seconds; `grown_bytes` from before the server's first login to the peak.
    """

    logins: int
    turned_away: int
    wall: float
    lags: tuple[float, ...]
    grown_bytes: int

    def lag(self, part: float) -> float:
        """The lag that this part of all moments stays under."""
        return self.lags[min(int(part * len(self.lags)), len(self.lags) - 1)]


def main() -> None:
    """Measure and print."""
    found: dict[tuple[str, int], Outcome] = {}
    secret = Argon2().hash(PASSWORD.encode())
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        servers = {kind: running.enter_context(_served(kind, folder, secret)) for kind in SERVERS}
        for server in servers.values():
            _measured(server, 2, 0.5)  # warms up
        for clients in CLIENTS:
            for kind, server in servers.items():
                found[kind, clients] = _measured(server, clients, SECONDS)
    _report(found)


def _report(found: dict[tuple[str, int], Outcome]) -> None:
    print(f"auth: clients that log in again and again for {SECONDS:.0f} s; the lag of the server's reactor\n")
    print(f"{'':<10}{'':>8}{'':>10}{'lag, ms':>12}{'':>20}{'turned':>10}{'memory':>10}")
    heads = ("p50", "p99", "max")
    print(f"{'server':<10}{'clients':>8}{'logins/s':>10}", *(f"{head:>10}" for head in heads), end="")
    print(f"{'away':>10}{'+ MiB':>10}")
    for (kind, clients), outcome in found.items():
        lags = (outcome.lag(0.5), outcome.lag(0.99), outcome.lag(1))
        print(
            f"{kind:<10}{clients:>8}{outcome.logins / outcome.wall:>10.1f}",
            *(f"{lag * 1e3:>10.1f}" for lag in lags),
            end="",
        )
        print(f"{outcome.turned_away:>10}{outcome.grown_bytes / (1 << 20):>10.1f}")
    worst = max(found["tnet", clients].lag(0.99) for clients in TARGET_CLIENTS)
    print(
        f"\nat {' and '.join(map(str, TARGET_CLIENTS))} clients a lag under {TARGET_SECONDS * 1e3:.0f} ms at the 99th "
        f"percentile: measured {worst * 1e3:.1f}"
    )


# ── measuring ──


@dataclass(frozen=True)
class _Server:
    port: int
    watch_port: int
    process: psutil.Process

    def watch(self) -> dict[str, Any]:
        """What its reactor went through since it was last asked."""
        with socket.create_connection((HOST, self.watch_port), 30) as peer, peer.makefile("rb") as answer:
            return dict(json.load(answer))


@contextmanager
def _served(kind: str, folder: str, secret: str) -> Iterator[_Server]:
    """A server of that kind while the body runs; everybody's password has this hash."""
    argv = [sys.executable, "-m", MODULE, "serve", kind, folder, secret]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield _Server(*json.loads(process.stdout.readline()), psutil.Process(process.pid))
        finally:
            process.kill()


def _measured(server: _Server, clients: int, seconds: float) -> Outcome:
    server.watch()
    argv = [sys.executable, "-m", MODULE, "load", str(server.port), str(clients), str(seconds)]
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=True, timeout=seconds + 30)
    watched = server.watch()
    return Outcome(*json.loads(done.stdout), tuple(sorted(watched["lags"])), watched["grown_bytes"])


# ── the load ──


def _load(port: int, clients: int, seconds: float) -> tuple[int, int, float]:
    """How many logins there were, how many were turned away, in how many seconds."""
    poll, began = select.epoll(), time.monotonic()
    idle = [_Client(number, port) for number in range(clients)]
    busy: dict[int, _Client] = {}
    while (now := time.monotonic()) - began < seconds:
        for client in [one for one in idle if one.rests_until <= now]:
            idle.remove(client)
            connected = client.connect()
            busy[connected.fileno()] = client
            poll.register(connected, select.EPOLLIN)
        for fd, _ in poll.poll(0.05):
            if busy[fd].go_on():
                poll.unregister(fd)
                idle.append(busy.pop(fd))
                idle[-1].hang_up()
    everybody = [*idle, *busy.values()]
    return sum(one.logins for one in everybody), sum(one.turned_away for one in everybody), time.monotonic() - began


class _Client:
    """Somebody who logs in, again and again."""

    def __init__(self, number: int, port: int) -> None:
        self.logins = self.turned_away = 0
        self.rests_until = 0.0
        self._number = number
        self._port = port

    def connect(self) -> socket.socket:
        """Begin once more."""
        source = f"127.0.{1 + self._number // 250}.{1 + self._number % 250}"
        self._socket = socket.create_connection((HOST, self._port), 30, source_address=(source, 0))
        self._socket.sendall(f"{_name(self._number)}\r\n{PASSWORD}\r\n".encode())
        self._heard = b""
        return self._socket

    def go_on(self) -> bool:
        """Whether the answer is there."""
        got = self._socket.recv(4096)
        self._heard += got
        welcome, unavailable = b"Welcome" in self._heard, b"unavailable" in self._heard
        if got and not (welcome or unavailable):
            return False
        if not (welcome or unavailable):
            raise RuntimeError(f"no login: {self._heard!r}")
        self.logins += welcome
        self.turned_away += unavailable
        self.rests_until = 0.0 if welcome else time.monotonic() + PAUSE_SECONDS * random.uniform(0.5, 1.5)
        return True

    def hang_up(self) -> None:
        """End this connection."""
        self._socket.close()


def _name(number: int) -> str:
    return f"user{number}"


# ── the servers ──


def _serve_tnet(folder: str, secret: str) -> None:
    from tnet.runtime.reactor import install

    reactor = install()
    from twisted.internet.defer import Deferred

    from tests.end_to_end.real_world import RealWorld
    from tnet.accounts.location import open_store
    from tnet.accounts.store import Account, Entry
    from tnet.events.kinds import Listening
    from tnet.plans import TcpAddress
    from tnet.plans.serve import AuthPlan
    from tnet.runtime.serving import Serving

    async def serve() -> None:
        world, users = RealWorld(), f"sqlite:{folder}/users.db"
        store = open_store(users, world.context)
        for number in range(max(CLIENTS)):
            await store.add(Entry(Account(_name(number)), secret))
        await Serving(AuthPlan(listen=(TcpAddress(HOST, 0),), users=users), world.context).start()
        (listening,) = world.recorder.of(Listening)
        world.publisher.unsubscribe(world.recorder)
        sink = open("/dev/null", "w")  # noqa: SIM115 (for as long as the process lives)
        world.publisher.subscribe(lambda record: sink.write(json.dumps(record.as_json()) + "\n") and None)
        _announce(reactor, listening.server_port)

    Deferred.fromCoroutine(serve()).addErrback(_give_up, reactor)
    reactor.run()


def _serve_blocking(_: str, secret: str) -> None:
    """The same dialogue and the same hash, where the line is received."""
    from twisted.internet import reactor
    from twisted.internet.protocol import Factory
    from twisted.protocols.basic import LineReceiver

    secrets = dict.fromkeys(map(_name, range(max(CLIENTS))), secret)

    class Login(LineReceiver):
        user = b""

        def connectionMade(self) -> None:
            self.sendLine(b"Username:")

        def lineReceived(self, line: bytes) -> None:
            if not self.user:
                self.user = line
                self.sendLine(b"Password:")
            elif matches(line, secrets[self.user.decode()]):
                self.sendLine(b"Welcome, " + self.user + b"!")
            else:
                self.sendLine(b"Login failed.")

    world: Any = reactor
    _announce(world, world.listenTCP(0, Factory.forProtocol(Login), 2048, HOST).getHost().port)
    world.run()


def _announce(reactor: Any, port: int) -> None:
    """Watch the reactor from now on, and say where to connect and where to ask."""
    from twisted.internet.protocol import Factory, Protocol

    watch = _Watch(reactor)

    class Answer(Protocol):
        def connectionMade(self) -> None:
            self.transport.write(json.dumps(watch.taken()).encode())
            self.transport.loseConnection()

    print(json.dumps([port, reactor.listenTCP(0, Factory.forProtocol(Answer), 5, HOST).getHost().port]), flush=True)


class _Watch:
    """How late a timer comes, and how much memory the process takes."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._lags: list[float] = []
        self._resident_bytes = psutil.Process().memory_info().rss
        self._wait()

    def taken(self) -> dict[str, Any]:
        """What was seen since the last time."""
        lags, self._lags = self._lags, []
        grown_bytes = _peak_bytes() - self._resident_bytes
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        return {"lags": lags or [0.0], "grown_bytes": grown_bytes}

    def _wait(self) -> None:
        self._due = time.monotonic() + TICK_SECONDS
        self._reactor.callLater(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        late = max(0.0, time.monotonic() - self._due)
        self._lags.append(late)
        while (late := late - TICK_SECONDS) > 0:
            self._lags.append(late)
        self._wait()


def _peak_bytes() -> int:
    """The most memory that this process had."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _give_up(failure: Any, reactor: Any) -> None:
    failure.printTraceback()
    reactor.stop()


SERVERS: dict[str, Callable[[str, str], None]] = {"tnet": _serve_tnet, "blocking": _serve_blocking}


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        SERVERS[sys.argv[2]](*sys.argv[3:])
    else:
        _port, _clients, _seconds = sys.argv[2:]
        print(json.dumps(_load(int(_port), int(_clients), float(_seconds))))
