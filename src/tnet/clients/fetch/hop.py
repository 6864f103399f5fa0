"""One hop: a connection, a request on it, and the head of its answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from tnet.clients.fetch.deadline import Deadline
from tnet.clients.fetch.exchange import Exchange
from tnet.clients.fetch.outgoing import Outgoing, open_body
from tnet.clients.fetch.request import Request, encoded
from tnet.errors import TnetError
from tnet.escape import safe_line
from tnet.events import Trace
from tnet.events.kinds import HttpExchanged
from tnet.net.context import Context
from tnet.net.dial import dial
from tnet.plans import TcpAddress
from tnet.plans.fetch import FetchPlan

ALPN = ("http/1.1",)
CLOSE_SECONDS = 1.0


@asynccontextmanager
async def hop(request: Request, plan: FetchPlan, context: Context, deadline: Deadline) -> AsyncIterator[Exchange]:
    """The exchange that `request` began, once its answer's head is there; read the body from it or leave it.

    Nothing is connected before the request is known to be valid and its body to be readable. The connection ends
    with the block: in good order after a complete exchange, else by an abort.

    Raises: what `encoded`, `open_body`, `dial` and `Exchange.answer` raise.
    """
    body = await open_body(request.body, context) if request.body is not None else None
    try:
        head = encoded(request, length=body.length if body is not None else None)
        trace, began = context.publisher.trace(), context.clock()
        exchange = await _connected(request, plan, context, trace, deadline)
        try:
            async with _sending(exchange, head, body, trace):
                with trace.span("wait"):
                    await exchange.answer()
                yield exchange
        finally:
            _report(exchange, request, trace, context.clock() - began)
            await _ended(exchange, context)
    finally:
        if body is not None:
            body.close()


async def _connected(request: Request, plan: FetchPlan, context: Context, trace: Trace, deadline: Deadline) -> Exchange:
    url = request.url
    with deadline.lent(plan.connect_seconds) as seconds:
        return await dial(
            TcpAddress(url.host, url.port),
            lambda: Exchange(request.method, url.authority),
            context,
            trace,
            tls=replace(plan.tls, alpn=ALPN) if url.scheme == "https" else None,
            family=plan.family,
            seconds=seconds,
        )


@asynccontextmanager
async def _sending(exchange: Exchange, head: bytes, body: Outgoing | None, trace: Trace) -> AsyncIterator[None]:
    """Send in the background, from before the block, which begins when the request is out or answered, to its end."""
    sending = trace.time("send", Deferred.fromCoroutine(exchange.send(head, body)))
    sending.addErrback(_give_up, exchange)
    try:
        await exchange.asked()
        yield
    finally:
        sending.cancel()


def _give_up(failure: Failure, exchange: Exchange) -> None:
    if isinstance(failure.value, TnetError):
        exchange.fail(failure.value)
    else:
        failure.trap(CancelledError)


async def _ended(exchange: Exchange, context: Context) -> None:
    """End the connection, and wait a moment for its end, so that nobody misses the event that tells of it.

    Being cancelled only shortens the wait: how the fetch went is decided by now.
    """
    ending = Deferred.fromCoroutine(exchange.end()).addTimeout(CLOSE_SECONDS, context.reactor)
    await ending.addErrback(lambda failure: failure.trap(TimeoutError, CancelledError) and None)
    exchange.abort()
    await deferLater(context.reactor, 0)


def _report(exchange: Exchange, request: Request, trace: Trace, seconds: float) -> None:
    if (head := exchange.head) is not None:
        trace.emit(
            HttpExchanged,
            method=request.method,
            url=str(request.url),
            status=head.status,
            bytes_in=exchange.bytes_in,
            bytes_out=exchange.bytes_out,
            seconds=seconds,
            version=head.version,
            peer_address=exchange.peer_address,
            reason=safe_line(head.reason.decode("latin-1")),
        )
