"""One body into one file: begun, gone on with, or begun anew, until it is complete and checked, and has its name."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar, cast

from tnet.clients.fetch.client import Client, Response
from tnet.clients.fetch.downloads.answers import Changed, Meaning, Wanted, meaning, version_of
from tnet.clients.fetch.downloads.body import Body
from tnet.clients.fetch.downloads.hashing import checked, digest_of
from tnet.clients.fetch.downloads.opening import Opening
from tnet.clients.fetch.downloads.part import Part
from tnet.clients.fetch.downloads.progress import Progress
from tnet.clients.fetch.downloads.ranges import Claim, Ranges
from tnet.clients.fetch.downloads.sidecar import Sidecar
from tnet.clients.fetch.downloads.source import Source
from tnet.clients.fetch.downloads.streams import Streams
from tnet.clients.fetch.downloads.target import Target, refuse_unwritable
from tnet.clients.fetch.retries import Attempt
from tnet.errors import ChecksumMismatch, TooLarge, cannot_write
from tnet.protocols.disposition import file_name

P = ParamSpec("P")
R = TypeVar("R")


class Download:
    """What `source` gives, on its way to `target`. Call `attempt` until it succeeds, and `give_up` when it does not.

    A later attempt goes on where the one before it failed, if the version of the body allows that.
    """

    def __init__(self, client: Client, source: Source, target: Target, progress: Progress) -> None:
        self._context = client.context
        self._plan = client.plan
        self._keeping = client.plan.keeping
        self._algorithm = self._keeping.checksum[0] if self._keeping.checksum else None
        self._source = source
        self._target = target
        self._progress = progress
        self._streams = self._keeping.segments
        self._part: Part | None = None
        self._body: Body | None = None
        self._complete_bytes: int | None = None

    async def attempt(self, this: Attempt) -> str:
        """Bring what is missing; the path of the file.

        Raises: TnetError; Again for an answer that is no answer yet.
        """
        if this.number == 1:
            await self._prepare()
        while (path := await self._round(this)) is None:
            await self._drop()
        return path

    async def give_up(self, error: BaseException) -> None:
        """It failed: what is there stays, if another run can go on with it."""
        self._progress.fail(error)
        part, body = self._part, self._body
        if part is None or body is None:
            return
        kept = body.ranges.done_bytes
        lasts = body.sidecar is not None and part.resumable and self._keeping.keep_part
        with suppress(OSError):
            if not kept or not lasts or isinstance(error, ChecksumMismatch):
                await self._context.workers.run(part.remove)
                return
            self._context.publisher.log("notice", f"{kept} bytes stay in {part.path}", "--resume goes on with them")
            try:
                await body.save()
            finally:
                await self._context.workers.run(part.close)

    # ── asking ──

    async def _prepare(self) -> None:
        """Look for what an earlier run left, or completed."""
        await self._in_thread(refuse_unwritable, self._target.path)
        if self._keeping.resume and self._source.divisible:
            part, said = await self._in_thread(_recalled, self._target, self._algorithm, self._source.urls)
            if part is not None and said is not None:
                self._keep(part, Ranges(said.total, said.done), said, said.name)
            else:
                self._complete_bytes = await self._in_thread(_size_of, self._target.path)

    def _wanted(self) -> Wanted | None:
        """What to ask for; None is everything."""
        body, size = self._body, self._complete_bytes
        if body is not None and body.sidecar is not None and body.ranges.done:
            total = body.sidecar.total
            return Wanted(*(body.ranges.gap or (total, total)), body.sidecar.version)
        return Wanted(size, size, None) if size is not None else None

    async def _round(self, this: Attempt) -> str | None:
        """Ask for what is missing, and take it; None when everything has to be begun anew."""
        wanted = self._wanted()
        try:
            opening = await self._source.open(wanted, this)
            async with opening as response:
                match meaning(response.head, wanted, response.request.url.authority):
                    case Meaning.USELESS:
                        return None
                    case Meaning.COMPLETE if self._body is None:
                        return await self._unchanged()
                    case Meaning.WHOLE:
                        await self._begin(response)
                await self._bring(opening, this)
                return await self._settle()
        except Changed:
            self._streams = 1
            return None

    async def _drop(self) -> None:
        """What is there is of no use."""
        self._complete_bytes = None
        part, self._part, self._body = self._part, None, None
        if part is not None:
            self._context.publisher.log("notice", f"{self._source.shown} has changed: it is fetched anew")
            await self._context.workers.run(part.close)

    # ── taking ──

    async def _begin(self, response: Response) -> None:
        """Everything anew, as `response` begins it."""
        head, old = response.head, self._part
        encoded = self._plan.compressed and bool(head.values(b"content-encoding"))
        total = None if encoded else head.length
        self._refuse_large(total)
        version = version_of(head) if self._source.divisible and not encoded else None
        name = None if self._target.replaces else file_name(head.values(b"content-disposition"))
        sidecar = Sidecar(self._source.url, version.validator, version.total, name) if version is not None else None
        self._part, self._body, self._complete_bytes = None, None, None
        part = await self._in_thread(_begun, self._target, sidecar, self._algorithm, old)
        self._keep(part, Ranges(total), sidecar, name)

    def _keep(self, part: Part, ranges: Ranges, sidecar: Sidecar | None, name: str | None) -> None:
        self._part = part
        self._body = Body(part, ranges, sidecar, self._progress, self._context, self._keeping.most_bytes)
        if name is not None:
            self._target = self._target.called(name)

    async def _bring(self, first: Opening, this: Attempt) -> None:
        """Read what the answer brings, and whatever else is missing then."""
        body = cast(Body, self._body)
        ranges, sidecar = body.ranges, body.sidecar
        self._refuse_large(ranges.total)
        self._progress.start(self._source.shown, self._target.path, ranges.total, ranges.done_bytes, self._streams)

        async def ask(claim: Claim) -> Opening:
            return await self._source.part(claim, cast(Sidecar, sidecar).version, this)

        if (claim := ranges.take()) is not None:
            await Streams(body, ask, self._streams, self._context).run(first, claim)

    async def _settle(self) -> str:
        """Check what is there, and give it its name."""
        part, total = cast(Part, self._part), cast(Body, self._body).ranges.total or 0
        while not await self._in_thread(part.hash_on, total):
            pass
        checksum = checked(self._target.path, part.digest, self._keeping.checksum)
        path = await self._in_thread(part.settle, self._target)
        self._part, self._body = None, None
        self._progress.end(path, "ok", checksum)
        return path

    async def _unchanged(self) -> str | None:
        """The file is there already, and as long as it is at its source."""
        size, path = self._complete_bytes or 0, self._target.path
        digest = await self._in_thread(digest_of, path, self._algorithm) if self._algorithm else ""
        try:
            checksum = checked(path, digest, self._keeping.checksum)
        except ChecksumMismatch:
            return None
        self._progress.start(self._source.shown, path, size, size)
        self._progress.end(path, "unchanged", checksum)
        return path

    def _refuse_large(self, total: int | None) -> None:
        most = self._keeping.most_bytes
        if most and (total or 0) > most:
            raise TooLarge("the body", most)

    async def _in_thread(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        try:
            return cast(R, await self._context.workers.run(work, *arguments, **named))
        except OSError as error:
            raise cannot_write(self._target.path, error) from error


def _recalled(target: Target, algorithm: str | None, urls: set[str]) -> tuple[Part | None, Sidecar | None]:
    """What an earlier run left of one of `urls`, if it did."""
    part = Part.lasting(target, algorithm)
    said = part.recall() if part is not None else None
    if part is None or (said is not None and said.url in urls):
        return part, said
    part.remove() if said is None else part.close()
    return None, None


def _begun(target: Target, sidecar: Sidecar | None, algorithm: str | None, old: Part | None) -> Part:
    """A file for a body that begins; `old` is what an earlier attempt was writing to."""
    if old is not None:
        old.close() if old.resumable and sidecar is not None else old.remove()
    part = (Part.lasting(target, algorithm) if sidecar is not None else None) or Part.passing(target, algorithm)
    try:
        part.begin(sidecar)
    except OSError:
        part.give_up()
        raise
    return part


def _size_of(path: str) -> int | None:
    """The size of the regular file that is there; None when there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None
