"""What the tests of HTTP/2 share: a client's end of one connection to a site, in memory, with time in its hands."""

from __future__ import annotations

from tests.protocols.http2.client import Client
from tests.servers.web.wire import Wire
from tnet.servers.web.carrying.preface import PREFACE


class Peer(Wire):
    """A `Wire` whose client speaks HTTP/2; `client` keeps what came.

    Settings of the client are `settings`.
    """

    def __init__(self, resource=None, site=None, *, settings=None, **options):
        super().__init__(resource, site, **options)
        self.client = Client(**(settings or {}))
        self.send(PREFACE + self.client.says())
        self.settle()

    def send(self, *pieces):
        """Let `pieces` arrive, and let the client hear what comes back."""
        super().send(*pieces)
        self.settle()

    def settle(self):
        """Carry bytes to and fro until nobody has anything to say."""
        for _ in range(1000):
            self.clock.advance(0)
            said = self.socket.value()
            self.socket.clear()
            self.client.hears(said)
            if not (said := self.client.says()) or self.socket.disconnecting:
                break
            super().send(said)
        return self

    def ask(self, *fields, **options):
        """Let a request arrive: the number of its stream."""
        stream = self.client.h2.get_next_available_stream_id()
        self.send(self.client.asks(*fields, **options))
        return stream

    def pour(self, stream, body, end=True):
        """Let a body arrive, as far as the server takes it."""
        self.send(self.client.pours(stream, body, end=end))

    def deaf(self, *pieces):
        """Let `pieces` arrive at a server whose answers nobody hears yet."""
        super().send(*pieces)
        self.clock.advance(0)

    @property
    def closing(self):
        """Whether the connection is at its end."""
        return self.socket.disconnecting or self.socket.half_closed or self.socket.aborted
