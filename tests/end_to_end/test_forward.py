"""`tnet serve auth --forward`: a login in front of real backends."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SkipTest

from tests.certificates import make_authority, write_pair
from tests.end_to_end.real_world import ThreadedServer, free_port, receive_until
from tests.end_to_end.test_auth import SECONDS, Served
from tnet.events.kinds import ConnectionClosed, SpanEnded
from tnet.plans import Limits, UnixAddress
from tnet.plans.addresses import parse_target
from tnet.plans.tls import TlsServing
from tnet.protocols.proxy_header import SIGNATURE, USER_TLV

LOGIN = b"alice\r\npw\r\n"
WELCOME = b"Username:\r\nPassword:\r\nWelcome, alice!\r\n"
SIZE = 20 << 20


def rest(peer: socket.socket) -> bytes:
    """What comes until the end of file."""
    chunks = []
    while more := peer.recv(1 << 18):
        chunks.append(more)
    return b"".join(chunks)


def echo(peer: socket.socket) -> None:
    """Send back all that comes, then the end."""
    while more := peer.recv(1 << 18):
        peer.sendall(more)


def exchange(peer: socket.socket, data: bytes) -> bytes:
    """Send all of `data` and the end while everything is read that comes."""

    def send() -> None:
        peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)

    sending = threading.Thread(target=send, daemon=True)
    sending.start()
    received = rest(peer)
    sending.join(SECONDS)
    return received


class ForwardTests(Served):
    """After the login."""

    async def gateway(self, talk: Callable[[socket.socket], None], **settings: Any) -> int:
        """Start with a backend; the port."""
        self.backend = ThreadedServer(self, talk)
        return await self.served(forward=parse_target(f"127.0.0.1:{self.backend.port}"), **settings)

    async def test_much_behind_the_password(self) -> None:
        """20 MB right behind the password come back once and whole, and then the end."""
        port = await self.gateway(echo)
        data = hashlib.shake_128(b"x").digest(SIZE)
        received = await self.talk(port, lambda peer: exchange(peer, LOGIN + data))
        self.assertEqual(len(received), len(WELCOME) + SIZE)
        self.assertEqual(received, WELCOME + data)
        spans = [event for event in self.world.recorder.of(SpanEnded) if event.span == "forward"]
        self.assertEqual([span.outcome for span in spans], ["ok"])

    async def test_socat(self) -> None:
        """An echo of socat's gets what was piped, and its answer arrives after our end."""
        if shutil.which("socat") is None:
            raise SkipTest("socat is not installed")
        behind = free_port()
        listen = f"TCP-LISTEN:{behind},bind=127.0.0.1,reuseaddr,fork"
        socat = subprocess.Popen(["socat", "-t5", listen, "EXEC:cat"], stderr=subprocess.DEVNULL)
        self.addCleanup(socat.wait)
        self.addCleanup(socat.terminate)
        await deferToThread(_wait_for, behind)
        port = await self.served(forward=parse_target(f"127.0.0.1:{behind}"))
        data = b"0123456789abcdef" * 20_000
        self.assertEqual(await self.talk(port, lambda peer: exchange(peer, LOGIN + data)), WELCOME + data)

    async def test_half_closes(self) -> None:
        """Either side may end first, and still gets what the other says."""
        answers: list[bytes] = []

        def talk(peer: socket.socket) -> None:
            peer.sendall(b"the last word")
            peer.shutdown(socket.SHUT_WR)
            answers.append(rest(peer))

        port = await self.gateway(talk)

        def script(peer: socket.socket) -> bytes:
            peer.sendall(LOGIN)
            received = rest(peer)
            peer.sendall(b"and mine")
            return received

        self.assertEqual(await self.talk(port, script), WELCOME + b"the last word")
        await deferToThread(self.backend.stop)
        self.assertEqual(answers, [b"and mine"])

    async def test_slow_reader(self) -> None:
        """Whoever reads nothing stops the other side, in both directions, and then gets all of it."""
        stuck: list[int] = []

        def flood(peer: socket.socket) -> None:
            peer.settimeout(1)
            sent = 0
            with contextlib.suppress(TimeoutError):
                while sent < SIZE * 4:
                    sent += peer.send(b"x" * 65536)
            stuck.append(sent)
            peer.shutdown(socket.SHUT_WR)

        port = await self.gateway(flood)

        def deaf(peer: socket.socket) -> int:
            peer.sendall(LOGIN)
            receive_until(peer, b"Welcome, alice!\r\n")
            while not stuck:
                threading.Event().wait(0.02)
            return len(rest(peer))

        got = await self.talk(port, deaf)
        self.assertLess(stuck[0], SIZE)
        self.assertGreater(stuck[0], 0)
        self.assertLessEqual(abs(stuck[0] - got), 65536)

    async def test_deaf_backend(self) -> None:
        """A backend that does not read stops the client."""
        done = threading.Event()
        self.addCleanup(done.set)
        port = await self.gateway(lambda peer: bool(done.wait(SECONDS)) and None)

        def flood(peer: socket.socket) -> int:
            peer.sendall(LOGIN)
            peer.settimeout(1)
            sent = 0
            with contextlib.suppress(TimeoutError):
                while sent < SIZE * 4:
                    sent += peer.send(b"x" * 65536)
            done.set()
            return sent

        self.assertLess(await self.talk(port, flood), SIZE)

    async def test_backend_breaks_off(self) -> None:
        """A backend whose connection is reset is no clean end for the client."""

        def reset(peer: socket.socket) -> None:
            peer.recv(10)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        port = await self.gateway(reset)

        def script(peer: socket.socket) -> str:
            peer.sendall(LOGIN + b"hello")
            try:
                rest(peer)
            except ConnectionResetError:
                return "reset"
            return "ended"

        self.assertEqual(await self.talk(port, script), "reset")
        self.assertIn("the other side of the relay broke off", [event.reason for event in self.closed()])

    async def test_client_breaks_off(self) -> None:
        """A client whose connection is reset is no clean end for the backend."""
        seen: list[str] = []

        def watch(peer: socket.socket) -> None:
            try:
                rest(peer)
                seen.append("ended")
            except ConnectionResetError:
                seen.append("reset")

        port = await self.gateway(watch)

        def script(peer: socket.socket) -> None:
            peer.sendall(LOGIN)
            receive_until(peer, b"Welcome, alice!\r\n")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        await self.talk(port, script)
        await deferToThread(_until, lambda: bool(seen))
        self.assertEqual(seen, ["reset"])

    async def test_refused(self) -> None:
        """Without a backend the client is told in one line, and the connection ends cleanly; in each dialect."""
        port = await self.served(forward=parse_target(f"127.0.0.1:{free_port()}"))
        received = await self.talk(port, lambda peer: exchange(peer, LOGIN + b"GET / HTTP/1.0\r\n\r\n"))
        self.assertEqual(received[22:], b"The backend cannot be reached now.\r\nGoodbye.\r\n")
        self.assertEqual([event.clean for event in self.closed()], [False])
        self.assertEqual([event.reason for event in self.closed()], ["the backend cannot be reached"])

    async def test_redis_and_refused(self) -> None:
        """A client of another dialect is told in its own words instead of its OK."""
        port = await self.served(forward=parse_target(f"127.0.0.1:{free_port()}"), dialect="redis")
        received = await self.talk(port, lambda peer: exchange(peer, b"AUTH alice pw\r\nPING\r\n"))
        self.assertEqual(received, b"-TRYAGAIN The backend cannot be reached now.\r\n")

    async def test_redis(self) -> None:
        """Behind the request with the password the bytes are the backend's, exactly once."""
        port = await self.gateway(echo, dialect="redis")
        login = b"*3\r\n$4\r\nAUTH\r\n$5\r\nalice\r\n$2\r\npw\r\n"
        self.assertEqual(
            await self.talk(port, lambda peer: exchange(peer, login + b"\0\r\n\xff" * 5000)),
            b"+OK\r\n" + b"\0\r\n\xff" * 5000,
        )

    async def test_tls(self) -> None:
        """A client over TLS may end first, too, and has everything, before a plain backend."""
        authority = make_authority()
        certificate, key = write_pair(self.mktemp(), authority.leaf(["127.0.0.1"]))
        port = await self.gateway(
            lambda peer: peer.sendall(b"hello " + receive_until(peer, b"\n")),
            tls=TlsServing(certificate_file=certificate, key_file=key),
        )
        trust = ssl.create_default_context(cadata=authority.pem.decode())

        def script(peer: socket.socket) -> bytes:
            with trust.wrap_socket(peer, server_hostname="127.0.0.1", suppress_ragged_eofs=False) as secured:
                secured.sendall(LOGIN + b"world\n")
                return rest(secured)

        self.assertEqual(await self.talk(port, script), WELCOME + b"hello world\n")

    async def test_unix_and_proxy(self) -> None:
        """A backend on a UNIX socket hears the client's address and the user's name before anything else."""
        path = Path(self.mktemp()).absolute()
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen()
            listening.settimeout(SECONDS)
            port = await self.served(forward=UnixAddress(str(path)), send_proxy="v2")

            def script(peer: socket.socket) -> tuple[bytes, int]:
                peer.sendall(LOGIN + b"hello")
                peer.shutdown(socket.SHUT_WR)
                backend, _ = listening.accept()
                with backend:
                    return rest(backend), peer.getsockname()[1]

            heard, own_port = await self.talk(port, script)
        address = b"\x7f\0\0\1" * 2 + struct.pack("!HH", own_port, port)
        tlv = struct.pack("!BH", USER_TLV, 5) + b"alice"
        self.assertEqual(heard, SIGNATURE + struct.pack("!BBH", 0x21, 0x11, 20) + address + tlv + b"hello")

    async def test_idle(self) -> None:
        """The idle limit holds for a relay, and ends both of its connections."""
        ended: list[bytes] = []
        port = await self.gateway(lambda peer: ended.append(rest(peer)), limits=Limits(idle_seconds=0.5))

        def script(peer: socket.socket) -> bytes:
            peer.sendall(LOGIN)
            return rest(peer)

        self.assertEqual(await self.talk(port, script), WELCOME)
        await deferToThread(_until, lambda: bool(ended))
        self.assertEqual(ended, [b""])

    async def test_drain(self) -> None:
        """A server that stops lets relays end by themselves, and closes them when its patience is over."""
        ended: list[bytes] = []
        port = await self.gateway(lambda peer: ended.append(rest(peer)), limits=Limits(drain_seconds=0.5))
        ready = threading.Event()

        def script(peer: socket.socket) -> bytes:
            peer.sendall(LOGIN)
            received = receive_until(peer, b"Welcome, alice!\r\n")
            ready.set()
            return received + rest(peer)

        visit = Deferred.fromCoroutine(self.talk(port, script))
        await deferToThread(ready.wait, SECONDS)
        await self.serving.drain("the test says so")
        self.assertEqual(await visit, WELCOME)
        await deferToThread(_until, lambda: bool(ended))

    def closed(self) -> list[ConnectionClosed]:
        """How connections ended."""
        return self.world.recorder.of(ConnectionClosed)


def _wait_for(port: int) -> None:
    """Until something listens there."""

    def connects() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True

    _until(connects)


def _until(true: Callable[[], bool]) -> None:
    for _ in range(int(SECONDS / 0.02)):
        if true():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not happen")
