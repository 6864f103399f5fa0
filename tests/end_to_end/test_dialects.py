"""`tnet serve auth --dialect`: real clients log in."""

from __future__ import annotations

import poplib
import shutil
import socket
import ssl
import subprocess
import threading
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SkipTest

from tests.certificates import make_authority, write_pair
from tests.end_to_end.test_auth import SECONDS, Served
from tnet.plans.tls import TlsServing


class PoplibTests(Served):
    """Python's own client."""

    async def test_session(self) -> None:
        """It logs in with USER and PASS, looks into the empty mailbox and leaves."""
        port = await self.served(dialect="pop3")

        def visit() -> list[Any]:
            client = poplib.POP3("127.0.0.1", port, timeout=SECONDS)
            told = [client.getwelcome(), sorted(client.capa())]
            told += [client.user("alice"), client.pass_("pw"), client.stat(), client.list()[1], client.uidl()[1]]
            client.noop()
            client.rset()
            return [*told, client.quit()]

        self.assertEqual(
            await deferToThread(visit),
            [
                b"+OK tnet is ready.",
                ["AUTH-RESP-CODE", "PIPELINING", "RESP-CODES", "SASL", "TOP", "UIDL", "USER"],
                b"+OK Send the password.",
                b"+OK Logged in.",
                (0, 0),
                [],
                [],
                b"+OK Goodbye.",
            ],
        )

    async def test_denied(self) -> None:
        """A wrong password, an unknown name and a disabled account are one and the same."""
        port = await self.served(dialect="pop3")

        def told(user: str, password: str) -> str:
            client = poplib.POP3("127.0.0.1", port, timeout=SECONDS)
            client.user(user)
            try:
                client.pass_(password)
            except poplib.error_proto as error:
                return str(error)
            finally:
                client.close()
            return "in"

        answers = [await deferToThread(told, *pair) for pair in (("alice", "no"), ("eve", "pw"), ("bob", "pw"))]
        self.assertEqual(set(answers), {"b'-ERR [AUTH] Authentication failed.'"})

    async def test_tls(self) -> None:
        """Over TLS from the first byte it is the same."""
        authority = make_authority()
        certificate, key = write_pair(self.mktemp(), authority.leaf(["127.0.0.1"]))
        port = await self.served(dialect="pop3", tls=TlsServing(certificate_file=certificate, key_file=key))
        trust = ssl.create_default_context(cadata=authority.pem.decode())

        def visit() -> bytes:
            client = poplib.POP3_SSL("127.0.0.1", port, timeout=SECONDS, context=trust)
            client.user("alice")
            client.pass_("pw")
            return client.quit()

        self.assertEqual(await deferToThread(visit), b"+OK Goodbye.")

    async def test_drain(self) -> None:
        """A server that stops says so to whoever is in."""
        port = await self.served(dialect="pop3")
        ready = threading.Event()

        def visit() -> bytes:
            client = poplib.POP3("127.0.0.1", port, timeout=SECONDS)
            client.user("alice")
            client.pass_("pw")
            ready.set()
            return client.file.read()

        visiting = deferToThread(visit)
        await deferToThread(ready.wait, SECONDS)
        await self.serving.drain("the test says so")
        self.assertEqual(await visiting, b"-ERR [SYS/TEMP] The server is stopping.\r\n")


class RedisTests(Served):
    """Redis's own client."""

    async def cli(self, port: int, *argv: str, commands: bytes = b"") -> str:
        """What `redis-cli` writes."""
        if shutil.which("redis-cli") is None:
            raise SkipTest("redis-cli is not installed")
        done: Any = await deferToThread(
            subprocess.run,
            ["redis-cli", "-p", str(port), *argv],
            input=commands,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
        )
        return str(done.stdout.decode())

    async def test_session(self) -> None:
        """It logs in by option or by command, and is answered."""
        port = await self.served(dialect="redis")
        options = ("--user", "alice", "--pass", "pw", "--no-auth-warning")
        self.assertEqual(await self.cli(port, *options, "PING"), "PONG\n")
        session = b'AUTH alice pw\nping\nECHO "a b"\nSELECT 0\nCOMMAND COUNT\nget x\n'
        told = (await self.cli(port, commands=session)).split("\n")
        self.assertEqual(told, ["OK", "PONG", "a b", "OK", "0", "ERR unknown command 'GET'", "", ""])
        self.assertIn("Already logged in", await self.cli(port, *options, "AUTH", "alice", "pw"))

    async def test_hello(self) -> None:
        """HELLO 2 with AUTH logs in, and is answered with what we are."""
        port = await self.served(dialect="redis")
        told = await self.cli(port, "HELLO", "2", "AUTH", "alice", "pw")
        self.assertEqual(told.split()[:3:2], ["server", "version"])

    async def test_denied(self) -> None:
        """Wrong, unknown and disabled are one and the same, and before a login there is nothing."""
        port = await self.served(dialect="redis")
        pairs = (("alice", "no"), ("eve", "pw"), ("bob", "pw"), ("alice", "x" * 2000))
        answers = {await self.cli(port, "AUTH", *pair) for pair in pairs}
        self.assertEqual(len(answers), 1)
        self.assertTrue(answers.pop().startswith("WRONGPASS "))
        self.assertTrue((await self.cli(port, "PING")).startswith("NOAUTH "))

    async def test_drain(self) -> None:
        """A server that stops closes the connection, and says nothing that would answer the next request."""
        port = await self.served(dialect="redis")
        ready = threading.Event()

        def script(peer: socket.socket) -> bytes:
            peer.sendall(b"AUTH alice pw\r\n")
            told = peer.recv(100)
            ready.set()
            return told + peer.recv(100)

        visit = Deferred.fromCoroutine(self.talk(port, script))
        await deferToThread(ready.wait, SECONDS)
        await self.serving.drain("the test says so")
        self.assertEqual(await visit, b"+OK\r\n")
