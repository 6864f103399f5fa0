"""One transfer: a URL, or mirrors of one thing, asked for until there is an answer, and what becomes of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twisted.internet.defer import DeferredLock

from tnet.clients.fetch.client import Client, Response
from tnet.clients.fetch.deadline import Deadline
from tnet.clients.fetch.report.ledger import Ledger
from tnet.clients.fetch.request import Request
from tnet.clients.fetch.retries import persist, refusal
from tnet.clients.fetch.show.presenter import Presenter
from tnet.clients.fetch.show.stdout import Stdout
from tnet.errors import HttpStatusRefused, TnetError, status_report


@dataclass(frozen=True, slots=True)
class Stage:
    """Where answers appear: standard output, which transfers take in turn."""

    output: Stdout
    presenter: Presenter
    turn: DeferredLock


class _Begun(Exception):
    """Something was written already: another attempt would write it twice."""


class Transfer:
    """Number `number` of a command, for `urls`."""

    def __init__(self, number: int, urls: Sequence[str], client: Client, ledger: Ledger, stage: Stage) -> None:
        self.number = number
        self.urls = tuple(urls)
        self._client = client
        self._plan = client.plan
        self._ledger = ledger
        self._stage = stage

    async def run(self) -> None:
        """Carry it out, and tell of it afterwards, however it went.

        Raises: TnetError.
        """
        deadline = Deadline(self._plan.patience.total_seconds, self.number, self._client.context)
        try:
            await deadline.hold(self._deliver())
            self._judge()
        except TnetError as error:
            await self._tell(error)
            raise
        await self._tell(None)

    async def _deliver(self) -> None:
        showing = self._plan.showing
        if self._plan.keeping.to_file and self._plan.method != "HEAD":
            from tnet.clients.fetch.downloads import download

            await download(self._client, self.urls, self.number)
        elif showing.stream and not showing.report:
            await self._stream()
        else:
            await self._show()

    # ── to standard output ──

    async def _show(self) -> None:
        request = self._client.first_request(self.urls[0])

        async def attempt(number: int) -> None:
            await self._attempt(request, number)

        try:
            await persist(attempt, self._plan.retrying, self._client.context, self.number, request)
        except _Begun as begun:
            assert begun.__cause__ is not None, "it was raised from an error"
            raise begun.__cause__ from None

    async def _attempt(self, request: Request, number: int) -> None:
        async with self._client.ask(request, self.number, "first" if number == 1 else "retry") as response:
            again = refusal(request, response.head, self._client.context.reactor.seconds())
            if again is not None and number <= self._plan.retrying.times:
                raise again
            self._refuse(response)
            if self._plan.showing.report:
                while await response.read():
                    pass
                return
            await self._stage.turn.acquire()
            try:
                await self._stage.presenter.present(response)
            except TnetError as error:
                raise _Begun from error
            finally:
                self._stage.turn.release()

    async def _stream(self) -> None:
        from tnet.clients.fetch.streaming import stream

        async def answered(response: Response) -> None:
            self._refuse(response)

        request = self._client.first_request(self.urls[0])
        await stream(self._client, request, self.number, self._stage.output.write, answered)

    def _refuse(self, response: Response) -> None:
        head = response.head
        if self._plan.fail and head.status >= 400:
            raise HttpStatusRefused(str(response.request.url), head.status, head.reason.decode("latin-1"))

    # ── afterwards ──

    def _judge(self) -> None:
        """Whether what came is what was to come, and as fast.

        Raises: SloMissed; what `status_report` gives.
        """
        head = self._client.heads.pop(self.number, None)
        if self._plan.check_status and head is not None and head.status >= 300:
            raise status_report(self.urls[0], head.status, head.reason.decode("latin-1"))
        if self._plan.showing.slo:
            from tnet.clients.fetch.report.account import account_of
            from tnet.clients.fetch.report.slo import judge

            judge(self._plan.showing.slo, account_of(self._ledger, self.number, self.urls[0]).times)

    async def _tell(self, error: TnetError | None) -> None:
        """Write the report and what `--write-out` asks for."""
        showing = self._plan.showing
        if not showing.report and showing.write_out is None:
            return
        from tnet.clients.fetch.report.telling import tell

        output, context = self._stage.output, self._client.context
        await self._stage.turn.run(tell, self._ledger, self.number, self.urls[0], error, showing, output, context)
