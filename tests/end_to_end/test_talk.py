"""Conversations as data, over real sockets: recorded, replayed from either side, scripted and dumped."""

from __future__ import annotations

import os
import random
import shutil
import socket
import ssl
import subprocess
from dataclasses import replace
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SkipTest, TestCase

from tests.certificates import make_authority, write_pair
from tests.end_to_end.peers import SECONDS, Peer, everything, reset
from tests.end_to_end.real_world import Pipe, RealWorld, receive_until
from tnet.clients.connect.cast import cast
from tnet.errors import ExpectationFailed
from tnet.events.kinds import Logged, StepEnded
from tnet.net.dial import dial
from tnet.net.listen import listen
from tnet.net.recordings import read_recording
from tnet.net.stdio import standard_input, standard_output
from tnet.net.tap import Tap
from tnet.net.workers import Workers
from tnet.plans import Target, TcpAddress
from tnet.plans.addresses import parse_target
from tnet.plans.connect import ConnectPlan, Step, Talk
from tnet.plans.script import parse_script
from tnet.plans.tls import TlsDialing
from tnet.protocols.recording import Recording
from tnet.servers.replaying import ReplayFactory

_WORKERS = Workers(reactor, "worker", threads=1)  # one: what was asked for before is over
MANY = random.Random(3).randbytes(3_000_000)


def greeter(sock: socket.socket) -> bytes:
    """A server with a banner, one question and one answer; what the client said."""
    sock.sendall(b"+OK ready\r\n")
    asked = receive_until(sock, b"\n")
    sock.sendall(b"+OK hello\r\n")
    return asked + everything(sock)


def rude(sock: socket.socket) -> None:
    """A server that begins likewise, and then says something else."""
    sock.sendall(b"+OK ready\r\n")
    receive_until(sock, b"\n")
    sock.sendall(b"-ERR no\r\n")
    everything(sock)


def echo(sock: socket.socket) -> None:
    """A server that sends back what comes."""
    while data := sock.recv(1 << 16):
        sock.sendall(data)


def listening(path: str) -> bool:
    """Whether somebody listens on that UNIX socket: it is there a moment before that."""
    with open("/proc/net/unix", encoding="utf-8") as table:
        return any(line.split()[3] == "00010000" and line.rstrip().endswith(path) for line in table)


class TalkCase(TestCase):
    """Conversations in this process, between a pipe and a real peer."""

    timeout = 30

    def setUp(self) -> None:
        self.world = RealWorld()
        self.world.context = replace(self.world.context, workers=_WORKERS)

    async def talk(
        self, target: str | Target, data: bytes = b"", *, tls: TlsDialing | None = None, **talk: Any
    ) -> bytes:
        """Say `data` or what the talk has in its place; what was written to standard output."""
        self.pipe, context = Pipe(self), self.world.context
        plan = ConnectPlan(
            target=parse_target(target) if isinstance(target, str) else target, talk=Talk(**talk), linger_seconds=1
        )
        stdin = open(self.mktemp(), "w+b")  # noqa: SIM115 (closed when no thread reads from it any more)
        stdin.write(data)
        stdin.seek(0)
        output = standard_output(context, self.pipe.writing)
        parts = await cast(plan, context, output, lambda: standard_input(context, stdin.fileno()))
        trace = context.publisher.trace()
        try:
            protocol: Any = await dial(plan.target, lambda: parts.coupling(plan, context), context, trace, tls=tls)
            await protocol.run(parts.source)
        finally:
            await parts.output.flushed()
            parts.output.close()
            await parts.close()
            await context.workers.run(stdin.close)
        return self.pipe.data()

    async def fails(self, target: str | Target, **talk: Any) -> tuple[str, str]:
        """The error's text, and what was written, of a talk that does not go as it should."""
        running = Deferred.fromCoroutine(self.talk(target, **talk))
        error = await self.assertFailure(running, ExpectationFailed)
        return str(error), self.pipe.data().decode()

    async def record(self, script: Any = greeter, data: bytes = b"PASS secret\r\n", **where: Any) -> str:
        """The path of a recording of a talk with a peer who does as `script` says.

        A greeter is heard first: whoever talks at once may be recorded as the one who began.
        """
        path = self.mktemp()
        steps = (Step("expect", b"ready\r\n"), Step("send", data)) if script is greeter else ()
        await self.talk(Peer(script, **where).target, data, record=path, steps=steps)
        return path

    async def serve(self, path: str, mode: Any = "strict", seconds: float = 5) -> Target:
        """Where the recording's server is."""
        factory = ReplayFactory(read_recording(path), mode, self.world.context, patience_seconds=seconds)
        tapped = Tap(factory, self.world.publisher, role="server")
        (bound,) = await listen(TcpAddress("127.0.0.1", 0), tapped, self.world.context)
        self.addCleanup(bound.stop)
        address = bound.address
        assert isinstance(address, TcpAddress)
        return address


class RecordTests(TalkCase):
    """What gets into a recording."""

    async def test_tcp_and_unix(self) -> None:
        """Over TCP and over a UNIX socket: both sides, in order, with both ends, and without the password."""
        folder = self.mktemp()
        os.mkdir(folder)
        for where in ({}, {"path": os.path.relpath(os.path.join(folder, "s"))}):
            found = read_recording(await self.record(**where))
            said = {side: b"".join(chunk.data for chunk in found.chunks if chunk.by == side) for side in ("us", "peer")}
            self.assertEqual(said, {"us": b"PASS ***\r\n", "peer": b"+OK ready\r\n+OK hello\r\n"})
            self.assertEqual({chunk.by for chunk in found.chunks if chunk.eof}, {"us", "peer"})
            times = [chunk.seconds for chunk in found.chunks]
            self.assertEqual(times, sorted(times))

    async def test_tls(self) -> None:
        """Under TLS what is recorded is what was said inside of it."""
        authority = make_authority()
        folder = self.mktemp()
        os.mkdir(folder)
        cert, key = write_pair(folder, authority.leaf(["127.0.0.1"]))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        path = self.mktemp()

        def polite(sock: ssl.SSLSocket) -> bytes:
            said = greeter(sock)
            sock.unwrap()
            return said

        peer = Peer(polite, tls=context)
        await self.talk(peer.target, b"NOOP\r\n", record=path, tls=TlsDialing(verify=False))
        found = read_recording(path)
        self.assertEqual(b"".join(chunk.data for chunk in found.chunks if chunk.by == "us"), b"NOOP\r\n")
        self.assertEqual(found.chunks[-1].eof, True)

    async def test_reset(self) -> None:
        """C23: a connection that is reset leaves a recording of all that came, without an end of the peer's."""

        def drop(sock: socket.socket) -> None:
            sock.sendall(b"half")
            receive_until(sock, b"\n")
            reset(sock)

        path = self.mktemp()
        steps = parse_script("send x\\n\nexpect never", "x")
        error, written = await self.fails(Peer(drop).target, record=path, steps=steps)
        self.assertIn("reset by peer", error)
        self.assertEqual(written, "half")
        found = read_recording(path)
        self.assertEqual([chunk.data for chunk in found.chunks if chunk.by == "peer"], [b"half"])
        self.assertNotIn("peer", [chunk.by for chunk in found.chunks if chunk.eof])

    async def test_large(self) -> None:
        """Megabytes both ways are recorded to the byte, and can be replayed from both sides against each other."""
        path = await self.record(echo, MANY)
        found: Recording = read_recording(path)
        self.assertEqual(b"".join(chunk.data for chunk in found.chunks if chunk.by == "peer"), MANY)
        self.assertEqual(await self.talk(await self.serve(path), replay=path, step_seconds=5), b"")
        self.assertEqual([event.text for event in self.world.recorder.of(Logged)], [])


class ReplayTests(TalkCase):
    """The client of a recording, and its server."""

    async def test_client(self) -> None:
        """A server that does as recorded is none the wiser, and nothing is written."""
        path = await self.record(data=b"NOOP\r\n")
        for mode in ("strict", "line", "timed"):
            peer = Peer(greeter)
            self.assertEqual(await self.talk(peer.target, replay=path, replay_mode=mode), b"")
            self.assertEqual(peer.result, b"NOOP\r\n")

    async def test_other_server(self) -> None:
        """One that does not is shown with what was to come, line by line."""
        path = await self.record(data=b"NOOP\r\n")
        error, written = await self.fails(Peer(rude).target, replay=path)
        self.assertIn(f"{path}, byte 11 (line 2)", error)
        self.assertIn("-+OK hello\\x0d\n+-ERR no\\x0d\n", written)

    async def test_silent_server(self) -> None:
        """One that says nothing is not waited for without end."""
        path = await self.record(data=b"NOOP\r\n")
        error, _ = await self.fails(Peer(everything).target, replay=path, step_seconds=0.3)
        self.assertIn("within 0.3 s", error)

    async def test_server(self) -> None:
        """A recorded server serves any client that says what was said, one after the other; any password will do."""
        target = await self.serve(await self.record())
        for _ in range(2):
            self.assertEqual(await self.talk(target, b"PASS another\r\n"), b"+OK ready\r\n+OK hello\r\n")
        self.assertEqual(self.world.recorder.of(Logged), [])

    async def test_server_and_another_client(self) -> None:
        """A client that says something else is reset, and the log shows what it said."""
        target: Any = await self.serve(await self.record())

        def client() -> bytes:
            with socket.create_connection((target.host, target.port), SECONDS) as sock:
                receive_until(sock, b"\n")
                sock.sendall(b"QUIT\r\n")
                try:
                    return everything(sock)
                except ConnectionResetError:
                    return b"reset"

        self.assertEqual(await deferToThread(client), b"reset")
        self.assertIn("+QUIT\\x0d", [event.text for event in self.world.recorder.of(Logged)])

    async def test_server_and_ncat(self) -> None:
        """ncat is a client, too: it gets the server's half and the end."""
        ncat = shutil.which("ncat")
        if ncat is None:
            raise SkipTest("ncat is not installed")
        target: Any = await self.serve(await self.record(), mode="line")
        words = [ncat, target.host, str(target.port)]
        done = await deferToThread(
            subprocess.run, words, input=b"PASS x\n", capture_output=True, timeout=SECONDS, check=False
        )
        self.assertEqual((done.returncode, done.stdout), (0, b"+OK ready\r\n+OK hello\r\n"))

    async def test_both_sides(self) -> None:
        """Client and server of one recording go well together, at their times, too."""
        path = await self.record(data=b"NOOP\r\n")
        for mode in ("strict", "line", "timed"):
            self.assertEqual(await self.talk(await self.serve(path, mode), replay=path, replay_mode=mode), b"")


class ScriptTests(TalkCase):
    """Scripts."""

    async def test_with_socat(self) -> None:
        """A dialogue with socat's shell: what is expected comes, and everything is written."""
        socat = shutil.which("socat")
        if socat is None:
            raise SkipTest("socat is not installed")
        path = os.path.relpath(self.mktemp())
        process = subprocess.Popen([socat, f"UNIX-LISTEN:{path}", "EXEC:sed -u s/^/you\\\\ said\\\\ /"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while not listening(path):
            await deferToThread(process.poll)
        steps = parse_script(
            "timeout 5s\nsend one\\n\nexpect ^you said one\\n\nsend two\\n\nexpect two\nshutdown\nexpect-eof", "x"
        )
        self.assertEqual(await self.talk(f"unix:{path}", steps=steps), b"you said one\nyou said two\n")
        outcomes = [event.outcome for event in self.world.recorder.of(StepEnded)]
        self.assertEqual(outcomes, ["ok"] * 6)

    async def test_timeout_and_end(self) -> None:
        """A timeout and an end are told apart; what had come is written in both cases."""
        steps = parse_script("expect ready\nexpect never", "x")
        error, written = await self.fails(Peer(greeter).target, steps=steps, step_seconds=0.3)
        self.assertIn("step 2 (expect never): timed out after 0.3 s", error)
        self.assertEqual(written, "+OK ready\r\n")

        def leave(sock: socket.socket) -> None:
            sock.sendall(b"+OK ready\r\n")

        error, written = await self.fails(Peer(leave).target, steps=steps)
        self.assertIn("step 2 (expect never): the peer ended", error)
        self.assertEqual(written, "+OK ready\r\n")


class HexTests(TalkCase):
    """The dump."""

    async def test_dump(self) -> None:
        """Both directions, with a row for each end."""
        rows = (await self.talk(Peer(greeter).target, b"NOOP\r\n", hex=True)).decode().splitlines()
        self.assertEqual([row[0] for row in rows].count(">"), 2)
        self.assertEqual(sum("end of file" in row for row in rows), 2)
        self.assertTrue(any("|+OK ready.." in row and row.startswith("<") for row in rows))

    async def test_large(self) -> None:
        """However much passes, every byte is in the dump."""
        rows = (await self.talk(Peer(echo).target, MANY[:500_000], hex=True)).decode().splitlines()
        came = b"".join(bytes.fromhex(row[25:73]) for row in rows if row[0] == "<" and "end of" not in row)
        self.assertEqual(came, MANY[:500_000])
