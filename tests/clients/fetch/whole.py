"""A whole fetch against servers in memory: what the tests of the job and of its transfers share."""

import os

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.clients.fetch.in_memory import Peer, Wire
from tnet.clients.fetch.job import fetch
from tnet.errors import ExitStatus
from tnet.events.kinds import Logged
from tnet.plans.fetch import FetchPlan

URL = "http://127.0.0.1:81/x"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def answer(status, body=b"", **fields):
    """An answer with its length; `retry_after=3` stands for `Retry-After: 3`."""
    lines = "".join(f"{name.replace('_', '-').title()}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Why\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


def redirect(to, status=302):
    """An answer that leads elsewhere."""
    return answer(status, location=to)


class WholeFetch(SynchronousTestCase):
    """Start a fetch, play its servers, and look at what it wrote."""

    def setUp(self):
        self.wire = Wire()
        self.folder = self.mktemp()
        os.mkdir(self.folder)
        self.stdout = os.open(os.path.join(self.folder, "stdout"), os.O_RDWR | os.O_CREAT)
        self.addCleanup(os.close, self.stdout)

    def start(self, *urls, **plan):
        plan = FetchPlan(**{"method": "GET", "urls": urls or (URL,)} | plan)
        self.running = Deferred.fromCoroutine(fetch(plan, self.wire.context, stdout=self.stdout))

    def accept(self) -> Peer:
        """The next connection."""
        return self.wire.accept()

    def answer(self, data, peer=None):
        """Answer the request on the next connection, or the next one on `peer`'s; what was asked, and the peer."""
        peer = peer or self.accept()
        heard = peer.heard
        peer.clear()
        peer.says(data)
        return heard, peer

    def advance(self, seconds=0):
        self.wire.world.reactor.advance(seconds)
        self.wire.world.reactor.advance(0)

    @property
    def printed(self):
        """What standard output has got."""
        return os.pread(self.stdout, 1 << 20, 0)

    @property
    def files(self):
        """What lies in the folder beside standard output."""
        return sorted(set(os.listdir(self.folder)) - {"stdout"})

    def path(self, name):
        return os.path.join(self.folder, name)

    def keep(self, name, data):
        """A file with that content; its path."""
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def content(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def told(self, level):
        """What was logged at that level."""
        return [event.text for event in self.wire.world.recorder.of(Logged) if event.level == level]

    def ok(self):
        """The fetch has ended well, and left nothing behind."""
        self.advance()
        self.assertEqual(self.successResultOf(self.running), ExitStatus.OK)
        self.assert_idle()

    def error(self, kind):
        """What the fetch has ended with; it left nothing behind."""
        self.advance()
        error = self.failureResultOf(self.running, kind).value
        self.assert_idle()
        return error

    def assert_idle(self):
        self.assertEqual(self.wire.world.reactor.getDelayedCalls(), [])
