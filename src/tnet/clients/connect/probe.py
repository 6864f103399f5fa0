"""`tnet connect --probe`: which of a host's ports are open, each with the time that it took to know."""

from __future__ import annotations

import json
import resource
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from twisted.internet.defer import Deferred, FirstError, TimeoutError, gatherResults

from tnet.clients.connect.ends import between
from tnet.errors import ExitStatus, TimedOut
from tnet.events import Trace
from tnet.events.kinds import ProbeAnswered
from tnet.net.context import Context
from tnet.net.knock import Knock, PortState, knock
from tnet.net.resolve import resolve
from tnet.net.source import agreed_family, parse_source
from tnet.net.stdio import StandardInput, StandardOutput, WaitsFor, standard_output
from tnet.plans import TcpAddress
from tnet.plans.connect import ProbePlan

NAME_SECONDS = 10.0
FEW_PORTS = 24
SPARE_DESCRIPTORS = 32


async def probe(plan: ProbePlan, context: Context) -> ExitStatus:
    """Knock at every port and write what each answered, in the order in which they were asked for.

    Fires with: OK when all of them are open, NOT_CONNECTED otherwise.
    Raises: NameNotResolved, TimedOut, BadUsage for a source that cannot be, OurError, OutputClosed, CannotWrite.
    """
    return await look(plan, context, standard_output(context))


async def look(plan: ProbePlan, context: Context, output: StandardOutput) -> ExitStatus:
    """`probe` with this output."""
    probing = Probing(plan, context, output)
    await between(StandardInput(WaitsFor.NOBODY), output, context, probing.run())
    return ExitStatus.OK if probing.all_open else ExitStatus.NOT_CONNECTED


class Probing:
    """One probe: at most `plan.parallel` connections are begun, open or closing at any time.

    There are fewer when the process may not open as many descriptors.
    """

    def __init__(self, plan: ProbePlan, context: Context, output: StandardOutput) -> None:
        self._plan = plan
        self._context = context
        self._output = output
        self._trace: Trace = context.publisher.trace()
        self._report = _report(plan, is_terminal=output.is_terminal)
        self._source = parse_source(plan.source) if plan.source is not None else None
        self._family = agreed_family(plan.family, self._source)
        self._early: dict[int, Knock] = {}
        self._written = 0
        self.all_open = True

    async def run(self) -> None:
        """Knock, and write; the name is looked up once."""
        addresses = await self._addresses()
        self._output.write(self._report.begin().encode())
        rest = iter(enumerate(self._plan.ports))
        count = min(_affordable(self._plan.parallel), len(self._plan.ports))
        visits = [Deferred.fromCoroutine(self._visit(rest, addresses)) for _ in range(count)]
        self._output.watch(lambda error: _stop(visits))
        try:
            await gatherResults(visits, consumeErrors=True)
        except FirstError as first:
            _stop(visits)
            if self._output.error is not None:
                raise self._output.error from None
            first.subFailure.raiseException()
        self._output.write(self._report.end().encode())

    async def _addresses(self) -> Sequence[TcpAddress]:
        asked = resolve(self._plan.host, 0, self._context, self._trace, family=self._family)
        try:
            return await Deferred.fromCoroutine(asked).addTimeout(NAME_SECONDS, self._context.reactor)
        except TimeoutError:
            raise TimedOut("name lookup", NAME_SECONDS) from None

    async def _visit(self, ports: Iterator[tuple[int, int]], hosts: Sequence[TcpAddress]) -> None:
        """One port after the other, as long as there are any that nobody else took."""
        for index, port in ports:
            places = [TcpAddress(each.host, port) for each in hosts]
            answer, closed = await knock(places, self._context, seconds=self._plan.seconds, source=self._source)
            self._tell(index, answer)
            await closed

    def _tell(self, index: int, answer: Knock) -> None:
        self.all_open = self.all_open and answer.state is PortState.OPEN
        self._trace.emit(
            ProbeAnswered,
            peer_address=answer.address.host,
            peer_port=answer.address.port,
            state=answer.state.value,
            seconds=answer.seconds,
            error=answer.error or None,
        )
        self._early[index] = answer
        while (next_one := self._early.pop(self._written, None)) is not None:
            self._written += 1
            self._output.write(self._report.line(next_one).encode())


class Lines:
    """For programs that read lines: port, state, seconds, address and the reason, between tabs."""

    def begin(self) -> str:
        """What stands above all lines."""
        return ""

    def line(self, answer: Knock) -> str:
        """One port."""
        fields = (answer.address.port, answer.state.value, f"{answer.seconds:.6f}", answer.address.host, answer.error)
        return "\t".join(map(str, fields)) + "\n"

    def end(self) -> str:
        """What stands below all lines."""
        return ""


class JsonLines(Lines):
    """For programs that read JSON Lines."""

    def __init__(self, host: str) -> None:
        self._host = host

    def line(self, answer: Knock) -> str:
        """One port."""
        row: dict[str, Any] = {
            "host": self._host,
            "port": answer.address.port,
            "state": answer.state.value,
            "seconds": round(answer.seconds, 6),
            "address": answer.address.host,
            "error": answer.error or None,
        }
        return json.dumps(row) + "\n"


class Table(Lines):
    """For a person: columns, and a sum; of many ports only those where somebody is."""

    def __init__(self, host: str, count: int) -> None:
        self._host = host
        self._count = count
        self._states: Counter[PortState] = Counter()

    def begin(self) -> str:
        """The names of the columns."""
        return f"{'PORT':>5}  {'STATE':<11}  {'TIME':>10}  ADDRESS\n"

    def line(self, answer: Knock) -> str:
        """One port, if it is to be shown."""
        self._states[answer.state] += 1
        if self._count > FEW_PORTS and answer.state is not PortState.OPEN:
            return ""
        time = f"{answer.seconds * 1000:.1f} ms"
        reason = f"  {answer.error}" if answer.state is PortState.UNREACHABLE else ""
        return f"{answer.address.port:>5}  {answer.state.value:<11}  {time:>10}  {answer.address.host}{reason}\n"

    def end(self) -> str:
        """How many of the ports are what."""
        found = ", ".join(f"{self._states[state]} {state.value}" for state in PortState if self._states[state])
        return f"{self._host}: {found}\n"


def _report(plan: ProbePlan, *, is_terminal: bool) -> Lines:
    if plan.as_json:
        return JsonLines(plan.host)
    return Table(plan.host, len(plan.ports)) if is_terminal else Lines()


def _affordable(wanted: int) -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, max(1, soft - SPARE_DESCRIPTORS))


def _stop(visits: Sequence[Deferred[None]]) -> None:
    for visit in visits:
        visit.cancel()
