"""A body into what is no regular file, a device or a FIFO: written to as it comes, without a second try."""

from __future__ import annotations

import sys

from tnet.clients.fetch.client import Client
from tnet.clients.fetch.downloads.hashing import Hashing
from tnet.clients.fetch.downloads.opening import Opening
from tnet.clients.fetch.downloads.progress import Progress
from tnet.clients.fetch.output import Output
from tnet.errors import ChecksumMismatch, TooLarge


async def pour(client: Client, opening: Opening, output: Output, path: str, progress: Progress) -> str:
    """Write the whole body of `opening` to `output`, which is at `path`; `path`.

    Raises: what reading and writing raise; TooLarge; ChecksumMismatch, though what was written stays written.
    """
    keeping = client.plan.keeping
    algorithm, expected = keeping.checksum or (None, "")
    hashing, done, most = Hashing(algorithm), 0, keeping.most_bytes or sys.maxsize
    async with opening as response:
        progress.start(str(response.request.url), path, response.head.length, 0)
        while data := await response.read():
            if done + len(data) > most:
                raise TooLarge("the body", most)
            await output.write(data)
            await client.context.workers.run(hashing.feed, done, (data,))
            done += len(data)
            progress.move(done)
        if algorithm is not None and hashing.digest != expected:
            raise ChecksumMismatch(path, algorithm, expected, hashing.digest)
    progress.end(path, "ok", f"{algorithm}:{expected}" if algorithm else None)
    return path
