"""Bodies into devices and FIFOs."""

import hashlib

from tests.clients.fetch.downloads.origin import URL, Case, Origin
from tnet.clients.fetch.downloads.device import pour
from tnet.clients.fetch.downloads.opening import Opening
from tnet.clients.fetch.downloads.progress import Progress
from tnet.clients.fetch.output import Output
from tnet.errors import ChecksumMismatch, TooLarge
from tnet.events.kinds import TransferEnded


class Sink(Output):
    def __init__(self):
        self.data = b""

    async def write(self, data):
        self.data += data

    async def finish(self):
        pass

    async def discard(self):
        pass


class Pouring(Case):
    def pour(self, **keeping):
        client = self.client(Origin(b"hello" * 1000), **keeping)
        self.sink = Sink()

        async def poured():
            opening = await Opening.of(client, client.first_request(URL), 1, "first")
            return await pour(client, opening, self.sink, "/dev/x", Progress(self.world.context, 1))

        return poured()

    def test_everything(self):
        """In order, and its checksum is that of what was written."""
        digest = hashlib.sha256(b"hello" * 1000).hexdigest()
        self.assertEqual(self.done(self.pour(checksum=("sha256", digest))), "/dev/x")
        self.assertEqual(self.sink.data, b"hello" * 1000)
        self.assertEqual(self.world.recorder.of(TransferEnded)[0].checksum, f"sha256:{digest}")

    def test_a_wrong_checksum(self):
        """Case 28: it is told, though what is written is written."""
        error = self.fails(self.pour(checksum=("md5", "0" * 32)), ChecksumMismatch)
        self.assertEqual(error.path, "/dev/x")

    def test_a_limit(self):
        """Case 36: not more than that is written."""
        self.fails(self.pour(most_bytes=4500), TooLarge)
        self.assertEqual(len(self.sink.data), 4000)
