"""A body that is being kept: its file, what is there of it, and what vouches for that."""

from __future__ import annotations

import sys
from dataclasses import replace

from twisted.internet.defer import Deferred

from tnet.clients.fetch.client import Response
from tnet.clients.fetch.downloads.flow import Flow, Store
from tnet.clients.fetch.downloads.progress import Progress
from tnet.clients.fetch.downloads.ranges import Claim, Ranges
from tnet.clients.fetch.downloads.sidecar import Sidecar
from tnet.errors import BodyCutShort, MalformedReply, TnetError, TooLarge
from tnet.net.context import Context

SAVE_SECONDS = 0.5


class Body:
    """What streams bring of one version of a body goes into `store`; with a sidecar another run can go on with it.

    Units: `most_bytes` of it are taken (0: no limit).
    """

    def __init__(
        self,
        store: Store,
        ranges: Ranges,
        sidecar: Sidecar | None,
        progress: Progress,
        context: Context,
        most_bytes: int,
    ) -> None:
        self.ranges = ranges
        self.sidecar = sidecar
        self._store = store
        self._progress = progress
        self._context = context
        self._most_bytes = most_bytes or sys.maxsize
        self._saved = context.clock()
        self._saving: Deferred[None] | None = None

    async def receive(self, response: Response, claim: Claim) -> None:
        """Keep what `response` brings, until `claim` has all that it is for.

        What came before an error is kept too, unless writing is what failed.

        Raises: CannotWrite, TooLarge, MalformedReply for more than was announced, BodyCutShort for less.
        """
        flow = Flow(self._store, claim, self._context, self._kept)
        try:
            try:
                await self._take(response, claim, flow)
            except TnetError:
                await flow.flush()
                raise
            await flow.flush()
        finally:
            flow.leave()

    async def _take(self, response: Response, claim: Claim, flow: Flow) -> None:
        while data := await response.read():
            if claim.got + len(data) > claim.reach:
                raise MalformedReply(response.request.url.authority, "it sent more than it had announced")
            data = data[: claim.left]
            claim.got += len(data)
            if claim.got > self._most_bytes:
                raise TooLarge("the body", self._most_bytes)
            await flow.add(data)
            if not claim.left and claim.end < claim.reach:
                return
        if self.ranges.total is None:
            self.ranges.end_at(claim.got)
        elif claim.left:
            raise BodyCutShort(claim.got, self.ranges.total)

    async def save(self) -> None:
        """Let the sidecar vouch for everything that is there.

        Raises: OSError.
        """
        await self._context.workers.run(self._store.save, self._vouched())

    def _kept(self) -> None:
        """More is written: tell of it, and now and then let the sidecar vouch for it, while the rest comes."""
        self._progress.move(self.ranges.done_bytes)
        if self._saving is None and (now := self._context.clock()) - self._saved >= SAVE_SECONDS:
            self._saved = now
            self._saving = self._context.workers.run(self._store.save, self._vouched())
            self._saving.addBoth(self._rested)

    def _rested(self, _: object) -> None:
        """A sidecar that could not be written leaves the one before it, which holds as well."""
        self._saving = None

    def _vouched(self) -> Sidecar | None:
        return None if self.sidecar is None else replace(self.sidecar, done=self.ranges.done)
