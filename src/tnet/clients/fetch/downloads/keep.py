"""`download`: what is at a URL, or at the first of several mirrors, becomes a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import cast

from tnet.clients.fetch.client import Client
from tnet.clients.fetch.downloads.body import Body
from tnet.clients.fetch.downloads.device import Device
from tnet.clients.fetch.downloads.download import Download
from tnet.clients.fetch.downloads.hashing import checked
from tnet.clients.fetch.downloads.opening import Opening
from tnet.clients.fetch.downloads.progress import Progress
from tnet.clients.fetch.downloads.ranges import Claim, Ranges
from tnet.clients.fetch.downloads.source import Source
from tnet.clients.fetch.downloads.target import Target
from tnet.clients.fetch.retries import Attempt, persist
from tnet.errors import cannot_write
from tnet.plans.fetch import Keeping
from tnet.plans.urls import Url
from tnet.protocols.disposition import name_from_url


async def download(client: Client, urls: Sequence[str], transfer: int) -> str:
    """Keep what is at `urls` (mirrors of one thing) in the file that the plan names, or the answer, or the first URL.

    The path of the file, which is complete and has its checksum. What fails is tried again as the plan allows.

    Raises: TnetError: of the client; CannotWrite, HttpStatusRefused, RangeRefused, TooLarge, ChecksumMismatch.
    """
    source = Source(client, urls, transfer)
    target = target_of(client.plan.keeping, source.request.url)
    progress = Progress(client.context, transfer, chosen=target.replaces)
    device = await _device(client, target) if target.replaces else None
    if device is not None:
        return await _into_device(client, source, device, progress)
    work = Download(client, source, target, progress)
    try:
        return await persist(work.attempt, client.plan.retrying, client.context, transfer, source.request)
    except BaseException as error:
        await work.give_up(error)
        raise


async def _device(client: Client, target: Target) -> Device | None:
    checksum = client.plan.keeping.checksum
    algorithm = checksum[0] if checksum else None
    try:
        return cast("Device | None", await client.context.workers.run(Device.at, target.path, algorithm))
    except OSError as error:
        raise cannot_write(target.path, error) from error


async def _into_device(client: Client, source: Source, device: Device, progress: Progress) -> str:
    """Only the asking is tried again: what is written is written."""
    context, keeping = client.context, client.plan.keeping

    async def ask(this: Attempt) -> Opening:
        return await source.open(None, this)

    try:
        opening = await persist(ask, client.plan.retrying, context, source.transfer, source.request)
        async with opening as response:
            progress.start(source.shown, device.path, response.head.length, 0)
            ranges = Ranges(None)
            body = Body(device, ranges, None, progress, context, keeping.most_bytes)
            await body.receive(response, cast(Claim, ranges.take()))
        checksum = checked(device.path, device.digest, keeping.checksum)
    except BaseException as error:
        progress.fail(error)
        raise
    finally:
        await context.workers.run(device.close)
    progress.end(device.path, "ok", checksum)
    return device.path


def target_of(keeping: Keeping, url: Url) -> Target:
    """Where what is at `url` is kept, as long as no answer has another name for it."""
    folder = keeping.folder or ""
    if keeping.path is not None:
        return Target.at(os.path.join(folder, keeping.path), replaces=True)
    return Target.at(os.path.join(folder, name_from_url(url)), replaces=False)
