"""The whole of a fetch: hop after hop until an answer is final, and then its body to where it belongs."""

from __future__ import annotations

import sys
from functools import partial

from tnet.clients.fetch.deadline import Deadline
from tnet.clients.fetch.exchange import Exchange
from tnet.clients.fetch.hop import hop
from tnet.clients.fetch.output import STANDARD_OUTPUT, Output, Stdout, open_file
from tnet.clients.fetch.redirects import dropped, location, redirected
from tnet.clients.fetch.request import Request, first_request
from tnet.errors import ExitStatus, HttpStatusRefused, RedirectRefused, TooLarge
from tnet.net.context import Context
from tnet.plans.fetch import FetchPlan


async def fetch(plan: FetchPlan, context: Context, *, stdout: int = 1) -> ExitStatus:
    """Do what the plan asks; `stdout` is the descriptor that stands for standard output.

    Raises: a TnetError for everything that keeps the body from being complete.
    """
    for caution in plan.cautions:
        context.publisher.log("warning", caution)
    deadline = Deadline(plan.max_seconds, context)
    await deadline.hold(_fetch(plan, context, deadline, stdout))
    return ExitStatus.OK


async def _fetch(plan: FetchPlan, context: Context, deadline: Deadline, stdout: int) -> None:
    request = first_request(plan)
    for _ in range(plan.max_redirects + 1):
        async with hop(request, plan, context, deadline) as exchange:
            head = await exchange.answer()
            to = location(head) if plan.follow else None
            if to is None:
                await _deliver(exchange, request, plan, context, stdout)
                return
        onward = redirected(request, head, to)
        _tell(request, onward, context)
        request = onward
    raise RedirectRefused(str(request.url), f"it would be redirect number {plan.max_redirects + 1}")


def _tell(before: Request, after: Request, context: Context) -> None:
    context.publisher.log("debug", f"redirected to {after.url}")
    if names := dropped(before, after):
        context.publisher.log("notice", f"not sent on to {after.url.authority}: {', '.join(names)}")


async def _deliver(exchange: Exchange, request: Request, plan: FetchPlan, context: Context, stdout: int) -> None:
    """Write out the answer, or refuse it."""
    head = await exchange.answer()
    if plan.fail and head.status >= 400:
        raise HttpStatusRefused(str(request.url), head.status, head.reason.decode("latin-1"))
    limit = plan.max_bytes or sys.maxsize
    if (head.length or 0) > limit and request.method != "HEAD":
        raise TooLarge("the body", limit)
    shown = head.as_bytes() if plan.include or plan.head_only else b""
    screen = partial(Stdout, context, stdout, exchange.fail, raw=plan.raw)
    if plan.output is None or plan.output in STANDARD_OUTPUT or request.method == "HEAD":
        async with screen() as output:
            await output.write(shown)
            await _receive(exchange, output, limit)
        return
    if shown:
        async with screen() as output:
            await output.write(shown)
    async with await open_file(plan.output, context.workers) as file:
        await _receive(exchange, file, limit)


async def _receive(exchange: Exchange, output: Output, limit: int) -> None:
    received = 0
    with exchange.trace.span("receive"):
        while data := await exchange.read():
            received += len(data)
            if received > limit:
                raise TooLarge("the body", limit)
            await output.write(data)
