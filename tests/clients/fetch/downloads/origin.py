"""Servers in memory, and a client that asks them: what the tests of downloads share."""

from __future__ import annotations

import os
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.support import World
from tnet.clients.fetch.request import first_request
from tnet.clients.fetch.retries import Attempt
from tnet.errors import ReceiveFailed
from tnet.plans.fetch import FetchPlan, Keeping, Retrying
from tnet.protocols.http1.responses import ResponseHead

URL = "http://origin/dir/body.bin"
DATE = b"Tue, 01 Jul 2025 00:00:00 GMT"
NOW = b"Wed, 02 Jul 2025 00:00:00 GMT"


def head(status=200, **fields):
    """The head of an answer; `content_length=3` stands for `Content-Length: 3`."""
    pairs = tuple((name.replace("_", "-").encode(), _bytes(value)) for name, value in fields.items())
    return ResponseHead("1.1", status, b"Reason", pairs)


def _bytes(value):
    return value if isinstance(value, bytes) else str(value).encode()


class Origin:
    """A server that keeps the rules: ranges, If-Range, 416. What breaks them is set by a test.

    `cut` ends the connection after so many bytes of each of the next answers, `bend` changes a head, `refusals` are
    statuses to answer with instead, `pace` is awaited before each piece, `asking` before each answer and
    `leaving` after it.
    """

    def __init__(self, body, *, etag='"1"', piece=1000, **fields):
        self.body = body
        self.etag = etag
        self.fields = fields
        self.piece = piece
        self.cut = []
        self.refusals = []
        self.bend = lambda head: head
        self.pace = self.asking = self.leaving = None
        self.ranges = True

    def answer(self, request):
        """The head and the body for a request."""
        if self.refusals:
            return self.refusals.pop(0), b"an error page"
        known = ({"etag": self.etag} if self.etag else {}) | self.fields
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.value("range") or "")
        current = request.value("if-range") in (None, self.etag, known.get("last_modified", b"").decode())
        if not (wanted and current and self.ranges):
            return head(200, content_length=len(self.body), **known), self.body
        start, end = int(wanted[1]), min(int(wanted[2] or len(self.body)) + bool(wanted[2]), len(self.body))
        if start >= len(self.body):
            return head(416, content_range=f"bytes */{len(self.body)}", **known), b""
        span = f"bytes {start}-{end - 1}/{len(self.body)}"
        return head(206, content_length=end - start, content_range=span, **known), self.body[start:end]


class FakeResponse:
    def __init__(self, request, head, body, origin):
        self.request = request
        self.head = head
        self.left = False
        self._body = body
        self._origin = origin
        self._cut = origin.cut.pop(0) if origin.cut else None
        self._at = 0

    async def read(self):
        if self._origin.pace is not None:
            await self._origin.pace(self)
        if self._cut is not None and self._at >= self._cut:
            raise ReceiveFailed("origin", "reset")
        end = min(self._at + self._origin.piece, len(self._body) if self._cut is None else self._cut)
        piece, self._at = self._body[self._at : end], end
        return piece


class FakeClient:
    """Asks `origins`, by URL; `asked` are the requests with their causes, `responses` the answers."""

    def __init__(self, world, origins, plan):
        self.context = world.context
        self.origins = origins
        self.plan = plan
        self.asked = []
        self.responses = []

    def first_request(self, url):
        return first_request(self.plan, url)

    @asynccontextmanager
    async def ask(self, request, transfer, cause="first"):
        self.asked.append(SimpleNamespace(request=request, cause=cause, url=str(request.url)))
        origin = self.origins[str(request.url)]
        if origin.asking is not None:
            await origin.asking()
        head, body = origin.answer(request)
        response = FakeResponse(request, origin.bend(head), body, origin)
        self.responses.append(response)
        try:
            yield response
        finally:
            if origin.leaving is not None:
                await origin.leaving()
            response.left = True

    @property
    def ranges(self):
        """The Range of each request, in order."""
        return [asked.request.value("range") for asked in self.asked]


class Case(SynchronousTestCase):
    """A folder, a world, and clients in it."""

    def setUp(self):
        self.folder = os.path.abspath(self.mktemp())
        os.mkdir(self.folder)
        self.world = World()

    def client(self, origin=None, *, origins=None, retry=0, longest=600, plan=(), **keeping):
        """A client of one origin, or several by URL, that keeps what it gets."""
        if "path" not in keeping:
            keeping.setdefault("remote_name", True)
        keeping.setdefault("folder", self.folder)
        origins = origins or {URL: origin}
        plan = {"method": "GET", "urls": tuple(origins), **dict(plan)}
        made = FetchPlan(
            **plan, keeping=Keeping(**keeping), retrying=Retrying(times=retry, longest_wait_seconds=longest)
        )
        self.retrying = made.retrying
        return FakeClient(self.world, origins, made)

    def attempt(self, number=1):
        """An attempt with the plan of the last client."""
        return Attempt(number, self.retrying, self.world.context, self.world.context.clock())

    def start(self, work):
        return Deferred.fromCoroutine(work)

    def done(self, work):
        """What a coroutine that need not wait returns."""
        return self.successResultOf(self.start(work))

    def fails(self, work, kind):
        """What it raises."""
        return self.failureResultOf(self.start(work), kind).value

    def path(self, name="body.bin"):
        return os.path.join(self.folder, name)

    def content(self, name="body.bin"):
        with open(self.path(name), "rb") as file:
            return file.read()

    def write(self, data, name="body.bin"):
        with open(self.path(name), "wb") as file:
            file.write(data)

    @property
    def names(self):
        """What is in the folder."""
        return sorted(os.listdir(self.folder))


@dataclass
class Stalled:
    """Awaited as a `pace`, it lets `pieces` pieces through and then keeps everybody waiting."""

    pieces: int

    def __post_init__(self):
        self.waiting = []

    async def __call__(self, response):
        if self.pieces:
            self.pieces -= 1
            return
        self.waiting.append(Deferred())
        await self.waiting[-1]


def without(head, *names):
    """A head without some of its fields."""
    return replace(head, fields=tuple(field for field in head.fields if field[0].decode() not in names))


def with_field(head, name, value):
    """A head with one field more, or another value for it."""
    kept = without(head, name)
    return replace(kept, fields=(*kept.fields, (name.encode(), _bytes(value))))
