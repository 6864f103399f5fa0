"""`tnet connect udp://…`: what standard input gives at once is a datagram, and each datagram that comes is written.

There is no end of file: with the end of our input the wait for silence begins.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterator

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from tnet.clients.connect.ends import between
from tnet.clients.connect.line_ends import LineEnds
from tnet.clients.connect.silence import Silence
from tnet.errors import BadUsage, ExitStatus, TimedOut, TnetError, TooLarge
from tnet.escape import SafeStream
from tnet.net.context import Context
from tnet.net.datagrams import LARGEST_DATAGRAM
from tnet.net.datagrams.correspondence import Correspondence, correspond
from tnet.net.stdio import StandardInput, StandardOutput, standard_input, standard_output
from tnet.plans import UdpAddress
from tnet.plans.connect import ConnectPlan
from tnet.protocols.hexdump import HexDump
from tnet.protocols.recording import Side

ENDED = "closed by us"

Begin = Callable[..., Awaitable[Correspondence]]


async def talk_datagrams(plan: ConnectPlan, context: Context) -> ExitStatus:
    """Exchange datagrams between the target and standard input and output.

    Raises: BadUsage for what only streams have; NameNotResolved; ConnectFailed when every address refused; TooLarge
    for a datagram that cannot be one; SendFailed, ReceiveFailed, TimedOut, OutputClosed, CannotWrite, CannotRead.
    """
    _refuse_what_streams_have(plan)
    return await exchange(plan, context, standard_input(context), standard_output(context))


async def exchange(
    plan: ConnectPlan, context: Context, source: StandardInput, output: StandardOutput, begin: Begin = correspond
) -> ExitStatus:
    """`talk_datagrams` with this input and output, and with what `begin` gives."""
    return await between(source, output, context, Exchange(plan, context, output, begin).run(source))


@implementer(IPushProducer)
class Exchange:
    """One exchange of datagrams; as the producer of `output` it receives nothing while a reader of ours is slow."""

    _mail: Correspondence
    _input: StandardInput

    def __init__(self, plan: ConnectPlan, context: Context, output: StandardOutput, begin: Begin = correspond) -> None:
        assert isinstance(plan.target, UdpAddress), "datagrams need an address of theirs"
        self._plan = plan
        self._target = plan.target
        self._context = context
        self._output = output
        self._correspond = begin
        self._over: Deferred[None] = Deferred()
        self._silence = Silence(context.reactor, context.clock)
        self._idleness = Silence(context.reactor, context.clock)
        self._lines = Lines() if plan.crlf else None
        self._dump = HexDump() if plan.talk.hex else None
        self._display = SafeStream() if output.is_terminal and not plan.raw and not plan.talk.hex else None
        self._began = 0.0

    async def run(self, source: StandardInput) -> None:
        """Exchange datagrams until nothing more is to be expected.

        Raises: what ended it badly.
        """
        plan = self._plan
        self._input = source
        self._mail = await self._correspond(
            self._target, self._context, family=plan.family, source=plan.source, seconds=plan.connect_seconds
        )
        reason, clean = ENDED, True
        try:
            self._begin()
            await self._over
        except TnetError as error:
            reason, clean = str(error), False
            raise
        finally:
            self._end()
            self._mail.close(reason, clean=clean)

    # ── what the output calls ──

    def pauseProducing(self) -> None:
        self._mail.pause()
        if self._dump is not None:
            self._input.pauseProducing()

    def resumeProducing(self) -> None:
        self._heard()
        self._mail.resume()
        if self._dump is not None:
            self._input.resumeProducing()

    def stopProducing(self) -> None:
        """The output tells `_fail` why it takes no more."""

    # ── the exchange ──

    def _begin(self) -> None:
        self._began = self._context.clock()
        self._output.watch(self._fail)
        self._output.registerProducer(self, True)
        self._idleness.wait(self._plan.idle_seconds or math.inf, self._idle, alive=self._held_up)
        self._mail.start(self._received, self._fail, self._input.resumeProducing)
        if not self._over.called:
            self._input.start(self._send, self._input_ended)

    def _end(self) -> None:
        self._silence.stop()
        self._idleness.stop()
        self._input.stopProducing()
        self._output.unregisterProducer()
        if self._display is not None:
            self._output.write(self._display.finish())

    def _received(self, data: bytes) -> None:
        self._heard()
        self._show("peer", data if self._display is None else self._display.feed(data))

    def _send(self, data: bytes) -> None:
        self._heard()
        for datagram in self._lines.feed(data) if self._lines is not None else (data,):
            self._send_one(datagram)
        if self._mail.waiting:
            self._input.pauseProducing()

    def _send_one(self, data: bytes) -> None:
        if len(data) > LARGEST_DATAGRAM:
            self._fail(TooLarge("a datagram from standard input", LARGEST_DATAGRAM))
        elif not self._over.called:
            self._mail.send(data)
            if self._dump is not None:
                self._show("us", data)

    def _show(self, by: Side, data: bytes) -> None:
        if self._dump is not None:
            data = self._dump.feed(by, data, self._context.clock() - self._began)
        self._output.write(data)

    def _input_ended(self, error: TnetError | None) -> None:
        if error is not None:
            self._fail(error)
            return
        if self._lines is not None and (rest := self._lines.rest()):
            self._send_one(rest)
        linger_seconds = self._plan.linger_seconds if self._plan.shutdown else math.inf
        self._silence.wait(linger_seconds, self._finish, alive=self._held_up)

    def _held_up(self) -> bool:
        """Whether a reader of ours or the system keeps somebody waiting."""
        return self._output.waiting > 0 or self._mail.waiting > 0

    def _heard(self) -> None:
        self._silence.heard()
        self._idleness.heard()

    def _idle(self) -> None:
        self._fail(TimedOut("waiting for data", self._plan.idle_seconds))

    def _finish(self) -> None:
        if not self._over.called:
            self._over.callback(None)

    def _fail(self, error: TnetError) -> None:
        if not self._over.called:
            self._over.errback(error)


class Lines:
    """Cuts what is typed into lines that end with CR LF; each is a datagram.

    Of a line that is longer than a datagram can be, a piece is given that is too long as well.
    """

    def __init__(self) -> None:
        self._ends = LineEnds()
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are complete by now."""
        *lines, self._rest = (self._rest + self._ends.feed(data)).split(b"\n")
        for line in lines:
            yield line + b"\n"
        if len(self._rest) > LARGEST_DATAGRAM:
            yield self.rest()

    def rest(self) -> bytes:
        """The last line, which has no end."""
        rest, self._rest = self._rest, b""
        return rest


def _refuse_what_streams_have(plan: ConnectPlan) -> None:
    """Say so instead of doing without it in silence."""
    talk = plan.talk
    for option, asked in (
        ("--tls", plan.tls),
        ("--starttls", plan.starttls),
        ("--proxy", plan.proxies),
        ("--proxy-protocol", plan.proxy_protocol),
        ("--script", talk.steps),
        ("--record", talk.record),
        ("--replay", talk.replay),
    ):
        if asked:
            raise BadUsage(option, f"goes with a stream, and {plan.target} is for datagrams")
