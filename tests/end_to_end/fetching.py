"""Fetches with real sockets: what the end-to-end tests of `fetch` share."""

import json
import os
import subprocess
import threading

import click
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from tests.end_to_end.real_world import Pipe, RealWorld, ThreadedServer, receive_until
from tnet.cli.main import parse
from tnet.clients.fetch.job import fetch
from tnet.errors import ExitStatus, TnetError
from tnet.events.kinds import RequestBegan
from tnet.plans.fetch import FetchPlan, Patience

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
MIB = 1 << 20


class FetchCase(TestCase):
    """Fetches with the real reactor, threads and sockets; what it prints goes through a pipe."""

    timeout = 60
    options: tuple[str, ...] = ()

    def setUp(self):
        self.world = RealWorld()
        self.pipe = Pipe(self)
        self.over = threading.Event()
        self.heard = []

    def start(self, url, *, stdout=None, world=None, **plan):
        plan = FetchPlan(**{"method": "GET", "urls": (url,), "patience": Patience(total_seconds=20)} | plan)
        context = (world or self.world).context
        return Deferred.fromCoroutine(fetch(plan, context, stdout=stdout or self.pipe.writing))

    async def get(self, url, **plan):
        """What a successful fetch writes to stdout."""
        self.assertEqual(await self.start(url, **plan), ExitStatus.OK)
        return self.pipe.data()

    async def fails(self, kind, url, **plan):
        """The error that a fetch ends in."""
        return await self.assertFailure(self.start(url, **plan), kind)

    async def all_fail(self, kind, urls, **plan):
        """The errors that fetches of these URLs end in, all at the same time."""
        running = [self.assertFailure(self.start(url, world=RealWorld(), **plan), kind) for url in urls]
        return await gatherResults(running, consumeErrors=True)

    async def run_fetch(self, *words):
        """The exit status of `tnet fetch` with these words, run inside the test, and what it prints."""
        pipe, self.world, self.error = Pipe(self), RealWorld(), None
        try:
            asked = parse(["fetch", "--max-time", "20", *self.options, *words])
            status = await fetch(asked.plan, self.world.context, stdout=pipe.writing)
        except click.ClickException as error:
            status, self.error = error.exit_code, error
        except TnetError as error:
            status, self.error = error.exit_status, error
        return status, pipe.data()

    async def fetched(self, *words, status=0):
        """What it prints, once it has ended with that status."""
        ended, printed = await self.run_fetch(*words)
        self.assertEqual(ended, status, (words, printed, self.error))
        return printed

    async def told(self, *words, status=0):
        """The same, as JSON."""
        return json.loads(await self.fetched(*words, status=status))

    def causes(self):
        """Why each request of the last command was made."""
        return [event.cause for event in self.world.recorder.of(RequestBegan)]

    def server(self, talk):
        """The URL of a server that says what `talk` says, after it has heard a request's head, and maybe more."""

        def talks(peer):
            self.heard.append(receive_until(peer, b"\r\n\r\n"))
            talk(peer)

        self.addCleanup(lambda: self.assertEqual(server.errors, []))
        server = ThreadedServer(self, talks)
        self.addCleanup(self.over.set)
        return f"http://127.0.0.1:{server.port}/"

    def says(self, data):
        return self.server(lambda peer: peer.sendall(data))

    async def until(self, happened):
        """Wait for what another thread does."""
        while not happened():
            await deferLater(reactor, 0.02)

    def folder(self, **files):
        folder = self.mktemp()
        os.mkdir(folder)
        for name, data in files.items():
            self.keep(folder, name, data)
        return os.path.abspath(folder)

    def keep(self, folder, name, data):
        path = os.path.join(os.path.abspath(folder), name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def run_beside(self, *command, **more):
        """A child process that ends with the test."""
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)

        def end():
            child.terminate()
            child.communicate(timeout=10)

        self.addCleanup(end)
        return child
