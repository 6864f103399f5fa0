"""One hop: a request on a connection that leads to its origin, and the head of the answer."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from tnet.clients.fetch.outgoing import Outgoing, open_body
from tnet.clients.fetch.report.ledger import Ledger
from tnet.clients.fetch.request import Request, encoded
from tnet.clients.fetch.watch import Watch
from tnet.clients.fetch.wire.exchange import Exchange
from tnet.clients.fetch.wire.pool import Pool
from tnet.clients.fetch.wire.route import Route, route_to
from tnet.errors import EmptyReply, ReceiveFailed, SendFailed, TnetError
from tnet.escape import safe_line
from tnet.events import Trace
from tnet.events.kinds import HeadReceived, HeadSent, HttpExchanged, RequestBegan, TrailersReceived
from tnet.net.context import Context
from tnet.plans.fetch import FetchPlan
from tnet.protocols.http1.responses import ResponseHead
from tnet.protocols.masks import mask_fields, mask_url

PROXY_LOGIN_WANTED = 407
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})


@dataclass(eq=False)
class Hops:
    """Takes hops over the connections of one `pool`, and has `ledger` know of them."""

    plan: FetchPlan
    context: Context
    pool: Pool
    ledger: Ledger
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @asynccontextmanager
    async def take(self, request: Request, transfer: int, cause: str) -> AsyncIterator[Exchange]:
        """The exchange that `request` began, once its answer's head is there; read the body from it or leave it.

        Nothing is connected before the request is known to be valid and its body to be readable. A connection that
        had been kept, and turns out to be gone or to take on no more, is replaced once. With the end of the block the
        exchange is over: in good order after a complete one, else cut.

        Raises: what `encoded`, `open_body`, `Pool.begin` and `Exchange.answer` raise; ProxyRefused for a proxy's 407.
        """
        route = route_to(request.url, self.plan.way, self.environ)
        await self.pool.prepare(route)
        number = self.context.publisher.next_request()
        url = str(request.url)
        self.ledger.began(number, url)
        Trace(self.context.publisher, None, number).emit(
            RequestBegan, method=request.method, url=self._shown(url), transfer=transfer, cause=cause
        )
        request = through(request, route)
        with suppress(_Ignored):
            async with self._exchange(request, route, number) as exchange:
                yield exchange
                return
        async with self._exchange(request, route, number, fresh=True) as exchange:
            yield exchange

    @asynccontextmanager
    async def _exchange(
        self, request: Request, route: Route, number: int, *, fresh: bool = False
    ) -> AsyncIterator[Exchange]:
        body = await open_body(request.body, self.context) if request.body is not None else None
        try:
            encoded(request, length=body.length if body is not None else None)
            exchange, reused = await self.pool.begin(request, route, number, fresh=fresh)
            exchange.on_head = lambda head: self._head_came(exchange, number, head)
            began = self.context.clock()
            try:
                with Watch(exchange, self.plan.patience, self.context.reactor) as watch, _concluding(exchange):
                    async with self._sending(exchange, body, number, proxied=route.proxied):
                        watch.sent()
                        await _answered(exchange, watch, reused=reused, again=fresh)
                        _refuse(exchange, route)
                        yield exchange
            finally:
                exchange.leave()
                self._report(exchange, number, self.context.clock() - began)
        finally:
            if body is not None:
                body.close()

    @asynccontextmanager
    async def _sending(
        self, exchange: Exchange, body: Outgoing | None, number: int, *, proxied: bool
    ) -> AsyncIterator[None]:
        """Send in the background, to the end of the block, which begins when the request is out or answered."""
        sending = exchange.trace.time("send", Deferred.fromCoroutine(exchange.send(self.ledger.overhear(number, body))))
        sending.addErrback(_give_up, exchange)
        self._head_sent(exchange, number, proxied)
        try:
            await exchange.asked()
            yield
        finally:
            sending.cancel()

    def _shown(self, url: str) -> str:
        return url if self.plan.showing.show_secrets else mask_url(url)

    def _head_sent(self, exchange: Exchange, number: int, proxied: bool) -> None:
        self.ledger.asked(number, exchange.sent_fields, proxied=proxied)
        if exchange.trace.wants(HeadSent):
            exchange.trace.emit(
                HeadSent,
                method=exchange.request.method,
                target=safe_line(self._shown(exchange.request.url.target)),
                version=exchange.version,
                fields=mask_fields(exchange.sent_fields, self.plan.showing.show_secrets),
            )

    def _head_came(self, exchange: Exchange, number: int, head: ResponseHead) -> None:
        self.ledger.answered(number, head)
        if exchange.trace.wants(HeadReceived):
            exchange.trace.emit(
                HeadReceived,
                status=head.status,
                reason=safe_line(head.reason.decode("latin-1")),
                version=head.version,
                fields=mask_fields(head.fields, self.plan.showing.show_secrets),
                interim=head.interim,
            )

    def _report(self, exchange: Exchange, number: int, seconds: float) -> None:
        self.ledger.ended(number, exchange.trailers, exchange.bytes_in, exchange.bytes_out)
        if exchange.trailers:
            fields = mask_fields(exchange.trailers, self.plan.showing.show_secrets)
            exchange.trace.emit(TrailersReceived, fields=fields)
        if (head := exchange.head) is not None:
            exchange.trace.emit(
                HttpExchanged,
                method=exchange.request.method,
                url=self._shown(str(exchange.request.url)),
                status=head.status,
                bytes_in=exchange.bytes_in,
                bytes_out=exchange.bytes_out,
                seconds=seconds,
                version=head.version,
                reason=safe_line(head.reason.decode("latin-1")),
            )


class _Ignored(Exception):
    """The peer has not taken up the request, which may be made once more."""


async def _answered(exchange: Exchange, watch: Watch, *, reused: bool, again: bool) -> None:
    """Wait for the answer's first byte, and then for its head; `again`: it was asked for before."""
    try:
        with exchange.trace.span("wait"):
            await exchange.begun()
        watch.begun()
        exchange.trace.time("receive", exchange.receiving)
        await exchange.answer()
    except (EmptyReply, SendFailed, ReceiveFailed) as error:
        exchange.conclude(Failure(error))
        if not again and _may_repeat(exchange, reused):
            raise _Ignored from error
        raise


@contextmanager
def _concluding(exchange: Exchange) -> Iterator[None]:
    """By the end of the block the answer has been received, or will not be."""
    try:
        yield
    except BaseException:
        exchange.conclude(Failure())
        raise
    else:
        exchange.conclude()
    finally:
        exchange.receiving.addErrback(lambda _: None)


def _refuse(exchange: Exchange, route: Route) -> None:
    """Tell a proxy that wants a login from the origin, whose answer this is not."""
    if route.forward is None or exchange.head is None or exchange.head.status != PROXY_LOGIN_WANTED:
        return
    from tnet.protocols.tunnel import login_refused

    raise login_refused(route.forward, exchange.head)


def through(request: Request, route: Route) -> Request:
    """The request as it goes over the route: a forward proxy is shown who we are."""
    if route.forward is None:
        return request
    from tnet.protocols.tunnel import proxy_authorization

    login = proxy_authorization(route.forward)
    return request.adding(("Proxy-Authorization", login)) if login is not None else request


def _may_repeat(exchange: Exchange, reused: bool) -> bool:
    """Whether the request can be made once more, and will not be carried out twice in earnest."""
    method, body = exchange.request.method, exchange.request.body
    gone = reused and exchange.untouched and method in _IDEMPOTENT
    return (exchange.refused or gone) and (body is None or body.resendable)


def _give_up(failure: Failure, exchange: Exchange) -> None:
    if isinstance(failure.value, TnetError):
        exchange.fail(failure.value)
    else:
        failure.trap(CancelledError)
