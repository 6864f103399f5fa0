"""`download`: what is at a URL, or at the first of several mirrors, becomes a file."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tnet.clients.fetch.client import Client
from tnet.clients.fetch.downloads.device import pour
from tnet.clients.fetch.downloads.download import Download
from tnet.clients.fetch.downloads.opening import Opening
from tnet.clients.fetch.downloads.progress import Progress
from tnet.clients.fetch.downloads.source import Source
from tnet.clients.fetch.downloads.target import Target
from tnet.clients.fetch.output import Output, open_in_place
from tnet.clients.fetch.retries import persist
from tnet.plans.fetch import Keeping
from tnet.protocols.disposition import name_from_url


async def download(client: Client, urls: Sequence[str], transfer: int) -> str:
    """Keep what is at `urls` (mirrors of one thing) in the file that the plan names, or the answer, or the first URL.

    The path of the file, which is complete and has its checksum. What fails is tried again as the plan allows.

    Raises: TnetError: of the client; CannotWrite, HttpStatusRefused, RangeRefused, TooLarge, ChecksumMismatch.
    """
    source = Source(client, urls, transfer)
    target = _target(client.plan.keeping, source)
    progress = Progress(client.context, transfer)
    output = await open_in_place(target.path, client.context.workers) if target.replaces else None
    if output is not None:
        return await _into_device(client, source, output, target.path, progress)
    work = Download(client, source, target, progress)
    try:
        return await persist(work.attempt, client.plan.retrying, client.context, transfer, source.request)
    except BaseException as error:
        await work.give_up(error)
        raise


async def _into_device(client: Client, source: Source, output: Output, path: str, progress: Progress) -> str:
    """Nothing is tried again once something was written."""

    async def ask(number: int) -> Opening:
        return await source.open(None, number)

    try:
        async with output:
            opening = await persist(ask, client.plan.retrying, client.context, source.transfer, source.request)
            return await pour(client, opening, output, path, progress)
    except BaseException as error:
        progress.fail(error)
        raise


def _target(keeping: Keeping, source: Source) -> Target:
    folder = keeping.folder or ""
    if keeping.path is not None:
        return Target.at(os.path.join(folder, keeping.path), replaces=True)
    return Target.at(os.path.join(folder, name_from_url(source.request.url)), replaces=False)
