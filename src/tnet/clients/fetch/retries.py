"""What is worth another attempt, and when it is made.

What may pass is tried again: a name server that does not answer, a connection that cannot be had, is reset or falls
silent, a body that is cut short, and the statuses that curl retries. What a second attempt cannot mend is not: a
certificate, a malformed reply, a mistake of the user, a disk that is full.

A request that may not be made twice (POST, PATCH), or whose body is gone once it was read, is repeated only where the
first one cannot have been taken up: nothing was sent, or 429 or 503 says when to come back.

Source: RFC 9110 sections 9.2.2 and 10.2.3.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from twisted.internet.task import deferLater

from tnet.clients.fetch.request import Request
from tnet.errors import (
    BodyCutShort,
    ConnectFailed,
    EmptyReply,
    HttpStatusRefused,
    NameFailure,
    NameNotResolved,
    ReceiveFailed,
    SendFailed,
    TimedOut,
    TnetError,
)
from tnet.escape import safe_line
from tnet.events.kinds import RetryPlanned
from tnet.net.context import Context
from tnet.net.dial import CONNECTING, PASSING, RESOLVING, SECURING
from tnet.plans.fetch import Retrying
from tnet.protocols.http1.responses import ResponseHead

STATUSES = frozenset({408, 429, 500, 502, 503, 504, 522, 524})

_NOT_TAKEN_UP = frozenset({429, 503})
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
_LATER = (SendFailed, ReceiveFailed, TimedOut, EmptyReply, BodyCutShort)
_SECONDS = re.compile(rb"[0-9]{1,9}")

R = TypeVar("R")


@dataclass(eq=False)
class Again(Exception):
    """An attempt that is to be repeated: after `seconds`, where the server said so; `error` is for the last one."""

    seconds: float | None = None
    error: TnetError | None = None


async def persist(
    attempt: Callable[[int], Awaitable[R]],
    plan: Retrying,
    context: Context,
    transfer: int,
    request: Request | None = None,
) -> R:
    """What `attempt`, called with its number from 1 on, returns when it raises nothing that is worth another one.

    `request` is what each attempt makes; None stands for one that may always be repeated. Between attempts pass the
    seconds that the server asked for, else a time that doubles, and never more than the plan allows.

    Raises: what the last attempt raised, when it is not worth another one or the plan allows no more. So an attempt
    whose number is above `plan.times` does well to raise no Again, if it would rather have a poor answer than none.
    """
    began, backoff, number = context.clock(), plan.first_wait_seconds, 0
    while True:
        number += 1
        try:
            return await attempt(number)
        except Again as asked:
            again, error = asked, asked.error or TnetError(f"given up after attempt number {number}")
        except TnetError as failed:
            if not passes(failed, request):
                raise
            again, error = Again(), failed
        seconds = min(again.seconds or backoff, plan.longest_wait_seconds)
        late = 0 < plan.total_seconds < context.clock() - began + seconds
        if number > plan.times or late:
            raise error
        context.publisher.emit(
            RetryPlanned, transfer=transfer, attempt=number + 1, seconds=seconds, error=safe_line(str(error))
        )
        await deferLater(context.reactor, seconds)
        backoff *= 2


def passes(error: TnetError, request: Request | None = None) -> bool:
    """Whether another attempt may end better than with `error`, and does no harm if `request` is what it makes."""
    if request is None or _repeatable(request):
        return isinstance(error, _LATER) or _before_sending(error)
    return _before_sending(error)


def refusal(request: Request, head: ResponseHead, now: float) -> Again | None:
    """What to raise for an answer that another attempt may better.

    Units: `now` in seconds of the wall clock, for a server that names a date but not its own.
    """
    seconds = retry_after(head, now)
    if head.status not in STATUSES:
        return None
    if not _repeatable(request) and (head.status not in _NOT_TAKEN_UP or seconds is None):
        return None
    return Again(seconds, HttpStatusRefused(str(request.url), head.status, head.reason.decode("latin-1")))


def retry_after(head: ResponseHead, now: float) -> float | None:
    """How many seconds to wait, if Retry-After says so; a date counts from the server's own Date where it has one."""
    value = b"".join(head.values(b"retry-after")[:1])
    if _SECONDS.fullmatch(value):
        return float(value)
    moment, date = _moment(value), _moment(b"".join(head.values(b"date")[:1]))
    return None if moment is None else max(moment - (now if date is None else date), 0.0)


def _before_sending(error: TnetError) -> bool:
    """Whether it is one that may pass, and came before a byte of the request was out."""
    match error:
        case NameNotResolved(failure=NameFailure.TEMPORARY) | ConnectFailed():
            return True
        case TimedOut(phase=phase):
            return phase in (RESOLVING, CONNECTING, PASSING, SECURING)
    return False


def _repeatable(request: Request) -> bool:
    return request.method in _IDEMPOTENT and (request.body is None or request.body.resendable)


def _moment(value: bytes) -> float | None:
    """An HTTP date as seconds since the epoch; one that names no zone is of the form whose zone is always GMT."""
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(value.decode("latin-1"))
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
