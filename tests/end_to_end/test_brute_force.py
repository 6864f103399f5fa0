"""Guessing at a real `tnet serve auth`, and what it costs everybody else."""

from __future__ import annotations

import os
import select
import socket
import statistics
import time
from pathlib import Path

import psutil
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests.end_to_end.command import Running, tnet
from tests.end_to_end.real_world import RealWorld, receive_until
from tnet.accounts.accounts import Accounts
from tnet.accounts.hashing import Argon2
from tnet.accounts.onetime import NAME, OneTimeStore
from tnet.accounts.throttle import Pace, Throttle
from tnet.accounts.turnstile import Turnstile
from tnet.net.workers import Workers
from tnet.servers.auth.factory import AuthFactory

GUESSES = 5000
LOGINS = 200
SECONDS = 20.0
MIB = 1 << 20
RIGHT = b"alice\nright\n"


def _guesses(first: int, last: int) -> bytes:
    return b"".join(b"alice\nwrong%d\n" % number for number in range(first, last))


class _Served(TestCase):
    """A server with the account alice, whose password is `right`."""

    def serve(self, *options: str) -> Running:
        home = Path(self.mktemp()).absolute()
        tnet(home, "users", "add", "alice", "--password-file", "-", stdin=b"right")
        common = ("--port", "0", "-H", "127.0.0.1", "--output", "json", "--max-per-peer", "0")
        return Running(self, home, "serve", "auth", *common, *options)

    def dial(self, port: int) -> socket.socket:
        peer = socket.create_connection(("127.0.0.1", port), SECONDS)
        self.addCleanup(peer.close)
        return peer


class PipelinedTests(_Served):
    """Thousands of wrong passwords, and the right one behind them."""

    def answers(self, port: int, connections: int) -> list[bytes]:
        """What each connection is told until its end; each sends its share of the guesses, and then the right one."""
        share = GUESSES // connections
        peers = [self.dial(port) for _ in range(connections)]
        unsent = {peer: _guesses(number * share, (number + 1) * share) + RIGHT * 2 for number, peer in enumerate(peers)}
        heard = dict.fromkeys(peers, b"")
        deadline, talking = time.monotonic() + SECONDS, set(peers)
        while talking and time.monotonic() < deadline:
            ready, writable, _ = select.select(talking, [peer for peer in talking if unsent[peer]], [], 1)
            for peer in ready:
                try:
                    data = peer.recv(65536)
                except ConnectionError:
                    data = b""
                heard[peer] += data
                if not data:
                    talking.discard(peer)
            for peer in set(writable) & talking:
                try:
                    unsent[peer] = unsent[peer][peer.send(unsent[peer][:65536]) :]
                except ConnectionError:
                    unsent[peer] = b""
        self.assertEqual(talking, set(), "the server did not end them")
        return list(heard.values())

    def test_one_connection(self) -> None:
        """On one connection they never get in, and all but the first few are not even looked at."""
        server = self.serve()
        (heard,) = self.answers(server.port, 1)
        self.assertNotIn(b"Welcome", heard)
        self.assertEqual(heard.count(b"Login failed."), 3)
        self.assertEqual(len(server.wait_for("auth.attempt", 3)), 3)

    def test_several_connections(self) -> None:
        """Over twenty connections at once they never get in; of one address hardly any is looked at."""
        server = self.serve("--auth-timeout", "6")
        heard = self.answers(server.port, 20)
        self.assertFalse([each for each in heard if b"Welcome" in each])
        checked = sum(each.count(b"Login failed.") for each in heard)
        self.assertTrue(0 < checked <= 20, checked)
        self.assertTrue([each for each in heard if b"unavailable" in each])
        results = {event["result"] for event in server.wait_for("auth.attempt")}
        self.assertLessEqual(results, {"denied", "unavailable"})


class FromElsewhereTests(TestCase):
    """The user whom everybody guesses at, with delays that a test can wait for."""

    def setUp(self) -> None:
        world = RealWorld()
        pace = Pace(free=3, first_seconds=0.1, longest_seconds=0.5)
        throttle = Throttle(time.monotonic, per_address=pace, per_user=pace)
        hasher = Argon2(memory_kib=64, passes=1, lanes=1)
        accounts = Accounts(
            OneTimeStore(hasher.hash(b"right")),
            Workers(reactor, "password checking", threads=2),
            world.publisher,
            hasher=hasher,
            turnstile=Turnstile(throttle, reactor),
        )
        self.factory = AuthFactory(accounts.verify, reactor, attempts=1000)
        port = reactor.listenTCP(0, self.factory, interface="127.0.0.1")
        self.addCleanup(lambda: Deferred.fromCoroutine(self.everybody_gone()))
        self.addCleanup(port.stopListening)
        self.port: int = port.getHost().port

    async def test_right_password_from_a_new_address(self) -> None:
        """Whoever knows the password waits for no longer than the longest delay, while the guessing goes on."""
        heard, taken = await deferToThread(self.come_in_during_an_attack)
        self.assertIn(f"Welcome, {NAME}!", heard)
        self.assertGreater(taken, 0.4, "the guessing did not slow the name down")

    async def everybody_gone(self) -> None:
        """Wait until the server has noticed that its peers have left."""
        while self.factory.connections:
            await deferLater(reactor, 0.02)

    def come_in_during_an_attack(self) -> tuple[str, float]:
        """What the user is told in the end, and after how many seconds."""
        with socket.create_connection(("127.0.0.1", self.port), SECONDS) as guesser:
            guesser.sendall(b"".join(f"{NAME}\nwrong{number}\n".encode() for number in range(500)))
            heard = b""
            while heard.count(b"failed") < 8:
                heard += guesser.recv(65536)
            with socket.create_connection(("127.0.0.1", self.port), SECONDS, ("127.0.0.2", 0)) as owner:
                began = time.monotonic()
                owner.sendall(f"{NAME}\nright\n".encode())
                return receive_until(owner, b"!").decode(), time.monotonic() - began


class FloodTests(_Served):
    """Two hundred logins at once."""

    def test_others_do_not_notice(self) -> None:
        """Whoever is logged in is answered all the time, and the memory is that of the hashes at work.

        The bounds leave room for a busy machine; the benchmark has the numbers. A server that hashed in its reactor
        would answer nothing for seconds.
        """
        server = self.serve("--auth-timeout", "0")
        member = self.dial(server.port)
        member.sendall(RIGHT)
        receive_until(member, b"Welcome, alice!\r\n")
        peers = [self.dial(server.port) for _ in range(LOGINS)]
        process = psutil.Process(server.process.pid)
        before = most = process.memory_info().rss
        for peer in peers:
            peer.sendall(RIGHT)
        taken = []
        while not taken or _welcomes_missing(peers):
            began = time.monotonic()
            member.sendall(b"hello\n")
            receive_until(member, b"Echo: hello\r\n")
            taken.append(time.monotonic() - began)
            most = max(most, process.memory_info().rss)
            select.select([], [], [], 0.005)
        self.assertGreater(len(taken), 20, "the logins were over too soon to tell")
        self.assertLess(statistics.quantiles(taken, n=100)[98], 0.5)
        pool = (os.cpu_count() or 1) * Argon2().memory_kib * 1024
        self.assertLess(most - before, pool + 32 * MIB)
        answers = [peer.recv(65536, socket.MSG_DONTWAIT) for peer in peers]
        told = [b"Welcome" in answer or b"unavailable" in answer for answer in answers]
        self.assertEqual(told, [True] * LOGINS)
        self.assertGreater(sum(b"Welcome" in answer for answer in answers), 50)


def _welcomes_missing(peers: list[socket.socket]) -> bool:
    """Whether one of them has not been told yet how its login went; what it was told stays to be read."""
    return any(peer.recv(65536, socket.MSG_PEEK).count(b"\r\n") < 3 for peer in peers)
