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
from dataclasses import dataclass, replace
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
from tnet.protocols.masks import mask_url

STATUSES = frozenset({408, 429, 500, 502, 503, 504, 522, 524})

_NOT_TAKEN_UP = frozenset({429, 503})
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
_LATER = (SendFailed, ReceiveFailed, TimedOut, EmptyReply, BodyCutShort)
_SECONDS = re.compile(rb"[0-9]+")
_MOST_SECONDS = 1e9

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that another attempt may better: after `seconds`, where the server said so."""

    seconds: float | None
    error: HttpStatusRefused


@dataclass(eq=False)
class Again(Exception):
    """This attempt is to be repeated after `seconds`, because of `error`: it was made sure that it may be."""

    seconds: float
    error: TnetError


@dataclass(frozen=True, slots=True)
class Attempt:
    """Attempt `number`, from 1 on, of those that `plan` allows; the first one was `began`, by the context's clock."""

    number: int
    plan: Retrying
    context: Context
    began: float

    def wait(self, wanted: float | None = None) -> float | None:
        """How long to wait for the next one; None when the plan allows none, or none as late as the server wants.

        Units: seconds; `wanted` is what the server says, if it does.
        """
        plan = self.plan
        backoff = min(plan.first_wait_seconds * 2.0 ** (self.number - 1), plan.longest_wait_seconds)
        seconds = wanted or backoff
        late = 0 < plan.total_seconds < self.context.clock() - self.began + seconds
        return None if self.number > plan.times or late or seconds > plan.longest_wait_seconds else seconds

    def again(self, request: Request, head: ResponseHead) -> Again | None:
        """What to raise instead of taking an answer; None when it is to be taken, poor as it may be.

        Ask before the answer is thrown away: afterwards it may be too late for another one.
        """
        found = refusal(request, head, self.context.reactor.seconds())
        seconds = self.wait(found.seconds) if found is not None else None
        return Again(seconds, found.error) if found is not None and seconds is not None else None


async def persist(
    attempt: Callable[[Attempt], Awaitable[R]],
    plan: Retrying,
    context: Context,
    transfer: int,
    request: Request | None = None,
) -> R:
    """What `attempt` returns when it raises nothing that is worth another one.

    `request` is what each attempt makes; None stands for one that may always be repeated. Between attempts pass the
    seconds that the server asked for, else a time that doubles.

    Raises: what the last attempt raised, when it is not worth another one or the plan allows no more.
    """
    this = Attempt(1, plan, context, context.clock())
    while True:
        try:
            return await attempt(this)
        except Again as asked:
            again = asked
        except TnetError as failed:
            seconds = this.wait() if passes(failed, request) else None
            if seconds is None:
                raise
            again = Again(seconds, failed)
        this = replace(this, number=this.number + 1)
        context.publisher.emit(
            RetryPlanned,
            transfer=transfer,
            attempt=this.number,
            seconds=again.seconds,
            error=safe_line(str(again.error)),
        )
        await deferLater(context.reactor, again.seconds)


def passes(error: TnetError, request: Request | None = None) -> bool:
    """Whether another attempt may end better than with `error`, and does no harm if `request` is what it makes."""
    if request is None or _repeatable(request):
        return isinstance(error, _LATER) or _before_sending(error)
    return _before_sending(error)


def refusal(request: Request, head: ResponseHead, now: float) -> Refusal | None:
    """What there is to an answer that another attempt may better.

    Units: `now` in seconds of the wall clock, for a server that names a date but not its own.
    """
    seconds = retry_after(head, now)
    if head.status not in STATUSES:
        return None
    if not _repeatable(request) and (head.status not in _NOT_TAKEN_UP or seconds is None):
        return None
    return Refusal(seconds, HttpStatusRefused(mask_url(str(request.url)), head.status, head.reason.decode("latin-1")))


def retry_after(head: ResponseHead, now: float) -> float | None:
    """How many seconds to wait, if Retry-After says so; a date counts from the server's own Date where it has one."""
    value = b"".join(head.values(b"retry-after")[:1])
    if _SECONDS.fullmatch(value):
        return min(float(value), _MOST_SECONDS)
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
