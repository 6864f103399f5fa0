"""The job of `tnet connect`: which kind of conversation it is, and over which connection."""

from __future__ import annotations

from tnet.clients.connect.cast import Cast, cast
from tnet.clients.connect.coupling import Coupling
from tnet.clients.connect.ends import between
from tnet.clients.connect.overhearing import Overheard
from tnet.errors import ExitStatus
from tnet.net.context import Context
from tnet.net.dial import dial
from tnet.net.stdio import StandardInput, StandardOutput, standard_input, standard_output
from tnet.plans.addresses import UdpAddress, WebSocketAddress
from tnet.plans.connect import ConnectPlan


async def connect(plan: ConnectPlan, context: Context) -> ExitStatus:
    """Copy standard input to the target and the target to standard output until one of them says that it is over.

    Raises: what `dial` raises; SendFailed, ReceiveFailed, TimedOut, OutputClosed, CannotWrite, CannotRead,
    ExpectationFailed.
    """
    match plan.target:
        case UdpAddress():
            from tnet.clients.connect.datagrams import talk_datagrams

            return await talk_datagrams(plan, context)
        case WebSocketAddress():
            from tnet.clients.connect.websocket import talk_websocket

            return await talk_websocket(plan, context)
    output = standard_output(context)
    taking_part = await cast(plan, context, output, lambda: standard_input(context))
    return await _converse(plan, context, taking_part)


async def couple(plan: ConnectPlan, context: Context, source: StandardInput, output: StandardOutput) -> ExitStatus:
    """`connect` with this input and output. What came is written before it ends, whatever ended it."""
    return await _converse(plan, context, Cast(source=source, output=output))


async def _converse(plan: ConnectPlan, context: Context, taking_part: Cast) -> ExitStatus:
    async def conversation() -> None:
        coupling = await _dialled(plan, context, taking_part)
        await coupling.run(taking_part.source)

    try:
        return await between(taking_part.source, taking_part.output, context, conversation())
    finally:
        await taking_part.close()


async def _dialled(plan: ConnectPlan, context: Context, taking_part: Cast) -> Coupling | Overheard:
    """The conversation's protocol, connected, at the first attempt or a later one."""

    async def attempt(_: object) -> Coupling | Overheard:
        return await dial(
            plan.target,
            lambda: taking_part.coupling(plan, context),
            context,
            context.publisher.trace(),
            tls=plan.tls,
            starttls=plan.starttls,
            via=plan.proxies,
            proxy_protocol=plan.proxy_protocol,
            family=plan.family,
            source=plan.source,
            seconds=plan.connect_seconds,
        )

    if not plan.retries:
        return await attempt(None)
    from tnet.clients.fetch.retries import persist
    from tnet.plans.fetch import Retrying

    return await persist(attempt, Retrying(times=plan.retries, longest_wait_seconds=60), context, 1)
