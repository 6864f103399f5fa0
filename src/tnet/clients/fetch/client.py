"""What every request of one command shares, and how one is led to its final answer: over redirects and logins.

Source: RFC 9110 sections 11.6 and 15.4.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from tnet.clients.fetch.credentials import Credentials
from tnet.clients.fetch.hop import Hops
from tnet.clients.fetch.memory import Remembered
from tnet.clients.fetch.redirects import dropped, location, redirected
from tnet.clients.fetch.report.ledger import Ledger
from tnet.clients.fetch.request import Request, first_request
from tnet.clients.fetch.wire.exchange import Exchange
from tnet.clients.fetch.wire.pool import Pool
from tnet.errors import BodyNotResendable, RedirectRefused, TnetError, TooLarge
from tnet.net.context import Context
from tnet.plans.fetch import FetchPlan
from tnet.plans.urls import parse_url
from tnet.protocols.http1.responses import ResponseHead
from tnet.protocols.masks import mask_url

if TYPE_CHECKING:
    from tnet.clients.fetch.hsts import Hsts
    from tnet.protocols.codings import Decoder

_PARTS = frozenset({"segment", "mirror"})

MOST_LOGINS = 3
DRAINED_BYTES = 64 * 1024
DRAIN_SECONDS = 0.5


class Response:
    """The final answer to a request; `request` is the one that was answered, after redirects and logins.

    Units: `wire_bytes` and `bytes` of body that were read so far, before and after decoding.
    """

    def __init__(self, request: Request, exchange: Exchange, head: ResponseHead, client: Client) -> None:
        self.request = request
        self.exchange = exchange
        self.head = head
        self.wire_bytes = 0
        self.bytes = 0
        self._context = client.context
        self._ledger, self._number = client.hops.ledger, exchange.trace.request or 0
        self._limit = client.plan.keeping.most_bytes
        self._most = self._limit or sys.maxsize
        self._has_body = request.method != "HEAD" and head.status not in (204, 304)
        self._decoder = self._opened() if client.plan.compressed and self._has_body else None
        self._pieces: Iterator[bytes] = iter(())
        self._ended = False

    async def read(self) -> bytes:
        """The next piece of the body, nothing at its end; the reactor turns between the pieces that one read gave.

        Raises: TooLarge, if possible before a byte is read; what `Exchange.read` and the decoder raise.
        """
        try:
            piece = await self._next()
        except TnetError as error:
            self.exchange.conclude(Failure(error))
            raise
        if not piece:
            self.exchange.conclude()
        elif self._decoder is not None:
            await deferLater(self._context.reactor, 0)
        self._ledger.received(self._number, piece)
        return piece

    def leave(self) -> None:
        """Nobody reads on."""
        self._ledger.read(self._number, self.wire_bytes, self.bytes)
        self.exchange.receiving.cancel()
        if self._decoder is not None and self._decoder.surplus:
            self._context.publisher.log("warning", f"{self.exchange.peer} sent bytes behind the coded body: ignored")

    def _opened(self) -> Decoder | None:
        codings = self.head.values(b"content-encoding")
        if not codings:
            return None
        from tnet.protocols.codings import decoder

        return decoder(codings, self.exchange.peer, limit_bytes=self._limit)

    async def _next(self) -> bytes:
        if self._decoder is None and self._has_body and not self.wire_bytes:
            self._bound(self.head.length or 0)
        while not (piece := next(self._pieces, b"")) and not self._ended:
            data = await self.exchange.read()
            self.wire_bytes += len(data)
            self._pieces = self._decoded(data)
            self._ended = not data
        self._bound(self.bytes + len(piece))
        self.bytes += len(piece)
        return piece

    def _bound(self, count: int) -> None:
        if count > self._most:
            raise TooLarge("the body" if self._decoder is None else "the decoded body", self._most)

    def _decoded(self, data: bytes) -> Iterator[bytes]:
        if self._decoder is None:
            return iter((data,))
        return self._decoder.feed(data) if data else self._decoder.finish()


@dataclass(eq=False)
class Client:
    """One command's requests: their connections, what is remembered, who we are. Close it in the end.

    `heads` has the head of each transfer's last answer (not of a part of one), until somebody takes it out.
    `hsts` are the hosts to ask over https alone.
    """

    plan: FetchPlan
    context: Context
    pool: Pool
    hops: Hops
    memory: Remembered
    credentials: Credentials
    heads: dict[int, ResponseHead] = field(default_factory=dict)
    hsts: Hsts | None = None

    @classmethod
    async def open(cls, plan: FetchPlan, context: Context, ledger: Ledger, hsts: Hsts | None = None) -> Self:
        """Read what is remembered, for the origin of the plan's first URL.

        Raises: CannotRead.
        """
        first = parse_url(plan.urls[0])
        memory = await Remembered.open(plan.memory, first, context, login=plan.login, headers=plan.headers)
        pool = Pool(context, plan.patience, most=max(plan.parallel, plan.keeping.segments))
        return cls(
            plan,
            context,
            pool,
            Hops(plan, context, pool, ledger),
            memory,
            await Credentials.open(memory.login, first, context, {parse_url(url).origin for url in plan.urls}),
            hsts=hsts,
        )

    async def close(self) -> None:
        """Write down what is to be remembered, and end the connections.

        Raises: CannotWrite, CannotRead.
        """
        try:
            await self.memory.close()
        finally:
            try:
                if self.hsts is not None:
                    await self.hsts.close()
            finally:
                await self.pool.close()

    def first_request(self, url: str) -> Request:
        """What the plan asks for at `url`, over https where its host has asked for that meanwhile."""
        if self.hsts is not None:
            url = str(self.hsts.upgraded(parse_url(url)))
        request = first_request(self.plan, url)
        if not self.plan.compressed:
            return request
        from tnet.protocols.codings import ACCEPTED

        return request.adding(("Accept-Encoding", ACCEPTED))

    def dressed(self, request: Request) -> Request:
        """The request as it is sent: with our login and what was remembered, where they belong.

        Raises: LoginDenied, BadUsage.
        """
        return request.adding(*self.credentials.headers(request)).adding(*self.memory.headers(request))

    @asynccontextmanager
    async def ask(self, request: Request, transfer: int, cause: str = "first") -> AsyncIterator[Response]:
        """Follow redirects and logins to the final answer; leaving the block before its end cuts the exchange.

        Raises: what `Hops.take` raises; RedirectRefused, BodyNotResendable, LoginDenied.
        """
        redirects = logins = 0
        dressed = self.dressed(request)
        while True:
            async with self.hops.take(dressed, transfer, cause) as exchange:
                head = await exchange.answer()
                self._learn(dressed, head)
                to = location(head) if self.plan.follow else None
                if to is not None:
                    redirects, cause = redirects + 1, "redirect"
                    onward = self._redirected(request, head, to, redirects)
                elif head.status == 401 and logins < MOST_LOGINS and self.credentials.challenged(dressed, head):
                    logins, cause, onward = logins + 1, "login", _again(request)
                else:
                    if cause not in _PARTS:
                        self.heads[transfer] = head
                    response = Response(dressed, exchange, head, self)
                    try:
                        yield response
                    finally:
                        response.leave()
                    return
                await self.drain(exchange)
            before, dressed = dressed, self.dressed(onward)
            self._tell_dropped(request, before, dressed)
            request = onward

    def _learn(self, request: Request, head: ResponseHead) -> None:
        """Take in what is to be remembered; a host that nobody has verified says nothing about https."""
        self.memory.learn(request, head)
        if self.hsts is not None and self.plan.way.tls.verify:
            self.hsts.learn(request.url, head)

    def _redirected(self, request: Request, head: ResponseHead, to: bytes, count: int) -> Request:
        if count > self.plan.max_redirects:
            raise RedirectRefused(mask_url(str(request.url)), f"it would be redirect number {count}")
        upgrade = self.hsts.upgraded if self.hsts is not None else None
        onward = redirected(request, head, to, downgrade=self.plan.downgrade, upgrade=upgrade)
        self.context.publisher.log("debug", f"redirected to {mask_url(str(onward.url))}")
        return onward

    def _tell_dropped(self, request: Request, before: Request, after: Request) -> None:
        """Say what is not sent on to another origin; cookies that the user did not give go by rules of their own."""
        ours = request.value("cookie") is not None
        names = [name for name in dropped(before, after) if ours or name.lower() != "cookie"]
        if names and after.url.origin != before.url.origin:
            self.context.publisher.log("notice", f"not sent on to {after.url.authority}: {', '.join(names)}")

    async def drain(self, exchange: Exchange) -> None:
        """Read a short body that nobody wants, so that its connection can be used again; a long one is cut."""
        if ((exchange.head and exchange.head.length) or 0) > DRAINED_BYTES:
            return
        drained = Deferred.fromCoroutine(_read_up(exchange)).addTimeout(DRAIN_SECONDS, self.context.reactor)
        await drained.addErrback(lambda failure: failure.trap(TimeoutError, TnetError) and None)


async def _read_up(exchange: Exchange) -> None:
    """Read to the end, or as far as it is short."""
    count = 0
    while count <= DRAINED_BYTES and (data := await exchange.read()):
        count += len(data)


def _again(request: Request) -> Request:
    """The same request, to be sent once more."""
    if request.body is not None and not request.body.resendable:
        raise BodyNotResendable(mask_url(str(request.url)))
    return request
