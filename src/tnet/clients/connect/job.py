"""The job of `tnet connect`."""

from __future__ import annotations

from contextlib import suppress

from twisted.internet.defer import CancelledError, TimeoutError

from tnet.clients.connect.coupling import Coupling
from tnet.errors import ExitStatus, TnetError
from tnet.net.context import Context
from tnet.net.dial import dial
from tnet.net.stdio import StandardInput, StandardOutput, standard_input, standard_output
from tnet.plans.connect import ConnectPlan

LAST_WORDS_SECONDS = 0.5


async def connect(plan: ConnectPlan, context: Context) -> ExitStatus:
    """Copy standard input to the target and the target to standard output until one of them says that it is over.

    Raises: what `dial` raises; SendFailed, ReceiveFailed, TimedOut, OutputClosed, CannotWrite, CannotRead.
    """
    return await couple(plan, context, standard_input(context), standard_output(context))


async def couple(plan: ConnectPlan, context: Context, source: StandardInput, output: StandardOutput) -> ExitStatus:
    """`connect` with this input and output. What came is written before it ends, whatever ended it."""
    try:
        coupling = await dial(
            plan.target,
            lambda: Coupling(plan, context, output),
            context,
            context.publisher.trace(),
            tls=plan.tls,
            family=plan.family,
            source=plan.source,
            seconds=plan.connect_seconds,
        )
        await coupling.run(source)
    except CancelledError:
        with suppress(TimeoutError, TnetError):
            await output.flushed().addTimeout(LAST_WORDS_SECONDS, context.reactor)
        raise
    except TnetError:
        await output.flushed()
        raise
    else:
        await output.flushed()
        return ExitStatus.OK
    finally:
        source.stopProducing()
        output.close()
