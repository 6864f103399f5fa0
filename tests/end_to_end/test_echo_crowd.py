"""`tnet serve echo` with more peers than it likes: ten thousand that are idle, and more than it has descriptors for."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import shutil
import socket
import ssl
import time
from pathlib import Path

from twisted.trial.unittest import SkipTest, TestCase

from tests.end_to_end.command import TNET, Running
from tests.end_to_end.peers import everything

SECONDS = 20.0
IDLE = 10_000
WARM_UP = 200
MOST_BYTES_EACH = 2048
OTHERS = 200
FEW_DESCRIPTORS, CLIENTS = 64, 70
AT_ONCE_SECONDS = 2.0
QUIET = ("--output", "json", "-q", "--max-per-peer", "0")


class _CrowdTestCase(TestCase):
    """A server in a process of its own."""

    def serve(self, *options: str, program: list[str] = TNET) -> Running:
        """An echo with these options."""
        return Running(self, Path(self.mktemp()).absolute(), "serve", "echo", "-p", "0", *options, program=program)

    def connect(self, port: int) -> socket.socket:
        """A client."""
        client = socket.create_connection(("127.0.0.1", port), SECONDS)
        self.addCleanup(client.close)
        return client

    def gather(self, port: int, count: int) -> list[socket.socket]:
        """So many clients, not one of which is known to be served."""
        return [self.connect(port) for _ in range(count)]

    def is_served(self, client: socket.socket) -> bool:
        """Whether it hears what it says; a client that is turned away sees an end."""
        try:
            client.sendall(b"x")
            return client.recv(1) == b"x"
        except (ConnectionResetError, BrokenPipeError):
            return False

    def descriptors(self, server: Running) -> int:
        """How many descriptors the server has open."""
        return len(os.listdir(f"/proc/{server.process.pid}/fd"))

    def wait_until_served(self, port: int) -> None:
        """Come back when a newcomer is served again."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            client = self.connect(port)
            if self.is_served(client):
                return
            select.select([], [], [], 0.05)
        self.fail("nobody is served any more")


class IdleTests(_CrowdTestCase):
    """Ten thousand who say nothing."""

    def setUp(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        needed = IDLE + WARM_UP + OTHERS
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise SkipTest(f"needs {needed} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def resident_bytes(self, server: Running) -> int:
        """The memory of the server."""
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) << 10

    def test_memory(self) -> None:
        """C27: ten thousand that have said something once cost less than 2 KiB each, and all are served alike."""
        server = self.serve(*QUIET, "--max-connections", "0")
        early = self.gather(server.port, WARM_UP)
        self.assertTrue(all(self.is_served(client) for client in early))
        before = self.resident_bytes(server)
        crowd = self.gather(server.port, IDLE)
        self.assertTrue(all(self.is_served(client) for client in crowd))
        each = (self.resident_bytes(server) - before) / IDLE
        self.assertLess(each, MOST_BYTES_EACH)
        self.assertTrue(self.is_served(crowd[0]) and self.is_served(crowd[-1]))
        for client in (*early, *crowd):
            client.close()
        self.assertEqual(server.end(), 143)


class DescriptorTests(_CrowdTestCase):
    """More clients than descriptors."""

    def test_few_from_the_start(self) -> None:
        """C28: with 64 descriptors some of 70 are served, the others turned away at once; room is used again."""
        if shutil.which("prlimit") is None:
            raise SkipTest("prlimit is not installed")
        server = self.serve(*QUIET, program=["prlimit", f"--nofile={FEW_DESCRIPTORS}", *TNET])
        crowd = self.gather(server.port, CLIENTS)
        began = time.monotonic()
        served = [client for client in crowd if self.is_served(client)]
        self.assertLess(time.monotonic() - began, AT_ONCE_SECONDS)
        self.assertTrue(20 <= len(served) < FEW_DESCRIPTORS, len(served))
        self.assertTrue(all(self.is_served(client) for client in served))
        for client in crowd:
            client.close()
        self.wait_until_served(server.port)

    def test_they_run_out(self) -> None:
        """C28: when accept finds no descriptor the rest are closed at once, with one warning, and it goes on later."""
        server = self.serve(*QUIET)
        before = self.connect(server.port)
        self.assertTrue(self.is_served(before))
        limit = self.descriptors(server) + 10
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        began = time.monotonic()
        crowd = self.gather(server.port, CLIENTS)
        served = [client for client in crowd if self.is_served(client)]
        self.assertLess(time.monotonic() - began, AT_ONCE_SECONDS)
        self.assertTrue(5 <= len(served) <= 10, len(served))
        self.assertTrue(all(self.is_served(client) for client in (before, *served)))
        for client in crowd:
            client.close()
        self.wait_until_served(server.port)
        warnings = [event for event in server.wait_for("log") if event["level"] == "warning"]
        self.assertEqual(len(warnings), 1)
        self.assertIn("cannot accept more connections (Too many open files)", warnings[0]["text"])


class LimitTests(_CrowdTestCase):
    """More clients than are allowed."""

    def test_flood(self) -> None:
        """C29: above the limit the rest are closed at once, each told of, and those inside go on."""
        server = self.serve("--output", "json", "--max-connections", "10", "--max-per-peer", "0")
        inside = self.gather(server.port, 10)
        self.assertTrue(all(self.is_served(client) for client in inside))
        began = time.monotonic()
        self.assertFalse(any(self.is_served(client) for client in self.gather(server.port, 300)))
        self.assertLess(time.monotonic() - began, AT_ONCE_SECONDS)
        self.assertTrue(all(self.is_served(client) for client in inside))
        refused = server.wait_for("connection.refused", 300)
        self.assertEqual({event["reason"] for event in refused}, {"10 connections are open, and that is the limit"})

    def test_flood_under_tls(self) -> None:
        """C29: under TLS too, before a handshake costs anything; nothing leaks, and room is used again."""
        server = self.serve("--output", "json", "--tls", "--max-connections", "2", "--max-per-peer", "0")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        inside = [context.wrap_socket(self.connect(server.port)) for _ in range(2)]
        self.assertTrue(all(self.is_served(client) for client in inside))
        open_before = self.descriptors(server)
        for client in self.gather(server.port, 100):
            with contextlib.suppress(ConnectionResetError):
                self.assertEqual(everything(client), b"")
        self.assertEqual(self.descriptors(server), open_before)
        self.assertTrue(all(self.is_served(client) for client in inside))
        inside.pop().close()
        server.wait_for("connection.close")
        newcomer = context.wrap_socket(self.connect(server.port))
        self.assertTrue(self.is_served(newcomer))
        newcomer.close()
        inside.pop().close()
