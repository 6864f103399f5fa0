"""An HTTP/2 server in memory: h2 from the other side, and bare frames where h2 is too well-behaved."""

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamReset
from h2.settings import SettingCodes, Settings

from tnet.protocols.http2.frames import SETTINGS


def frame(kind, payload=b"", *, flags=0, stream=0):
    """One frame's bytes."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def goaway(last, code=0, words=b""):
    """A GOAWAY's bytes."""
    return frame(7, last.to_bytes(4, "big") + code.to_bytes(4, "big") + words)


START = frame(SETTINGS)


class Server:
    """`hears` takes what a client sent and keeps what it means; `says` is what the server has to send since."""

    def __init__(self, **settings):
        careless = {"validate_outbound_headers": False, "normalize_outbound_headers": False}
        self.h2 = H2Connection(H2Configuration(client_side=False, **careless))
        values = {SettingCodes[name]: value for name, value in settings.items()}
        self.h2.local_settings = Settings(client=False, initial_values=values)
        self.h2.decoder.max_allowed_table_size = self.h2.local_settings.header_table_size
        self.h2.initiate_connection()
        self.events = []

    def hears(self, data):
        self.events += self.h2.receive_data(data) if data else []
        return self

    def says(self):
        return self.h2.data_to_send()

    def answers(self, stream, status=200, *fields, body=None, end=True):
        """What an answer looks like on the wire; with a body of None it ends with its head."""
        head = [(":status", str(status)), *fields]
        self.h2.send_headers(stream, head, end_stream=end and body is None)
        for at in range(0, len(body or b""), 16384):
            self.h2.send_data(stream, body[at : at + 16384])
        if body is not None and end:
            self.h2.end_stream(stream)
        return self.says()

    @property
    def requests(self):
        """The fields of each request, in order."""
        return [dict(event.headers) for event in self.events if isinstance(event, RequestReceived)]

    @property
    def resets(self):
        """The streams that the client has cut, with its codes."""
        return [(event.stream_id, int(event.error_code)) for event in self.events if isinstance(event, StreamReset)]

    def body(self, stream):
        """What came of a body."""
        return b"".join(e.data for e in self.events if isinstance(e, DataReceived) and e.stream_id == stream)
