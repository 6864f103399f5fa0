"""The echo server with real sockets and real peers, behind its tap and its gate."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket
import ssl
import stat
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SkipTest, TestCase

from tests.certificates import make_authority, write_pair
from tests.end_to_end.command import Running
from tests.end_to_end.peers import everything, reset
from tests.end_to_end.real_world import RealWorld
from tnet.events.kinds import ConnectionClosed, ConnectionRefused, Event, HalfClosed, Paused, Resumed, TlsHandshaken
from tnet.net.gate import CLOSING_SECONDS, Gate
from tnet.net.listen import listen_everywhere
from tnet.net.tap import Tap
from tnet.net.tls.serving import ServerTls
from tnet.plans import Limits, TcpAddress, UnixAddress
from tnet.plans.tls import TlsServing
from tnet.servers.echo import EchoFactory

SECONDS = 20.0
PAYLOAD = bytes(range(256)) * 1024
MANY = 20_000_000
MEBIBYTE = 1 << 20

TCP_PEERS = {
    "nc": ["nc", "-N", "127.0.0.1", "{port}"],
    "ncat": ["ncat", "127.0.0.1", "{port}"],
    "socat": ["socat", "-t", "10", "-", "TCP:127.0.0.1:{port}"],
}
UNIX_PEERS = {
    "nc": ["nc", "-N", "-U", "{path}"],
    "ncat": ["ncat", "-U", "{path}"],
    "socat": ["socat", "-t", "10", "-", "UNIX-CONNECT:{path}"],
}


class _Served(TestCase):
    """An echo server on a TCP port and a UNIX path, with `limits`."""

    limits = Limits()

    async def setUp(self) -> None:
        self.world = RealWorld()
        self.path = os.path.relpath(self.mktemp())
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        tapped = Tap(EchoFactory(), self.world.publisher, role="server")
        self.gate = Gate(tapped, self.limits, self.world.context)
        secured = self.gate.around((await self.certified()).wrap(tapped))
        wanted = [
            (TcpAddress("127.0.0.1", 0), self.gate),
            (TcpAddress("127.0.0.1", 0, tls=True), secured),
            (UnixAddress(self.path), self.gate),
        ]
        self.bound = await listen_everywhere(wanted, self.world.context)
        self.port, self.tls_port = (one.address.port for one in self.bound if isinstance(one.address, TcpAddress))

    async def tearDown(self) -> None:
        for one in self.bound:
            await one.stop()
        self.gate.abort_all()
        await self.gate.when_empty()

    async def certified(self) -> ServerTls:
        """TLS with a certificate for localhost; `authority` is the file of whom to believe."""
        authority = make_authority()
        folder = self.mktemp()
        certificate, key = write_pair(folder, authority.leaf(["localhost"]))
        self.authority = f"{folder}/authority.pem"
        Path(self.authority).write_bytes(authority.pem)
        plan = TlsServing(certificate_file=certificate, key_file=key)
        return await ServerTls.open(plan, self.world.context, (), alpn=())

    def connect(self) -> socket.socket:
        """A plain client."""
        return socket.create_connection(("127.0.0.1", self.port), SECONDS)

    def connect_tls(self) -> ssl.SSLSocket:
        """A client that secures and believes."""
        context = ssl.create_default_context(cafile=self.authority)
        raw = socket.create_connection(("127.0.0.1", self.tls_port), SECONDS)
        return context.wrap_socket(raw, server_hostname="localhost")

    async def event(self, kind: type[Event]) -> Any:
        """The first event of that kind, once it is there."""
        deadline = time.monotonic() + SECONDS
        while not (found := self.world.recorder.of(kind)):
            assert time.monotonic() < deadline, f"no {kind.name} in {self.world.recorder.names}"
            await deferToThread(time.sleep, 0.01)
        return found[0]


class PeerTests(_Served):
    """Other people's programs, fed through stdin, to the last byte."""

    async def speak(self, program: str, words: list[str]) -> None:
        """Let a program send the payload and its end; everything comes back."""
        if shutil.which(program) is None:
            raise SkipTest(f"{program} is not installed")
        command = [word.format(port=self.port, path=self.path) for word in words]
        done = await deferToThread(subprocess.run, command, input=PAYLOAD, capture_output=True, timeout=SECONDS)
        self.assertEqual(done.stdout, PAYLOAD)
        self.assertEqual(done.returncode, 0)
        closed = await self.event(ConnectionClosed)
        self.assertEqual((closed.clean, closed.bytes_in, closed.bytes_out), (True, len(PAYLOAD), len(PAYLOAD)))

    async def test_nc(self) -> None:
        """OpenBSD's nc that shuts down at its input's end."""
        await self.speak("nc", TCP_PEERS["nc"])

    async def test_ncat(self) -> None:
        """Nmap's ncat."""
        await self.speak("ncat", TCP_PEERS["ncat"])

    async def test_socat(self) -> None:
        """socat."""
        await self.speak("socat", TCP_PEERS["socat"])

    async def test_nc_on_unix(self) -> None:
        """OpenBSD's nc on a UNIX socket."""
        await self.speak("nc", UNIX_PEERS["nc"])

    async def test_ncat_on_unix(self) -> None:
        """Nmap's ncat on a UNIX socket."""
        await self.speak("ncat", UNIX_PEERS["ncat"])

    async def test_socat_on_unix(self) -> None:
        """socat on a UNIX socket."""
        await self.speak("socat", UNIX_PEERS["socat"])

    async def test_unix_socket_is_private_and_goes(self) -> None:
        """The socket's file is its owner's alone, and is gone after the server."""
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        for one in self.bound:
            await one.stop()
        self.assertFalse(os.path.lexists(self.path))


class ExactnessTests(_Served):
    """Much data, slow readers and half-closing."""

    async def test_half_close(self) -> None:
        """C4: 20 MB and then our end: all of it comes back, though it is read late."""
        self.assertEqual(await deferToThread(self.push_and_pull, self.connect()), MANY)
        half, closed = await self.event(HalfClosed), await self.event(ConnectionClosed)
        self.assertEqual((half.by, half.bytes_in), ("peer", MANY))
        self.assertEqual((closed.reason, closed.bytes_in, closed.bytes_out), ("closed by peer", MANY, MANY))

    async def test_backpressure_is_reported(self) -> None:
        """While the peer does not read the server waits, and tells when it began and how long it took."""
        await deferToThread(self.push_and_pull, self.connect())
        paused, resumed = await self.event(Paused), await self.event(Resumed)
        self.assertGreater(paused.bytes_in, paused.bytes_out)
        self.assertGreater(resumed.seconds, 0)

    def push_and_pull(self, client: socket.socket) -> int:
        """Send in one thread, read a little later in another: how many right bytes came back."""

        def push() -> None:
            client.sendall(b"x" * MANY)
            client.shutdown(socket.SHUT_WR)

        pushing = threading.Thread(target=push)
        with contextlib.closing(client):
            pushing.start()
            time.sleep(0.3)
            got = everything(client)
            pushing.join()
        return len(got) if got.count(b"x") == len(got) else -1

    async def test_secured(self) -> None:
        """C35: over TLS a reader that is late gets everything too, and the story has the handshake and the waiting."""
        self.assertEqual(await deferToThread(self.push_then_pull_tls), MANY)
        self.assertEqual((await self.event(TlsHandshaken)).outcome, "ok")
        await self.event(Paused)
        closed = await self.event(ConnectionClosed)
        self.assertEqual((closed.bytes_in, closed.bytes_out, closed.clean), (MANY, MANY, True))

    def push_then_pull_tls(self) -> int:
        """Send without reading until nothing more is taken, then do both: how much came back."""
        due, got, reading = MANY, 0, False
        chunk = b"y" * 65536
        with self.connect_tls() as client:
            client.setblocking(False)
            while got < MANY:
                with contextlib.suppress(ssl.SSLWantWriteError):
                    while due:
                        due -= client.send(chunk[:due])
                if not reading:
                    reading = select.select([], [client], [], 0.2)[1] == []
                    continue
                select.select([client], [client] if due else [], [], SECONDS)
                with contextlib.suppress(ssl.SSLWantReadError):
                    while data := client.recv(65536):
                        got += len(data)
            client.setblocking(True)
            client.unwrap()
        return got


class EndTests(_Served):
    """How connections end, in words."""

    limits = Limits(idle_seconds=0.5, handshake_seconds=0.5, max_connections=2)

    async def test_reset(self) -> None:
        """A peer that resets is told apart from one that closes, and from our own abort."""
        with self.connect() as client:
            client.sendall(b"x")
            await deferToThread(client.recv, 1)
            reset(client)
        closed = await self.event(ConnectionClosed)
        self.assertEqual((closed.reason, closed.clean), ("reset by peer", False))

    async def test_reset_while_the_reader_stopped(self) -> None:
        """C8: a reset is noticed though we had stopped reading."""
        with self.connect() as client:
            await deferToThread(self.push_until_stuck, client)
            await self.event(Paused)
            reset(client)
        self.assertEqual((await self.event(ConnectionClosed)).reason, "reset by peer")

    def push_until_stuck(self, client: socket.socket) -> None:
        """Send without reading until the system takes no more."""
        client.settimeout(0.1)
        try:
            while True:
                client.send(b"z" * MEBIBYTE)
        except TimeoutError:
            client.settimeout(SECONDS)

    async def test_idle(self) -> None:
        """Who says nothing is closed when the time is up."""
        with self.connect() as client:
            self.assertEqual(await deferToThread(client.recv, 1), b"")
        self.assertEqual((await self.event(ConnectionClosed)).reason, "timed out: idle for 0.5 s")

    async def test_idle_with_a_reader_that_stopped(self) -> None:
        """C9: when the time of a peer that does not read is up, it is given a little more, and then cut off."""
        with self.connect() as client:
            await deferToThread(self.push_until_stuck, client)
            began = time.monotonic()
            closed = await self.event(ConnectionClosed)
            await self.gate.when_empty()
            self.assertLess(time.monotonic() - began, CLOSING_SECONDS + 5)
            self.assertIn("timed out: idle", closed.reason)
            with self.assertRaises(OSError):
                await deferToThread(client.sendall, PAYLOAD * 64)

    async def test_handshake_that_never_comes(self) -> None:
        """C31: who connects to the secured port and says nothing is cut off."""
        silent = socket.create_connection(("127.0.0.1", self.tls_port), SECONDS)
        with silent, self.assertRaises(ConnectionResetError):
            await deferToThread(silent.recv, 1)
        closed = await self.event(ConnectionClosed)
        self.assertEqual(closed.reason, "timed out: TLS handshake took longer than 0.5 s")
        self.assertEqual((await self.event(TlsHandshaken)).outcome, "failed")

    async def test_one_too_many(self) -> None:
        """C29: above the limit a peer is closed at once, before TLS, and the others go on."""
        with self.connect() as first, self.connect() as second:
            for client in (first, second):
                client.sendall(b"x")
                self.assertEqual(await deferToThread(client.recv, 1), b"x")
            with socket.create_connection(("127.0.0.1", self.tls_port), SECONDS) as third:
                self.assertEqual(await deferToThread(third.recv, 1), b"")
            first.sendall(b"y")
            self.assertEqual(await deferToThread(first.recv, 1), b"y")
        self.assertIn("2 connections are open", (await self.event(ConnectionRefused)).reason)

    async def test_goodbye_of_all(self) -> None:
        """Losing everybody ends idle connections properly, and somebody who waits for that is told."""
        with self.connect() as client:
            client.sendall(b"x")
            await deferToThread(client.recv, 1)
            empty: Deferred[None] = self.gate.when_empty()
            self.gate.lose_all()
            self.assertEqual(await deferToThread(client.recv, 1), b"")
            await empty
        self.assertEqual((await self.event(ConnectionClosed)).reason, "closed by us")


class MemoryTests(TestCase):
    """What a peer can make the process hold."""

    def test_peer_that_never_reads(self) -> None:
        """C7: 100 MiB pushed at the server by a peer that does not read make it grow by less than 2 MiB."""
        home = Path(self.mktemp()).absolute()
        echo = Running(self, home, "serve", "echo", "--port", "0", "--output", "json")
        with socket.create_connection(("127.0.0.1", echo.port), SECONDS) as warm_up:
            warm_up.sendall(PAYLOAD)
            warm_up.shutdown(socket.SHUT_WR)
            self.assertEqual(everything(warm_up), PAYLOAD)
        before = self.resident(echo.process.pid)
        with socket.create_connection(("127.0.0.1", echo.port), SECONDS) as client:
            sent = self.push(client, 100 * MEBIBYTE)
            self.assertLess(self.resident(echo.process.pid) - before, 2 * MEBIBYTE)
        self.assertLess(sent, 50 * MEBIBYTE)
        echo.wait_for("connection.paused")

    def push(self, client: socket.socket, most: int) -> int:
        """Send up to `most` bytes, giving up when nothing was taken for a second: how many were."""
        client.settimeout(1)
        chunk, sent = b"x" * MEBIBYTE, 0
        try:
            while sent < most:
                sent += client.send(chunk)
        except TimeoutError:
            pass
        return sent

    def resident(self, pid: int) -> int:
        """The bytes of memory that a process has."""
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024
