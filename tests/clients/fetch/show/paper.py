"""What the tests of this folder share: an output in memory, and bodies in pieces."""

from twisted.internet.defer import Deferred

from tnet.clients.fetch.output import Output


class Paper(Output):
    """Keeps each piece that is written."""

    def __init__(self):
        self.pieces = []
        self.finished = self.discarded = False

    @property
    def data(self):
        """All that was written."""
        return b"".join(self.pieces)

    async def write(self, data):
        self.pieces.append(data)

    async def finish(self):
        self.finished = True

    async def discard(self):
        self.discarded = True


class Body:
    """Gives these pieces, one a call, and then nothing; `asked` counts the calls."""

    def __init__(self, *pieces):
        self._pieces = list(pieces)
        self.asked = 0

    async def __call__(self):
        self.asked += 1
        return self._pieces.pop(0) if self._pieces else b""


def start(work):
    """The coroutine's Deferred."""
    return Deferred.fromCoroutine(work)
