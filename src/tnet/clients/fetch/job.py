"""The whole of a fetch: every URL a transfer, as many at once as was asked for, and what is left to do in the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from twisted.internet.defer import CancelledError, Deferred, DeferredLock, FirstError, gatherResults

from tnet.clients.fetch.client import Client
from tnet.clients.fetch.report.ledger import Ledger
from tnet.clients.fetch.show.presenter import Presenter, open_presenter
from tnet.clients.fetch.transfer import Stage, Transfer
from tnet.errors import Ended, ExitStatus, PartlyFailed, TnetError
from tnet.net.context import Context
from tnet.plans.fetch import FetchPlan
from tnet.plans.urls import parse_url
from tnet.protocols.masks import mask_url

if TYPE_CHECKING:
    from tnet.clients.fetch.hsts import Hsts


async def fetch(plan: FetchPlan, context: Context, *, stdout: int = 1) -> ExitStatus:
    """Do what the plan asks; `stdout` is the descriptor that stands for standard output.

    Raises: a TnetError for what keeps a transfer from being complete; PartlyFailed where there are several.
    """
    for caution in plan.cautions:
        context.publisher.log("warning", caution)
    if plan.input_file is not None:
        from tnet.clients.fetch.listed import listed_urls

        plan = replace(plan, urls=(*plan.urls, *await listed_urls(plan.input_file, context)))
    await _Command(plan, context).run(stdout)
    return ExitStatus.OK


class _Command:
    """The transfers of one plan."""

    def __init__(self, plan: FetchPlan, context: Context) -> None:
        self._plan = plan
        self._context = context
        self._ledger = Ledger.opened(plan.showing, context.publisher)
        self._running: Deferred[None] | None = None
        self._broken: TnetError | None = None
        self._failed = 0

    async def run(self, stdout: int) -> None:
        """Carry out everything; when nobody reads standard output any more, that is the end."""
        self._running = Deferred.fromCoroutine(self._all(stdout))
        try:
            await self._running
        except CancelledError:
            if self._broken is not None:
                raise self._broken from None
            raise

    def _break(self, error: TnetError) -> None:
        """Nobody reads what we write: end, but not in the middle of the writing that found it out."""
        self._broken = error
        if self._running is not None:
            self._context.reactor.callLater(0, self._running.cancel)

    async def _all(self, stdout: int) -> None:
        async with open_presenter(self._plan.showing, self._context, stdout, self._break) as presenter:
            hsts = await self._upgrade() if self._plan.memory.hsts is not None else None
            if self._plan.dry is None:
                from tnet.clients.fetch.places import make_ready

                await make_ready(self._plan, self._context)
            client = await Client.open(self._plan, self._context, self._ledger, hsts)
            if self._plan.dry is not None:
                from tnet.clients.fetch.dry import rehearse

                await rehearse(client, self._plan.urls, presenter.write)
                return
            try:
                await self._carry_out(client, presenter)
            finally:
                await client.close()
                await self._archive()

    async def _upgrade(self) -> Hsts:
        """Who wants https alone; the URLs of the plan become what that makes of them."""
        from tnet.clients.fetch.hsts import Hsts

        hsts = await Hsts.open(self._plan.memory.hsts or "", self._context)
        urls = tuple(str(hsts.upgraded(parse_url(url))) for url in self._plan.urls)
        for before, after in zip(self._plan.urls, urls, strict=True):
            if after != before:
                self._context.publisher.log("debug", f"{mask_url(before)} is asked over https, as its host wants")
        self._plan = replace(self._plan, urls=urls)
        return hsts

    async def _carry_out(self, client: Client, presenter: Presenter) -> None:
        stage = Stage(presenter, DeferredLock())
        groups = [self._plan.urls] if self._plan.race else [(url,) for url in self._plan.urls]
        transfers = [Transfer(number, urls, client, self._ledger, stage) for number, urls in enumerate(groups, 1)]
        if len(transfers) == 1:
            await transfers[0].run()
            return
        await self._side_by_side(iter(transfers))
        if self._failed:
            raise PartlyFailed(self._failed, len(transfers))

    async def _side_by_side(self, transfers: Iterator[Transfer]) -> None:
        """As many at once as the plan says, each of which takes the next transfer when it is through with one."""
        running = [Deferred.fromCoroutine(self._one_by_one(transfers)) for _ in range(self._plan.parallel)]
        try:
            await gatherResults(running, consumeErrors=True)
        except FirstError as first:
            first.subFailure.raiseException()
        finally:
            for each in running:
                each.cancel()

    async def _one_by_one(self, transfers: Iterator[Transfer]) -> None:
        for transfer in transfers:
            try:
                await transfer.run()
            except Ended:
                raise
            except TnetError as error:
                self._failed += 1
                self._context.publisher.log("error", _naming(mask_url(transfer.urls[0]), str(error)), error.hint)

    async def _archive(self) -> None:
        if self._plan.showing.har is not None:
            from tnet.clients.fetch.report.telling import archive_to

            await archive_to(self._plan.showing.har, self._ledger, self._plan.showing, self._context.workers)


def _naming(url: str, text: str) -> str:
    """The text of an error, which says what it is about."""
    return text if url in text else f"{url}: {text}"
