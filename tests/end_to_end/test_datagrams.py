"""Datagrams with real sockets: our client with socat and a port where nobody listens, our echo with socat and ncat."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SkipTest, TestCase

from tests.end_to_end.command import Running
from tests.end_to_end.real_world import Pipe, RealWorld
from tnet.clients.connect.datagrams import exchange
from tnet.errors import CannotListen, ConnectFailed, ExitStatus, NameNotResolved, ReceiveFailed
from tnet.events.kinds import ConnectionClosed, ConnectionOpened, DialAttempted
from tnet.net.context import Context
from tnet.net.datagrams import LARGEST_DATAGRAM
from tnet.net.datagrams.correspondence import Correspondence
from tnet.net.datagrams.port import DatagramService
from tnet.net.listen import Bound, listen
from tnet.net.stdio import standard_input, standard_output
from tnet.plans import Limits, TcpAddress, UdpAddress
from tnet.plans.connect import ConnectPlan
from tnet.servers.echo import EchoDatagrams

SECONDS = 10.0


class Peer:
    """A UDP socket on loopback that a thread plays `script` with."""

    def __init__(self, case: TestCase, script: Callable[[socket.socket], None], host: str = "127.0.0.1") -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(SECONDS)
        self.target = UdpAddress(host, self.socket.getsockname()[1])
        self._thread = threading.Thread(target=script, args=(self.socket,), daemon=True)
        self._thread.start()
        case.addCleanup(self._end)

    def _end(self) -> None:
        self._thread.join(SECONDS)
        self.socket.close()


class ConnectTests(TestCase):
    """`tnet connect udp://…`, between pipes."""

    timeout = 60

    def setUp(self) -> None:
        self.world = RealWorld()

    async def talk(self, target: UdpAddress, data: bytes, begin: Any = None, **plan: Any) -> bytes:
        """Say `data`, which ends: what was answered until that was over."""
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        with os.fdopen(writing, "wb") as stdin:
            stdin.write(data)
        pipe, context = Pipe(self), self.world.context
        source, output = standard_input(context, reading), standard_output(context, pipe.writing)
        asked = ConnectPlan(target=target, **{"linger_seconds": 1, **plan})
        options = {} if begin is None else {"begin": begin}
        self.assertIs(await exchange(asked, context, source, output, **options), ExitStatus.OK)
        return pipe.data()

    async def test_whole_with_socat(self) -> None:
        """C24: a datagram of 20 000 bytes and the largest one go to socat and come back whole."""
        for size in (20_000, LARGEST_DATAGRAM):
            data = os.urandom(size)
            self.assertEqual(await self.talk(self.socat(), data), data)

    async def test_late_answer(self) -> None:
        """C24: an answer that comes after the end of our input is there, and so is one that comes after that."""

        def answer(peer: socket.socket) -> None:
            _, who = peer.recvfrom(1 << 16)
            for part in (b"one,", b"two"):
                time.sleep(0.6)
                peer.sendto(part, who)

        self.assertEqual(await self.talk(Peer(self, answer).target, b"?"), b"one,two")

    async def test_refused(self) -> None:
        """C25, C18: where nobody listens the system tells, at once, and so do we."""
        closed = self.closed()
        began = time.monotonic()
        error: Any = await self.assertFailure(
            Deferred.fromCoroutine(self.talk(closed, b"hello?", linger_seconds=30)), ConnectFailed
        )
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(error.exit_status, 7)
        self.assertEqual([each.reason for each in error.attempts], ["connection refused"])
        (closing,) = self.world.recorder.of(ConnectionClosed)
        self.assertEqual((closing.reason, closing.clean), ("connection refused", False))

    async def test_peer_that_goes(self) -> None:
        """C25: a peer that answered once and is gone is told as that."""

        def once(peer: socket.socket) -> None:
            _, who = peer.recvfrom(1 << 16)
            peer.sendto(b"bye", who)
            peer.close()

        target = Peer(self, once).target

        class Twice(Correspondence):
            """Answers the first datagram with one more of ours."""

            def _take(self, data: bytes) -> None:
                super()._take(data)
                self._context.reactor.callLater(0.2, self.send, b"still there?")

        async def begin(to: UdpAddress, context: Context, **_: Any) -> Correspondence:
            return Twice(to, [TcpAddress(to.host, to.port)], None, context, context.publisher.trace())

        job = Deferred.fromCoroutine(self.talk(target, b"hello", begin, linger_seconds=5))
        error: Any = await self.assertFailure(job, ReceiveFailed)
        self.assertIn("connection refused", str(error))

    async def test_next_address(self) -> None:
        """C19: an address that refuses gives way to the next one, which gets the same."""
        target = Peer(self, echo_once).target

        async def begin(to: UdpAddress, context: Context, **_: Any) -> Correspondence:
            places = [TcpAddress("127.0.0.2", to.port), TcpAddress("127.0.0.1", to.port)]
            return Correspondence(to, places, None, context, context.publisher.trace())

        self.assertEqual(await self.talk(target, b"hello", begin), b"hello")
        tried = [each.peer_address for each in self.world.recorder.of(DialAttempted)]
        self.assertEqual(tried, ["127.0.0.2", "127.0.0.1"])

    async def test_names_families_and_sources(self) -> None:
        """Names are looked up, both families are reached, and the source is ours to choose."""
        peer = Peer(self, echo_once)
        self.assertEqual(await self.talk(replace(peer.target, host="localhost"), b"hello", family=4), b"hello")
        self.assertEqual(await self.talk(Peer(self, echo_once).target, b"x", source="127.0.0.5"), b"x")
        self.assertEqual(self.world.recorder.of(ConnectionOpened)[-1].local_address, "127.0.0.5")
        if _has_ipv6():
            self.assertEqual(await self.talk(Peer(self, echo_once, "::1").target, b"x"), b"x")
        job = Deferred.fromCoroutine(self.talk(UdpAddress("nowhere.invalid", 53), b"x"))
        await self.assertFailure(job, NameNotResolved)

    def socat(self) -> UdpAddress:
        """Where socat says everything back."""
        if shutil.which("socat") is None:
            raise SkipTest("socat is not installed")
        port = self.closed().port
        child = subprocess.Popen(["socat", "-b", "70000", f"UDP4-LISTEN:{port},bind=127.0.0.1", "PIPE"])

        def end() -> None:
            child.terminate()
            child.wait(SECONDS)

        self.addCleanup(end)
        wait_until(lambda: f":{port:04X} " in Path("/proc/net/udp").read_text())
        return UdpAddress("127.0.0.1", port)

    def closed(self) -> UdpAddress:
        """A port that nobody listens on."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            return UdpAddress("127.0.0.1", free.getsockname()[1])


class EchoTests(TestCase):
    """The echo server, with datagrams."""

    timeout = 60

    def setUp(self) -> None:
        self.world = RealWorld()
        self.bound: list[Bound] = []

    async def tearDown(self) -> None:
        for one in self.bound:
            await one.stop()

    async def serve(self, host: str = "127.0.0.1", port: int = 0, limits: Limits | None = None) -> list[Any]:
        """Listen there, until the test is over: the addresses."""
        service = DatagramService(EchoDatagrams, limits or Limits(), self.world.context)
        bound = await listen(UdpAddress(host, port), service, self.world.context)
        self.bound += bound
        return [one.address for one in bound]

    def ask(self, address: Any, *datagrams: bytes, host: str = "") -> list[bytes]:
        """What one peer is answered."""
        where = (host or address.host, address.port)
        with socket.socket(socket.AF_INET6 if ":" in where[0] else socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(SECONDS)
            peer.connect(where)
            answers = []
            for data in datagrams:
                peer.send(data)
                answers.append(peer.recv(1 << 16))
            return answers

    async def test_exactly(self) -> None:
        """C24: each datagram comes back as it is, from nothing to the largest."""
        (address,) = await self.serve()
        sent = [b"", b"hello", bytes(range(256)), os.urandom(20_000), os.urandom(LARGEST_DATAGRAM)]
        self.assertEqual(await deferToThread(self.ask, address, *sent), sent)

    async def test_from_the_address_that_was_asked(self) -> None:
        """On all addresses, whoever asks one of them is answered from that one: its socket takes no other answer."""
        for address in await self.serve("*"):
            hosts = ("127.0.0.1", "127.0.0.3") if ":" not in address.host else ("::1",)
            for host in hosts:
                self.assertEqual(await deferToThread(self.ask, address, b"x", b"y", host=host), [b"x", b"y"])

    async def test_one_port_for_a_name(self) -> None:
        """A name's addresses share the port that the system chose."""
        addresses = await self.serve("localhost")
        self.assertEqual(len({address.port for address in addresses}), 1)
        self.assertEqual(addresses[0].host, "127.0.0.1")

    async def test_taken(self) -> None:
        """A port that is taken is told, with the way to find by whom; nobody shares it."""
        (address,) = await self.serve()
        job = Deferred.fromCoroutine(self.serve(port=address.port))
        error: Any = await self.assertFailure(job, CannotListen)
        self.assertEqual(error.address, str(address))
        self.assertIn("the port is in use", str(error))
        self.assertIn("ss -lunp", error.hint)

    async def test_crowd(self) -> None:
        """More peers than are kept in mind are all answered; the story of each has a beginning and an end."""
        (address,) = await self.serve(limits=Limits(max_connections=10))
        for _ in range(50):
            self.assertEqual(await deferToThread(self.ask, address, b"x"), [b"x"])
        await self.bound.pop().stop()
        opened, closed = self.world.recorder.of(ConnectionOpened), self.world.recorder.of(ConnectionClosed)
        self.assertEqual((len(opened), len(closed)), (50, 50))
        self.assertEqual({(each.bytes_in, each.bytes_out) for each in closed}, {(1, 1)})

    async def test_flood(self) -> None:
        """A peer that sends much and never reads costs no memory of ours, and the others are answered."""
        (address,) = await self.serve()

        def flood() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                peer.connect((address.host, address.port))
                peer.setblocking(False)
                for _ in range(2000):
                    with contextlib.suppress(BlockingIOError):
                        peer.send(b"x" * 60_000)

        before = _resident_bytes()
        await deferToThread(flood)
        self.assertEqual(await deferToThread(self.ask_until_answered, address), b"still here")
        self.assertLess(_resident_bytes() - before, 16 << 20)

    def ask_until_answered(self, address: UdpAddress) -> bytes:
        """The answer to a question that the system may drop."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(0.2)
            peer.connect((address.host, address.port))
            for _ in range(50):
                peer.send(b"still here")
                with contextlib.suppress(TimeoutError):
                    return peer.recv(1 << 16)
        raise AssertionError("no answer")

    async def test_with_real_peers(self) -> None:
        """socat and ncat hear what they said."""
        (address,) = await self.serve()
        for program in (
            ["socat", "-b", "65507", "-t", "10", "-", f"UDP:127.0.0.1:{address.port}"],
            ["ncat", "--udp", "127.0.0.1", str(address.port)],
        ):
            if shutil.which(program[0]) is None:
                raise SkipTest(f"{program[0]} is not installed")
            self.assertEqual(await deferToThread(said_back, program, b"hello\n"), b"hello\n")

    async def test_as_a_command(self) -> None:
        """`tnet serve echo` listens where it is told, says so, and tells of its peers until it is asked to end."""
        running = Running(
            self, Path(self.mktemp()), "serve", "echo", "--listen", "udp://127.0.0.1:0", "--output", "json"
        )
        (listening,) = await deferToThread(running.wait_for, "listening")
        port = listening["server.port"]
        self.assertEqual(listening["endpoint"], f"udp://127.0.0.1:{port}")
        self.assertEqual(listening["network.transport"], "udp")
        self.assertEqual(await deferToThread(self.ask, UdpAddress("127.0.0.1", port), b"x" * 1000), [b"x" * 1000])
        (opened,) = await deferToThread(running.wait_for, "connection.open")
        self.assertEqual((opened["network.transport"], opened["role"]), ("udp", "server"))
        self.assertEqual(await deferToThread(running.end, signal.SIGTERM), 143)
        (closed,) = running.wait_for("connection.close")
        self.assertEqual((closed["bytes_in"], closed["bytes_out"], closed["clean"]), (1000, 1000, True))

    def tnet(self, tool: str) -> Running:
        """`tnet serve` with that tool, for datagrams."""
        where = ("--listen", "udp://127.0.0.1:0", "--output", "json")
        return Running(self, Path(self.mktemp()), "serve", tool, *where)

    async def test_other_servers(self) -> None:
        """A server of streams says that it has nothing to say in datagrams."""
        running = Running(
            self, Path(self.mktemp()), "serve", "web", "--listen", "udp://127.0.0.1:0", "--output", "json"
        )
        self.assertEqual(await deferToThread(running.process.wait, SECONDS), 2)
        self.assertIn("serve web has nothing to say in datagrams", running.story.read_text("utf-8"))


def echo_once(peer: socket.socket) -> None:
    """Say one datagram back."""
    data, who = peer.recvfrom(1 << 16)
    peer.sendto(data, who)


def said_back(program: list[str], data: bytes) -> bytes:
    """What a program that is told `data` prints, as far as it is as long."""
    child = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(data)
        child.stdin.flush()
        return os.read(child.stdout.fileno(), 1 << 16)
    finally:
        child.terminate()
        child.communicate(timeout=SECONDS)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until, "it does not happen"
        time.sleep(0.02)


def _has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
