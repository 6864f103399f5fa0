"""A server on a bad network."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from secrets import randbelow

from tnet.errors import BadUsage
from tnet.net.context import Context
from tnet.net.faults.factory import Faults
from tnet.net.server import Server
from tnet.plans.addresses import UdpAddress
from tnet.plans.serve import EchoPlan
from tnet.plans.web import WebPlan

SEEDS = 1 << 32


def with_faults(server: Server, plan: EchoPlan | WebPlan, context: Context) -> Server:
    """The same server with the plan's faults, and a note with the seed that repeats them.

    Raises: BadUsage: a fault is there twice, or cannot happen to datagrams.
    """
    _check(plan)
    seed = randbelow(SEEDS) if plan.seed is None else plan.seed
    faults = Faults(server.factory, plan.faults, seed, context)

    def goodbye() -> None:
        server.goodbye()
        faults.end_silence()

    note = f"on purpose: {', '.join(map(str, plan.faults))}; --seed {seed} repeats it"
    return replace(server, factory=faults, goodbye=goodbye, notes=(*server.notes, note))


def _check(plan: EchoPlan | WebPlan) -> None:
    for kind, times in Counter(fault.kind for fault in plan.faults).items():
        if times > 1:
            raise BadUsage("--fault", f"{kind} is there {times} times, and once is enough")
    for address in plan.listen:
        if isinstance(address, UdpAddress):
            raise BadUsage("--fault", f"it happens to connections, and {address} has none")
