"""Answers that take their time."""

from __future__ import annotations

import json

from tnet.servers.web import pages
from tnet.servers.web.inspector.endpoints.amounts import BYTES
from tnet.servers.web.inspector.endpoints.call import Answer, Call
from tnet.servers.web.inspector.endpoints.echoes import header_fields, origin, url, whole
from tnet.servers.web.inspector.endpoints.paced import Paced

LONGEST_SECONDS = 60.0
MOST_DRIPS = 10 << 20
MOST_LINES = 100

_TICKS_A_SECOND = 20


async def delay(call: Call) -> Answer:
    """The echo of /anything, after so many seconds."""
    await call.wait(call.seconds("seconds", LONGEST_SECONDS))
    return await whole(call)


async def drip(call: Call) -> None:
    """After `delay` seconds a head with the status `code`, and `numbytes` bytes over `duration` seconds.

    Raises: Refusal, 400.
    """
    count = call.count("numbytes", 1, MOST_DRIPS, 10)
    duration = call.seconds("duration", LONGEST_SECONDS, 2)
    status = call.count("code", 200, 599, 200)
    await call.wait(call.seconds("delay", LONGEST_SECONDS, 0))
    paced = Paced(call, Answer(media=BYTES, status=status), count)
    if not call.is_head:
        await _drip(call, paced, count, duration)
    paced.finish()


async def _drip(call: Call, paced: Paced, count: int, duration: float) -> None:
    """The first byte at once, the last one at the end."""
    steps = max(1, min(count, round(duration * _TICKS_A_SECOND)))
    sent = 0
    for step in range(1, steps + 1):
        due = count * step // steps
        await paced.write(b"*" * (due - sent))
        sent = due
        if step < steps:
            await call.wait(duration / max(1, steps - 1))


async def lines(call: Call) -> None:
    """As many lines of JSON, each of them the request again with its `id`.

    Raises: Refusal, 400.
    """
    count = call.count("n", 0, MOST_LINES)
    found = {"url": url(call), "headers": header_fields(call), "origin": origin(call)}
    paced = Paced(call, Answer(media=pages.JSON), None)
    if not call.is_head:
        for number in range(count):
            await paced.write(json.dumps(found | {"id": number}).encode() + b"\n")
            await call.wait(0)
    paced.finish()
