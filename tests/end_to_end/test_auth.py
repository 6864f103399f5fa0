"""`tnet serve auth` with real sockets, real hashes and real peers."""

from __future__ import annotations

import contextlib
import resource
import shutil
import socket
import ssl
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SkipTest, TestCase

from tests.certificates import make_authority, write_pair
from tests.end_to_end.real_world import RealWorld, receive_until
from tnet.accounts.accounts import QUEUE
from tnet.accounts.hashing import Argon2
from tnet.accounts.location import open_store
from tnet.accounts.store import Account, Entry
from tnet.events.kinds import AuthAttempted, ConnectionClosed, Listening, StateEntered
from tnet.plans import Limits, TcpAddress
from tnet.plans.serve import AuthPlan
from tnet.plans.tls import TlsServing
from tnet.runtime.serving import Serving
from tnet.servers.auth.outbox import TOO_SLOW

SECONDS = 20.0
SESSION = ["Username:", "Password:", "Welcome, alice!", "Echo: hello", "Logged in: alice", "Goodbye."]
PEERS = {"nc": ["nc", "-N"], "ncat": ["ncat"], "socat": ["socat", "-t", "10", "-"]}


def _lines(data: bytes) -> list[str]:
    assert data.endswith(b"\r\n"), data
    return data.decode().split("\r\n")[:-1]


def _rest(peer: socket.socket) -> bytes:
    """What comes until the end of file."""
    data = b""
    while more := peer.recv(65536):
        data += more
    return data


class Served(TestCase):
    """A server with the accounts alice, who may come in, and bob, who is disabled; both with the password `pw`."""

    async def setUp(self) -> None:
        self.world = RealWorld()
        self.url = f"sqlite:{Path(self.mktemp()).absolute() / 'users.db'}"

    async def add_accounts(self) -> None:
        store = open_store(self.url, self.world.context)
        await store.add(Entry(Account("alice"), Argon2().hash(b"pw")))
        await store.add(Entry(Account("bob", disabled=True), Argon2().hash(b"pw")))

    async def serve(self, *, tls: TlsServing | None = None, **settings: Any) -> int:
        """Start; the port."""
        address, settings = TcpAddress("127.0.0.1", 0, tls is not None), {"limits": Limits(drain_seconds=3)} | settings
        plan = AuthPlan(listen=(address,), users=self.url, tls=tls, **settings)
        self.serving = Serving(plan, self.world.context)
        await self.serving.start()
        self.addCleanup(lambda: Deferred.fromCoroutine(self.serving.drain("the test is over")))
        (listening,) = self.world.recorder.of(Listening)
        assert isinstance(listening.server_port, int)
        return listening.server_port

    async def served(self, **settings: Any) -> int:
        """Start with the accounts; the port."""
        await self.add_accounts()
        return await self.serve(**settings)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for something to become true."""
        for _ in range(500):
            if true():
                return
            await deferLater(reactor, 0.02)
        self.fail("it never became true")

    async def talk(self, port: int, script: Callable[[socket.socket], Any]) -> Any:
        """What `script` makes of a connection, in a thread."""

        def task() -> Any:
            with socket.create_connection(("127.0.0.1", port), SECONDS) as peer:
                return script(peer)

        return await deferToThread(task)


class PeerTests(Served):
    """The tools that people have."""

    async def _session(self, name: str) -> None:
        if shutil.which(name) is None:
            raise SkipTest(f"{name} is not installed")
        port = str(await self.served())
        argv = [*PEERS[name], f"TCP:127.0.0.1:{port}"] if name == "socat" else [*PEERS[name], "127.0.0.1", port]
        done: Any = await deferToThread(
            subprocess.run, argv, input=b"alice\npw\nhello\n/who\n", capture_output=True, timeout=SECONDS
        )
        self.assertEqual((_lines(done.stdout), done.returncode), (SESSION, 0), done.stderr)

    async def test_nc(self) -> None:
        """A session from a pipe through OpenBSD's nc gets every reply, and ends."""
        await self._session("nc")

    async def test_ncat(self) -> None:
        """A session from a pipe through ncat gets every reply, and ends."""
        await self._session("ncat")

    async def test_socat(self) -> None:
        """A session from a pipe through socat gets every reply, and ends."""
        await self._session("socat")

    async def test_socat_over_tls(self) -> None:
        """A client that says close_notify with its last line still gets every reply: TLS 1.3 has half-closing."""
        if shutil.which("socat") is None:
            raise SkipTest("socat is not installed")
        certificate, key = write_pair(self.mktemp(), make_authority().leaf(["127.0.0.1"]))
        port = await self.served(tls=TlsServing(certificate_file=certificate, key_file=key))
        argv = ["socat", "-t5", "-", f"OPENSSL:127.0.0.1:{port},verify=0"]
        done: Any = await deferToThread(
            subprocess.run, argv, input=b"alice\npw\nhello\n/who\n", capture_output=True, timeout=SECONDS
        )
        self.assertEqual((_lines(done.stdout), done.returncode), (SESSION, 0), done.stderr)

    async def test_byte_by_byte(self) -> None:
        """Sent in single bytes, the session is the same."""
        port = await self.served()

        def script(peer: socket.socket) -> bytes:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"alice\r\npw\r\nhello\r\n/who\r\n/quit\r\n":
                peer.sendall(bytes([byte]))
            return _rest(peer)

        self.assertEqual(_lines(await self.talk(port, script)), SESSION)

    async def test_tls(self) -> None:
        """Over TLS the session is the same, and ends with a close_notify."""
        authority = make_authority()
        certificate, key = write_pair(self.mktemp(), authority.leaf(["127.0.0.1"]))
        port = await self.served(tls=TlsServing(certificate_file=certificate, key_file=key))
        trust = ssl.create_default_context(cadata=authority.pem.decode())

        def script(peer: socket.socket) -> bytes:
            with trust.wrap_socket(peer, server_hostname="127.0.0.1", suppress_ragged_eofs=False) as secured:
                return _session(secured)

        self.assertEqual(_lines(await self.talk(port, script)), SESSION)


class AccountTests(Served):
    """Who comes in."""

    async def log_in(self, port: int, user: bytes, password: bytes) -> str:
        """What the server says to these credentials."""

        def script(peer: socket.socket) -> str:
            peer.sendall(user + b"\n" + password + b"\n")
            peer.shutdown(socket.SHUT_WR)
            return _lines(_rest(peer))[2]

        return str(await self.talk(port, script))

    async def test_one_time(self) -> None:
        """Without an account there is one for this run, until a real one is there and the server is told to reload."""
        port = await self.serve()
        ((name, password),) = self.world.disclosed
        self.assertIn(f"`tnet users add NAME --users {self.url}`", self.world.notes[0])
        self.assertEqual(await self.log_in(port, name.encode(), password.encode()), "Welcome, tnet!")
        self.assertEqual(await self.log_in(port, b"alice", b"pw"), "Login failed.")
        await self.add_accounts()
        await self.serving.reload()
        self.assertEqual(await self.log_in(port, name.encode(), password.encode()), "Login failed.")
        self.assertEqual(await self.log_in(port, b"alice", b"pw"), "Welcome, alice!")

    async def test_account_made_meanwhile(self) -> None:
        """An account that is added while the server runs may come in at once."""
        port = await self.served()
        store = open_store(self.url, self.world.context)
        await store.add(Entry(Account("carol"), Argon2().hash(b"x")))
        self.assertEqual(await self.log_in(port, b"carol", b"x"), "Welcome, carol!")

    async def test_reload_during_checks(self) -> None:
        """A reload while passwords are being checked changes no verdict on them, and what it brings counts at once."""
        port = await self.serve()
        ((name, password),) = self.world.disclosed
        early = [Deferred.fromCoroutine(self.log_in(port, name.encode(), password.encode())) for _ in range(4)]
        await self.until(lambda: [each.state for each in self.world.recorder.of(StateEntered)].count("checking") == 4)
        await self.add_accounts()
        await self.serving.reload()
        late = await self.log_in(port, b"alice", b"pw")
        self.assertEqual((set(await gatherResults(early)), late), ({"Welcome, tnet!"}, "Welcome, alice!"))

    async def test_store_breaks(self) -> None:
        """A store that breaks while the server runs is unavailable, and no failed login."""
        port = await self.served()
        Path(self.url.removeprefix("sqlite:")).write_bytes(b"broken" * 1000)
        self.assertIn("unavailable", await self.log_in(port, b"alice", b"pw"))

    async def test_same_time(self) -> None:
        """A wrong password, an unknown name, a disabled account and a malformed name take the same time."""
        port = await self.served()
        wrong = {
            "wrong": (b"alice", b"no"),
            "unknown": (b"eve", b"no"),
            "disabled": (b"bob", b"pw"),
            "bad": (b"\xff", b""),
        }
        taken: dict[str, list[float]] = {kind: [] for kind in wrong}
        for _ in range(15):
            for kind, credentials in wrong.items():
                began = time.perf_counter()
                self.assertEqual(await self.log_in(port, *credentials), "Login failed.")
                taken[kind].append(time.perf_counter() - began)
        medians = [statistics.median(times) for times in taken.values()]
        self.assertGreater(min(medians), 0.01, "a login that fails this fast did no work")
        self.assertLess(max(medians) / min(medians), 2, medians)

    async def test_flood(self) -> None:
        """Of many logins at once as many are checked as may wait, the others are told at once to come again."""
        port = await self.served(limits=Limits(max_per_peer=0, drain_seconds=3))
        answers = await gatherResults(
            [Deferred.fromCoroutine(self.talk(port, _guesses(45))) for _ in range(8)], consumeErrors=True
        )
        told = [answer for each in answers for answer in each]
        unavailable = [answer for answer in told if "unavailable" in answer]
        self.assertEqual(len(told), 8 * 45)
        self.assertEqual(set(told) - set(unavailable), {"Login failed."})
        self.assertGreaterEqual(len(told) - len(unavailable), QUEUE)
        self.assertTrue(unavailable)
        self.assertEqual(await self.log_in(port, b"alice", b"pw"), "Welcome, alice!")


def _guesses(number: int) -> Callable[[socket.socket], list[str]]:
    """A script that opens so many connections more and guesses once on each, all at the same time."""

    def script(first: socket.socket) -> list[str]:
        peers = [socket.create_connection(first.getpeername(), SECONDS) for _ in range(number)]
        for peer in peers:
            peer.sendall(b"alice\nguess\n")
        answers = [_third_line(peer) for peer in peers]
        for peer in peers:
            peer.close()
        return answers

    return script


def _third_line(peer: socket.socket) -> str:
    data = b""
    while data.count(b"\r\n") < 3 and (more := peer.recv(65536)):
        data += more
    return data.decode().split("\r\n")[2]


class EndingTests(Served):
    """How connections end."""

    def closed(self) -> list[ConnectionClosed]:
        return self.world.recorder.of(ConnectionClosed)

    def allow_descriptors(self, number: int) -> None:
        """Let this process, which is both sides, have that many."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < number:
            raise SkipTest(f"needs {number} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, number), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    async def test_last_line_arrives(self) -> None:
        """A peer that sends far too much without a line's end can send on, reads why, and is not reset."""
        port = await self.served()

        def script(peer: socket.socket) -> bytes:
            for _ in range(100):
                peer.sendall(b"x" * 10_000)
            peer.shutdown(socket.SHUT_WR)
            return _rest(peer)

        self.assertEqual(_lines(await self.talk(port, script)), ["Username:", "Line too long.", "Goodbye."])

    async def test_peer_that_never_closes(self) -> None:
        """A peer that keeps its side open after our goodbye is cut off."""
        port = await self.served()

        def script(peer: socket.socket) -> float:
            peer.sendall(b"\n" * 20)
            _rest(peer)
            began = time.monotonic()
            with contextlib.suppress(ConnectionError):
                while time.monotonic() - began < SECONDS:
                    peer.sendall(b"x")
                    threading.Event().wait(0.05)
            return time.monotonic() - began

        self.assertLess(await self.talk(port, script), 5)

    async def test_deadline(self) -> None:
        """A peer that says nothing is told goodbye when its time is up."""
        port = await self.served(login_seconds=0.2)
        self.assertEqual(_lines(await self.talk(port, _rest)), ["Username:", "Too slow.", "Goodbye."])

    async def test_idle(self) -> None:
        """Whoever is logged in and says nothing any more hears goodbye after the idle limit, and why."""
        port = await self.served(limits=Limits(idle_seconds=0.4, drain_seconds=3))

        def script(peer: socket.socket) -> float:
            peer.sendall(b"alice\npw\n")
            receive_until(peer, b"Welcome, alice!\r\n")
            began = time.monotonic()
            self.assertEqual(_rest(peer), b"Idle for too long.\r\nGoodbye.\r\n")
            return time.monotonic() - began

        self.assertGreater(await self.talk(port, script), 0.3)
        await self.until(lambda: bool(self.closed()))
        self.assertIn("idle", self.closed()[0].reason)

    async def test_idle_over_tls(self) -> None:
        """The goodbye comes through TLS, and its close is a clean one."""
        authority = make_authority()
        certificate, key = write_pair(self.mktemp(), authority.leaf(["127.0.0.1"]))
        limits = Limits(idle_seconds=0.4, drain_seconds=3)
        port = await self.served(tls=TlsServing(certificate_file=certificate, key_file=key), limits=limits)
        trust = ssl.create_default_context(cadata=authority.pem.decode())

        def script(peer: socket.socket) -> bytes:
            with trust.wrap_socket(peer, server_hostname="127.0.0.1", suppress_ragged_eofs=False) as secured:
                secured.sendall(b"alice\npw\n")
                return _rest(secured)

        self.assertEqual(
            _lines(await self.talk(port, script))[2:], ["Welcome, alice!", "Idle for too long.", "Goodbye."]
        )
        await self.until(lambda: bool(self.closed()))
        self.assertIn("idle", self.closed()[0].reason)

    async def test_silent_strangers(self) -> None:
        """Six hundred who say nothing keep nobody out: the oldest are told to go, and alice comes in and stays."""
        self.allow_descriptors(2048)
        port = await self.served(limits=Limits(max_per_peer=0, max_connections=1024, drain_seconds=3))

        def script(peer: socket.socket) -> list[str]:
            peer.sendall(b"alice\npw\n")
            receive_until(peer, b"Welcome, alice!\r\n")
            with contextlib.ExitStack() as strangers:
                crowd = [strangers.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(600)]
                peer.sendall(b"/who\n")
                receive_until(peer, b"Logged in: alice\r\n")
                return [*_lines(_rest(crowd[0])), *_newcomer(port)]

        said = await self.talk(port, script)
        self.assertEqual(
            said, ["Username:", "Too many are waiting to log in. Try again later.", "Goodbye.", "Welcome, alice!"]
        )
        self.assertIn("too many have not logged in", {event.reason for event in self.closed()})

    async def test_hang_up_during_checks(self) -> None:
        """Peers that hang up while their password is checked leave an attempt each, and no error."""
        port = await self.served()

        def script(peer: socket.socket) -> None:
            peer.sendall(b"alice\nno\n")
            receive_until(peer, b"Password:")

        await gatherResults([Deferred.fromCoroutine(self.talk(port, script)) for _ in range(4)])
        await self.talk(port, lambda peer: peer.sendall(b"alice\npw\n") or receive_until(peer, b"Welcome"))
        await self.until(lambda: len(self.world.recorder.of(AuthAttempted)) == 5)
        self.assertEqual(self.flushLoggedErrors(), [])

    async def test_slow_reader(self) -> None:
        """A peer that pours lines in and never reads is not read from for ever, and others are served meanwhile."""
        port = await self.served()

        def flood(peer: socket.socket) -> int:
            peer.sendall(b"alice\npw\n")
            receive_until(peer, b"Welcome")
            peer.settimeout(1)
            sent = 0
            with contextlib.suppress(TimeoutError):
                while sent < 50_000_000:
                    sent += peer.send(b"x" * 4000 + b"\n")
            return sent

        flooding = Deferred.fromCoroutine(self.talk(port, flood))
        self.assertEqual(_lines(await self.talk(port, _session)), SESSION)
        self.assertLess(await flooding, 20_000_000)

    async def test_slow_listener(self) -> None:
        """A member that never reads is dropped, for that reason, when the others have said too much."""
        port = await self.served()

        def script(peer: socket.socket) -> int:
            with socket.socket() as deaf:
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                deaf.settimeout(SECONDS)
                deaf.connect(peer.getpeername())
                for each in (deaf, peer):
                    each.sendall(b"alice\npw\n")
                    receive_until(each, b"Welcome")
                said = 0
                while said < 50_000 and not self.closed():
                    peer.sendall(b"/say " + b"x" * 4000 + b"\n")
                    said += len(receive_until(peer, b"\n")) and 1
                return said

        self.assertLess(await self.talk(port, script), 50_000)
        self.assertIn(TOO_SLOW, [event.reason for event in self.closed()])

    async def test_drain(self) -> None:
        """A server that stops says goodbye, and is gone as soon as the peers are."""
        port = await self.served()
        ready = threading.Event()

        def script(peer: socket.socket) -> bytes:
            peer.sendall(b"alice\npw\n")
            welcome = receive_until(peer, b"Welcome, alice!\r\n")
            ready.set()
            return welcome + _rest(peer)

        visit = Deferred.fromCoroutine(self.talk(port, script))
        await deferToThread(ready.wait, SECONDS)
        began = time.monotonic()
        await self.serving.drain("the test says so")
        self.assertLess(time.monotonic() - began, 8)
        self.assertEqual(_lines(await visit)[-2:], ["The server is stopping.", "Goodbye."])
        self.assertEqual([event.clean for event in self.closed()], [True])


def _newcomer(port: int) -> list[str]:
    """What alice hears last when she logs in."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as peer:
        peer.sendall(b"alice\npw\n")
        return _lines(receive_until(peer, b"Welcome, alice!\r\n"))[-1:]


def _session(peer: socket.socket) -> bytes:
    peer.sendall(b"alice\npw\nhello\n/who\n/quit\n")
    return _rest(peer)
