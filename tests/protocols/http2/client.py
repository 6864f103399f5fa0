"""An HTTP/2 client in memory: h2 from the other side, and bare frames where h2 is too well-behaved."""

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.settings import SettingCodes, Settings
from hpack.hpack import Encoder

from tests.protocols.http2.server import frame

PREFACE_BYTES = 24
GET = [(":method", "GET"), (":scheme", "https"), (":authority", "h"), (":path", "/")]


def block(*fields):
    """A header block without memory, of whatever fields."""
    encoder = Encoder()
    encoder.header_table_size = 0
    return encoder.encode([(name, value, True) for name, value in fields])


def headers(stream, *fields, flags=0x5):
    """A HEADERS frame of fields that h2 would not send."""
    return frame(1, block(*fields), flags=flags, stream=stream)


def cut(stream, code):
    """A RST_STREAM frame."""
    return frame(3, code.to_bytes(4, "big"), stream=stream)


def request(*fields, **pseudo):
    """The fields of a GET, some of its pseudo-fields replaced, or left out where they are None."""
    named = {name[1:]: value for name, value in GET} | pseudo
    return [(f":{name}", value) for name, value in named.items() if value is not None] + list(fields)


class Client:
    """`says` is what the client has to send since, without the preface at first; `hears` takes what the server sent."""

    def __init__(self, **settings):
        careless = {"validate_outbound_headers": False, "normalize_outbound_headers": False}
        self.h2 = H2Connection(H2Configuration(client_side=True, **careless))
        values = {SettingCodes[name]: value for name, value in settings.items()}
        self.h2.local_settings = Settings(client=True, initial_values={SettingCodes.ENABLE_PUSH: 0} | values)
        self.h2.initiate_connection()
        self.h2.increment_flow_control_window(1 << 24)
        self.events = []
        self._preface = PREFACE_BYTES

    def says(self):
        """Bytes for the server."""
        said, cut, self._preface = self.h2.data_to_send(), self._preface, 0
        return said[cut:]

    def asks(self, *fields, body=None, end=True, **pseudo):
        """The bytes of a request, on the next stream; with a body of None it ends with its head."""
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, request(*fields, **pseudo), end_stream=end and body is None)
        return self.says() if body is None else self.pours(stream, body, end=end)

    def pours(self, stream, body, end=True):
        """The bytes of a body, as far as the server takes them."""
        while body and (size := min(len(body), 16384, self.h2.local_flow_control_window(stream))):
            self.h2.send_data(stream, body[:size])
            body = body[size:]
        if end and not body:
            self.h2.end_stream(stream)
        self.left = body
        return self.says()

    def hears(self, data):
        """Take what the server sent; what was read is acknowledged at once."""
        for event in self.h2.receive_data(data) if data else []:
            self.events.append(event)
            if isinstance(event, DataReceived) and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        return self

    def of(self, kind, stream=None):
        """The events of a kind, of one stream or of all."""
        return [e for e in self.events if isinstance(e, kind) and stream in (None, getattr(e, "stream_id", None))]

    def status(self, stream=1):
        """The status that came, if one did."""
        return next((int(dict(e.headers)[b":status"]) for e in self.of(ResponseReceived, stream)), None)

    def fields(self, stream=1):
        """The fields of the response."""
        (event,) = self.of(ResponseReceived, stream)
        return dict(event.headers)

    def interims(self, stream=1):
        """The statuses that came before it."""
        return [int(dict(e.headers)[b":status"]) for e in self.of(InformationalResponseReceived, stream)]

    def body(self, stream=1):
        """What came of the body."""
        return b"".join(event.data for event in self.of(DataReceived, stream))

    def complete(self, stream=1):
        """Whether the end of the response came."""
        return bool(self.of(StreamEnded, stream))

    @property
    def resets(self):
        """The streams that the server has cut, with its codes."""
        return [(event.stream_id, int(event.error_code)) for event in self.of(StreamReset) if event.remote_reset]

    @property
    def farewell(self):
        """The code of the server's GOAWAY, and its words."""
        events = [event for event in self.events if isinstance(event, ConnectionTerminated)]
        return (int(events[-1].error_code), (events[-1].additional_data or b"").decode()) if events else None
