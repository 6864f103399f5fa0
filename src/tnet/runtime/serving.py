"""Serving: a tool's factory behind its gate, on its listeners, until it is asked to stop; then the drain."""

from __future__ import annotations

from contextlib import suppress

from twisted.internet.defer import CancelledError, Deferred, TimeoutError, gatherResults
from twisted.internet.interfaces import IProtocolFactory

from tnet.errors import BadUsage, ExitStatus, TnetError
from tnet.events.kinds import Draining, Listening
from tnet.net.context import Context
from tnet.net.datagrams.port import DatagramService
from tnet.net.gate import Gate
from tnet.net.listen import Bound, Service, listen_everywhere
from tnet.net.server import Server
from tnet.net.tap import Tap
from tnet.net.tls.serving import ServerTls
from tnet.plans import ListenAddress, TcpAddress, UdpAddress
from tnet.plans.serve import ServePlan
from tnet.runtime.descriptors import raise_descriptor_limit
from tnet.runtime.dotted import load
from tnet.runtime.lag import LagWatch

CLOSE_SECONDS = 2.0
CUT_SECONDS = 0.5


async def serve(plan: ServePlan, context: Context) -> ExitStatus:
    """The job of every `tnet serve`: serve until cancelled, then drain; a second cancellation cuts the drain."""
    serving = Serving(plan, context)
    await serving.start()
    try:
        await Deferred[None]()
    except CancelledError:
        await serving.drain("asked to stop")
    return ExitStatus.OK


class Serving:
    """One server, from its first listener to its last connection."""

    def __init__(self, plan: ServePlan, context: Context) -> None:
        self._plan = plan
        self._context = context
        self._server: Server | None = None
        self._tls: ServerTls | None = None
        self._gate: Gate | None = None
        self._bound: list[Bound] = []
        self._lag = LagWatch(context)

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        return self._gate.connections if self._gate else 0

    async def start(self) -> None:
        """Open what the tool needs, then every listener; nothing is left open when one of them fails.

        Raises: TnetError: the accounts, the certificate, or the address cannot be used.
        """
        raise_descriptor_limit()
        self._server = await load(self._plan.offer)(self._plan, self._context)
        try:
            await self._listen(self._server)
        except BaseException:
            await self._stop_listening()
            await self._server.close()
            raise
        greeting = self._server.greet([bound.address for bound in self._bound])
        self._context.note(self._server.notes + greeting + self._trust_note())
        self._context.on_hangup(lambda: Deferred.fromCoroutine(self.reload()))
        self._lag.start()

    async def reload(self) -> None:
        """Read users, keys and certificates anew; whatever is bad leaves the old ones in place, and is told."""
        assert self._server is not None
        failed = False
        for read in (self._server.reload, *([self._tls.reload] if self._tls else [])):
            try:
                await read()
            except TnetError as error:
                failed = True
                self._context.publisher.log("error", f"reload: {error}", "the old one stays in use")
        if not failed:
            self._context.publisher.log("info", "reloaded")

    async def drain(self, reason: str) -> None:
        """Accept no more, say goodbye, wait for the connections to end, then close what is left."""
        assert self._server is not None
        assert self._gate is not None
        self._lag.stop()
        seconds = self._plan.limits.drain_seconds
        self._context.publisher.emit(Draining, connections=self.connections, seconds=seconds, reason=reason)
        try:
            await self._stop_listening()
            self._server.goodbye()
            if not await self._emptied(self._gate, seconds):
                self._gate.lose_all()
                await self._emptied(self._gate, CLOSE_SECONDS)
        except CancelledError:
            pass
        await self._cut(self._gate)
        await self._server.close()

    async def _listen(self, server: Server) -> None:
        tapped = Tap(server.factory, self._context.publisher, role="server")
        plain = self._gate = Gate(tapped, self._plan.limits, self._context, descriptors=server.descriptors)
        secured: IProtocolFactory = plain
        if self._plan.tls is not None:
            self._tls = await ServerTls.open(self._plan.tls, self._context, self._plan.listen, alpn=server.alpn)
            secured = plain.around(self._tls.wrap(tapped))

        def served(address: ListenAddress) -> Service:
            if isinstance(address, UdpAddress):
                return self._datagrams(server, address)
            return secured if address.tls else plain

        self._bound = await listen_everywhere([(each, served(each)) for each in self._plan.listen], self._context)
        for bound in self._bound:
            self._announce(bound)

    def _datagrams(self, server: Server, address: UdpAddress) -> DatagramService:
        if server.datagrams is None:
            raise BadUsage("--listen", f"serve {self._plan.tool} has nothing to say in datagrams, as {address} wants")
        return DatagramService(server.datagrams, self._plan.limits, self._context)

    def _trust_note(self) -> tuple[str, ...]:
        authority = self._tls.authority_file if self._tls else None
        return (f"tnet trusts this certificate; others need {authority}",) if authority else ()

    def _announce(self, bound: Bound) -> None:
        address = bound.address
        kind = {TcpAddress: "tcp", UdpAddress: "udp"}.get(type(address), "unix")
        ip = address if isinstance(address, TcpAddress | UdpAddress) else None
        self._context.publisher.emit(
            Listening,
            tool=self._plan.tool,
            endpoint=str(address),
            transport=kind,
            server_address=ip.host if ip else str(address),
            server_port=ip.port if ip else None,
            tls=address.tls,
        )

    async def _stop_listening(self) -> None:
        bound, self._bound = self._bound, []
        await gatherResults([each.stop() for each in bound], consumeErrors=True)

    async def _cut(self, gate: Gate) -> None:
        """End every connection now; their ends are still part of the story."""
        gate.abort_all()
        with suppress(CancelledError):
            await self._emptied(gate, CUT_SECONDS)

    async def _emptied(self, gate: Gate, seconds: float) -> bool:
        """Whether every connection ended within `seconds`."""
        try:
            await gate.when_empty().addTimeout(seconds, self._context.reactor)
        except TimeoutError:
            return False
        return True
