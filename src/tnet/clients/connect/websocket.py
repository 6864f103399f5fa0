"""`tnet connect ws://…` and `wss://…`: what standard input gives is messages, and each that comes is written.

With `text` each line is a message of text, and each message that comes is a line. Otherwise what is read at once is a
message of bytes. A WebSocket has no half-close: after the end of our input the peer's answer is awaited as under TLS,
then we close and take what it says until it has closed, too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from twisted.internet.defer import CancelledError, TimeoutError
from twisted.internet.interfaces import IProtocol
from twisted.internet.task import deferLater

from tnet.clients.connect.cast import Cast, cast
from tnet.clients.connect.coupling import Coupling
from tnet.clients.connect.ends import between
from tnet.clients.connect.overhearing import Overheard
from tnet.clients.connect.websocket_line import WebSocketLine
from tnet.errors import BadUsage, ExitStatus, TimedOut, TnetError
from tnet.net.context import Context
from tnet.net.dial import dial
from tnet.net.resolve import ascii_name, literal_family
from tnet.net.stdio import StandardInput, StandardOutput, standard_input, standard_output
from tnet.plans import TcpAddress, WebSocketAddress
from tnet.plans.connect import ConnectPlan
from tnet.protocols.websocket.messages import Chunks, Lines

OPENING = "WebSocket handshake"

P = TypeVar("P", bound=IProtocol)


async def talk_websocket(plan: ConnectPlan, context: Context) -> ExitStatus:
    """Exchange messages between the target and standard input and output.

    Raises: what `dial_websocket` and `cast` raise; BadUsage for a size that nothing has; TooLarge for a message either
    way, MalformedReply for a peer that breaks the protocol; SendFailed, ReceiveFailed (also for a close that is no
    normal one), TimedOut, OutputClosed, CannotWrite, CannotRead, ExpectationFailed.
    """
    if plan.message_bytes < 1:
        raise BadUsage("--message-size", "a message that may hold nothing says nothing")
    output = standard_output(context)
    return await converse(plan, context, await cast(plan, context, output, lambda: standard_input(context)))


async def exchange(plan: ConnectPlan, context: Context, source: StandardInput, output: StandardOutput) -> ExitStatus:
    """`talk_websocket` with this input and output."""
    return await converse(plan, context, Cast(source=source, output=output))


async def converse(plan: ConnectPlan, context: Context, taking_part: Cast) -> ExitStatus:
    """`talk_websocket` with whoever takes part."""
    lines = plan.text or taking_part.output.is_terminal

    async def attempt(_: object) -> Coupling | Overheard:
        return await dial_websocket(plan, lambda: taking_part.coupling(plan, context), context, lines=lines)

    async def conversation() -> None:
        coupling = await (_persisted(attempt, plan, context) if plan.retries else attempt(1))
        await coupling.run(taking_part.source)

    try:
        return await between(taking_part.source, taking_part.output, context, conversation())
    finally:
        await taking_part.close()


async def _persisted(
    attempt: Callable[[object], Awaitable[Coupling | Overheard]], plan: ConnectPlan, context: Context
) -> Coupling | Overheard:
    from tnet.clients.fetch.retries import persist
    from tnet.plans.fetch import Retrying

    return await persist(attempt, Retrying(times=plan.retries, longest_wait_seconds=60), context, 1)


async def dial_websocket(plan: ConnectPlan, build: Callable[[], P], context: Context, *, lines: bool) -> P:
    """The protocol that `build` makes, connected to the WebSocket that `plan.target` is; each write is a message.

    With `lines` each message that comes ends with a line feed. Cancelling ends everything that was begun.

    Raises: what `dial` raises; HttpStatusRefused for an answer that opens no WebSocket, MalformedReply and EmptyReply
    for one that is none, TimedOut.
    """
    target = plan.target
    assert isinstance(target, WebSocketAddress), "a WebSocket has an address of its own"
    host = target.host if literal_family(target.host) else ascii_name(target.host)
    address = replace(target, host=host)
    cutter = Lines if plan.text else Chunks
    limit, trace, began = plan.message_bytes, context.publisher.trace(), context.clock()
    line = await dial(
        TcpAddress(target.host, target.port, target.tls),
        lambda: WebSocketLine(address, build, context, cutter=cutter(limit), lines=lines, limit_bytes=limit),
        context,
        trace,
        tls=plan.tls,
        via=plan.proxies,
        family=plan.family,
        source=plan.source,
        seconds=plan.connect_seconds,
    )
    left = max(began + plan.connect_seconds - context.clock(), 0) if plan.connect_seconds else None
    with trace.span("upgrade"):
        return await _opened(line, plan.connect_seconds, left, context)


async def _opened(line: WebSocketLine[P], seconds: float, left: float | None, context: Context) -> P:
    opening = line.whenOpen()
    try:
        return await (opening if left is None else opening.addTimeout(left, context.reactor))
    except TimeoutError:
        late = TimedOut(OPENING, seconds)
        await _cut(line, str(late), context)
        raise late from None
    except (TnetError, CancelledError) as error:
        await _cut(line, str(error) or "cancelled", context)
        raise


async def _cut(line: WebSocketLine[P], reason: str, context: Context) -> None:
    """Drop the connection, and wait until everybody has heard of it."""
    line.transport.ended_because = line.transport.ended_because or reason
    line.transport.abortConnection()
    await deferLater(context.reactor, 0)
