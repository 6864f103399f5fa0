"""One transfer: a URL, or mirrors of one thing, asked for until there is an answer, and what becomes of that."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from twisted.internet.defer import DeferredLock

from tnet.clients.fetch.client import Client, Response
from tnet.clients.fetch.deadline import Deadline
from tnet.clients.fetch.outgoing import open_body
from tnet.clients.fetch.report.ledger import Ledger
from tnet.clients.fetch.request import Request, encoded, mask_request
from tnet.clients.fetch.retries import Attempt, persist
from tnet.clients.fetch.show.presenter import Presenter
from tnet.errors import HttpStatusRefused, TnetError, status_report
from tnet.protocols.masks import mask_url


@dataclass(frozen=True, slots=True)
class Stage:
    """Where answers appear: standard output, which transfers take in turn."""

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
        self._began = client.context.clock()

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
            from tnet.clients.fetch.downloads import download, target_of

            target = target_of(self._plan.keeping, self._client.first_request(self.urls[0]).url)
            self._ledger.keeps(self.number, target.path)
            await download(self._client, self.urls, self.number)
            if (head := self._client.heads.get(self.number)) is not None:
                await self._stage.presenter.response_head(head)
        elif showing.stream and not showing.report:
            await self._stream()
        else:
            await self._show()

    # ── to standard output ──

    async def _show(self) -> None:
        request = self._client.first_request(self.urls[0])

        async def attempt(this: Attempt) -> None:
            await self._attempt(request, this)

        try:
            await persist(attempt, self._plan.retrying, self._client.context, self.number, request)
        except _Begun as begun:
            assert begun.__cause__ is not None, "it was raised from an error"
            raise begun.__cause__ from None

    async def _ask(self, request: Request, this: Attempt) -> AbstractAsyncContextManager[Response]:
        """The block in which there is an answer; of several mirrors the first that is good."""
        if len(self.urls) == 1:
            return self._client.ask(request, self.number, "first" if this.number == 1 else "retry")
        from tnet.clients.fetch.downloads.source import Source

        return await Source(self._client, self.urls, self.number).open(None, this)

    async def _attempt(self, request: Request, this: Attempt) -> None:
        async with await self._ask(request, this) as response:
            if (again := this.again(request, response.head)) is not None:
                await self._client.drain(response.exchange)
                raise again
            self._refuse(response)
            if self._plan.showing.report:
                while await response.read():
                    pass
                return
            await self._stage.turn.acquire()
            try:
                await self._show_heads(response)
                await self._stage.presenter.body(response.head, response.read)
                await self._show_metadata(response)
            except TnetError as error:
                raise _Begun from error
            finally:
                self._stage.turn.release()

    async def _show_heads(self, response: Response) -> None:
        """Show what comes before a body: the request, and the answer's head."""
        presenter, request = self._stage.presenter, response.request
        if presenter.shows("H") or presenter.shows("B"):
            await self._show_request(request)
        await presenter.response_head(response.head)

    async def _show_request(self, request: Request) -> None:
        presenter, shown = self._stage.presenter, request
        if not self._plan.showing.show_secrets:
            shown = mask_request(request)
        if request.body is None or not request.body.resendable:
            await presenter.request_head(encoded(shown, length=None))
            return
        body = await open_body(request.body, self._client.context)
        try:
            await presenter.request_head(encoded(shown, length=body.length))
            await presenter.request_body(body.read, request.value("content-type") or "")
        finally:
            body.close()

    async def _show_metadata(self, response: Response) -> None:
        exchange = response.exchange
        await self._stage.presenter.metadata(
            {
                "URL": str(response.request.url),
                "HTTP version": response.head.version,
                "Peer": exchange.peer,
                "Elapsed time": f"{self._client.context.clock() - self._began:.6f} s",
                "Body": f"{response.bytes} bytes, {response.wire_bytes} on the wire",
            }
        )

    async def _stream(self) -> None:
        from tnet.clients.fetch.streaming import stream

        async def answered(response: Response) -> None:
            self._refuse(response)
            await self._show_heads(response)

        request = self._client.first_request(self.urls[0])
        await stream(self._client, request, self.number, self._stage.presenter.write, answered)

    def _refuse(self, response: Response) -> None:
        head = response.head
        if self._plan.fail and head.status >= 400:
            raise HttpStatusRefused(mask_url(str(response.request.url)), head.status, head.reason.decode("latin-1"))

    # ── afterwards ──

    def _judge(self) -> None:
        """Whether what came is what was to come, and as fast.

        Raises: SloMissed; what `status_report` gives.
        """
        head = self._client.heads.pop(self.number, None)
        if self._plan.check_status and head is not None and head.status >= 300:
            raise status_report(mask_url(self.urls[0]), head.status, head.reason.decode("latin-1"))
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

        output, context = self._stage.presenter, self._client.context
        told = (self._ledger, self.number, self.urls[0], error, showing, output, context)
        await self._stage.turn.run(tell, *told, several=self.urls != self._plan.urls)
