"""What every conversation does with standard input and output, however it ended."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress

from twisted.internet.defer import CancelledError, TimeoutError

from tnet.errors import ExitStatus, TnetError
from tnet.net.context import Context
from tnet.net.stdio import StandardInput, StandardOutput

LAST_WORDS_SECONDS = 0.5


async def between(
    source: StandardInput, output: StandardOutput, context: Context, conversation: Awaitable[None]
) -> ExitStatus:
    """OK after `conversation`, or its error; what came is written before that, and both ends are let go of.

    On a terminal the line that came last is ended.

    Who cancels does not wait long for an output that takes nothing.
    """
    try:
        await conversation
    except CancelledError:
        output.end_line()
        with suppress(TimeoutError, TnetError):
            await output.flushed().addTimeout(LAST_WORDS_SECONDS, context.reactor)
        raise
    except TnetError:
        output.end_line()
        await output.flushed()
        raise
    else:
        output.end_line()
        await output.flushed()
        return ExitStatus.OK
    finally:
        source.stopProducing()
        output.close()
