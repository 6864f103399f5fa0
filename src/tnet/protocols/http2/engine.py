"""One HTTP/2 connection as a client sees it: frames in, parts of answers out, and what is to be sent.

h2 knows the protocol. Around it: every count has a bound; a fault in one answer ends that answer alone, and nothing
is begun any more; and GOAWAY, after which h2 would hear nothing, lets what the peer has taken on come to its end.
Bodies go past h2, which would write each frame of them in hexadecimal for its log: it only hears where they end.

Source: RFC 9113; CVE-2019-9512 and its siblings, CVE-2023-44487 for the floods.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    Event,
    InformationalResponseReceived,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
    WindowUpdated,
)
from h2.exceptions import DenialOfServiceError, ProtocolError
from h2.settings import SettingCodes, Settings

from tnet.errors import MalformedReply, ReceiveFailed, TnetError
from tnet.escape import excerpt
from tnet.protocols.http1.responses import SECTION_BYTES, Fields, ResponsePart
from tnet.protocols.http2.answer import Answer
from tnet.protocols.http2.frames import (
    CONTINUATION,
    DATA,
    END_STREAM,
    FRAME_BYTES,
    GOAWAY,
    HEADERS,
    Frame,
    Frames,
    window_update,
)
from tnet.protocols.http2.outputs import Came, Eased, Lost, Output, Outputs, Resized
from tnet.protocols.http2.reasons import CANCEL, NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM, Fault, in_words
from tnet.protocols.http2.window import Window

# h2's own, not promised by it: a contract test says when it is gone.
RELIES_ON = ("_expected_content_length",)

CONNECTION_WINDOW = 16 << 20
STREAM_WINDOW = 4 << 20
MOST_STREAMS = 100
EARLY_BYTES = 1 << 13  # of bodies, before the peer has said how large its windows are: some forgive no more
LARGEST_TABLE = 1 << 16
FRUITLESS_FRAMES = 10_000

_OF_BLOCKS = (HEADERS, CONTINUATION)
_LAST_STREAM = 2**31 - 1
_DEFAULT_WINDOW = 65535


_Answering = StreamEnded | ResponseReceived | InformationalResponseReceived | TrailersReceived


@dataclass(slots=True)
class _Stream:
    """One request and its answer, whose body may come while it is `open`; `unread` bytes of it are still held."""

    answer: Answer
    window: Window
    open: bool = False
    unread: int = 0


class Engine:
    """Speaks HTTP/2 to `peer`, as errors call it. What is to be sent, the preface first, is in `to_send`.

    `closing`: nothing more begins, as the peer goes away or is not to be trusted; `farewell` says why it goes.
    """

    def __init__(self, peer: str) -> None:
        self.closing = False
        self.farewell = ""
        self._peer = peer
        self._frames = Frames()
        self._outputs: Outputs[Output] = Outputs(Came)
        self._streams: dict[int, _Stream] = {}
        self._window = Window(CONNECTION_WINDOW)
        self._updates = b""
        self._met = False
        self._early_bytes = EARLY_BYTES
        self._block_bytes = 0
        self._fruitless = 0
        self._broken = False
        self._h2 = _connection()

    # ── what is said ──

    @property
    def limit(self) -> int:
        """How many streams there may be at once; what the peer has not said yet is taken to be generous."""
        if self.closing or self._broken:
            return 0
        left = (_LAST_STREAM - self._h2.highest_outbound_stream_id) // 2
        return min(MOST_STREAMS, self._h2.remote_settings.max_concurrent_streams, left)

    @property
    def room(self) -> int:
        """How many streams can begin now."""
        return max(0, self.limit - len(self._streams))

    @property
    def window(self) -> int:
        """How much of all bodies together the peer takes now."""
        return 0 if self._broken else max(0, self._h2.outbound_flow_control_window)

    def to_send(self) -> bytes:
        """What is to be sent since the last call."""
        updates, self._updates = self._updates, b""
        return updates + self._h2.data_to_send()

    def begin(self, fields: Fields, *, end: bool) -> int:
        """Ask, and give the number of the stream that it is asked on; with `end` that is the whole of the request.

        `fields` are those that `request_fields` gives; call it only while there is room.
        """
        assert self.room, "a stream begins only where there is room"
        self._fruitless = 0
        stream = self._h2.get_next_available_stream_id()
        self._h2.send_headers(stream, fields, end_stream=end)
        self._streams[stream] = _Stream(Answer(fields[0][1], self._peer), Window(STREAM_WINDOW))
        return stream

    def send(self, stream: int, data: bytes | memoryview) -> int:
        """Send as much of the body as the peer takes: how many bytes that is."""
        if stream not in self._streams or self._broken:
            return 0
        left = min(len(data), self._h2.local_flow_control_window(stream), self._early_bytes)
        sent = 0
        while sent < left:
            size = min(left - sent, self._h2.max_outbound_frame_size)
            self._h2.send_data(stream, data[sent : sent + size])
            sent += size
        if sent:
            self._fruitless = 0
            self._early_bytes -= 0 if self._met else sent
        return sent

    def end(self, stream: int) -> None:
        """The request is complete."""
        if stream in self._streams and not self._broken:
            self._h2.end_stream(stream)

    def consumed(self, stream: int, count: int) -> None:
        """So much of the body was read: the peer may send as much again."""
        if (known := self._streams.get(stream)) is not None and not self._broken:
            known.unread -= count
            self._give_back(count, stream, known)

    def release(self, stream: int) -> None:
        """Forget a stream; what is left of it, in either direction, is cut."""
        self._forget(stream, CANCEL)

    def goodbye(self) -> None:
        """Tell the peer that we go; nothing can be said after that."""
        self.closing = True
        if not self._broken:
            self._h2.close_connection()
            self._broken = True

    # ── what is heard ──

    def feed(self, data: bytes) -> Iterator[Output]:
        """What `data` brings. Iterate to the end.

        Raises: MalformedReply or, for a flood, ReceiveFailed; then the connection is of no more use.
        """
        fault: TnetError | None = None
        try:
            for frame in self._frames.feed(data):
                self._hear(frame)
        except TnetError as error:
            fault, self._broken = error, True
        except Fault as found:
            blame = ReceiveFailed if found.flood else MalformedReply
            fault, self._broken = blame(self._peer, found.reason), True
        yield from self._outputs.taken()
        if fault is not None:
            raise fault

    def _hear(self, frame: Frame) -> None:
        self._weigh(frame)
        if frame.kind == DATA:
            self._data(frame)
        elif frame.kind == GOAWAY:
            self._going_away(frame)
        else:
            self._heard(frame.encoded(), self._block_bytes)

    def _data(self, frame: Frame) -> None:
        stream, size = frame.stream, len(frame.payload)
        self._window.came(size)
        known = self._streams.get(stream)
        if known is None or not known.open:
            self._give_back(size)
            self._heard(frame.emptied())
            return
        known.window.came(size)
        data = frame.body()
        known.unread += len(data)
        if len(data) < size:
            self._give_back(size - len(data), stream, known)
        try:
            known.answer.body(data)
        except TnetError as error:
            self._refuse(stream, error)
            return
        if data:
            self._outputs.pour(stream, data, frame.size)
        if frame.flags & END_STREAM:
            self._heard(frame.emptied())

    def _heard(self, data: bytes, size: int = 0) -> None:
        """What h2 makes of a frame; `size` is what the answer's account is charged for it."""
        try:
            events = self._h2.receive_data(data)
        except DenialOfServiceError as error:
            raise ReceiveFailed(self._peer, f"its header has more than {SECTION_BYTES} bytes") from error
        except ProtocolError as error:
            words = str(error) or type(error).__name__
            raise MalformedReply(self._peer, f"it breaks HTTP/2: {excerpt(words.encode())}") from error
        for event in events:
            self._told(event, size)

    def _weigh(self, frame: Frame) -> None:
        """Bound what a peer may send without saying anything; remember how large a header is."""
        if frame.kind in _OF_BLOCKS:
            self._block_bytes = frame.size + (self._block_bytes if frame.kind == CONTINUATION else 0)
        if frame.kind == DATA and frame.payload:
            self._fruitless = 0
            return
        self._fruitless += 1
        if self._fruitless > FRUITLESS_FRAMES:
            raise ReceiveFailed(self._peer, f"it sent more than {FRUITLESS_FRAMES} frames that say nothing")

    def _told(self, event: Event, size: int) -> None:
        match event:
            case StreamEnded() | ResponseReceived() | InformationalResponseReceived() | TrailersReceived():
                self._answered(event, size)
            case WindowUpdated():
                self._outputs.tell(Eased())
            case RemoteSettingsChanged():
                self._met, self._early_bytes = True, sys.maxsize
                if self._h2.encoder.header_table_size > LARGEST_TABLE:
                    self._h2.encoder.header_table_size = LARGEST_TABLE
                self._outputs.tell(Eased())
                self._outputs.tell(Resized())
            case StreamReset():
                self._reset(event)

    def _answered(self, event: _Answering, size: int) -> None:
        """What an event adds to the answer that it belongs to."""
        stream = event.stream_id
        if (known := self._streams.get(stream)) is None:
            return
        try:
            part = self._part(stream, known, event)
        except TnetError as error:
            self._refuse(stream, error)
        else:
            if part is not None:
                self._outputs.tell(Came(stream, part, 0 if isinstance(event, StreamEnded) else size))

    def _part(self, stream: int, known: _Stream, event: _Answering) -> ResponsePart | None:
        match event:
            case StreamEnded():
                known.open = False
                return known.answer.end()
            case TrailersReceived():
                known.answer.trailers(event.headers)
                return None
        head = known.answer.head(event.headers)
        known.open = not head.interim
        if (state := self._h2.streams.get(stream)) is not None:
            state._expected_content_length = None  # we count
        return head

    def _refuse(self, stream: int, error: TnetError) -> None:
        """A fault in one answer: that is its end, and what is begun after it would not be trusted."""
        self.closing = True
        self._forget(stream, PROTOCOL_ERROR)
        self._outputs.tell(Lost(stream, error))

    def _reset(self, event: StreamReset) -> None:
        if event.stream_id not in self._streams:
            return
        self._forget(event.stream_id, CANCEL)
        code = int(event.error_code or NO_ERROR)
        if event.remote_reset:
            error: TnetError = ReceiveFailed(self._peer, f"it reset the stream ({in_words(code)})")
        else:
            error = MalformedReply(self._peer, f"it breaks HTTP/2 on a stream ({ErrorCodes(code).name})")
        self._outputs.tell(Lost(event.stream_id, error, refused=code == REFUSED_STREAM))

    def _going_away(self, frame: Frame) -> None:
        """Let go of what the peer will not look at; the rest may still come."""
        payload = frame.payload
        if frame.stream or len(payload) < 8:
            raise MalformedReply(self._peer, "it breaks HTTP/2: a GOAWAY that is none")
        last, code = int.from_bytes(payload[:4], "big") & _LAST_STREAM, int.from_bytes(payload[4:8], "big")
        words = f"it went away ({in_words(code)})" + (f": {excerpt(payload[8:])}" if payload[8:] else "")
        self.closing = True
        self.farewell = "" if code == NO_ERROR else words
        for stream in [stream for stream in self._streams if stream > last]:
            self._forget(stream, CANCEL)
            self._outputs.tell(Lost(stream, ReceiveFailed(self._peer, words), refused=True))
        self._outputs.tell(Resized())

    def _forget(self, stream: int, code: int) -> None:
        """Drop a stream: cut what is left of it, and give back its part of the shared window.

        Counting the open ones makes h2 drop it too: else one late interim head on it would end the connection.
        """
        known = self._streams.pop(stream, None)
        if known is None or self._broken:
            return
        if (state := self._h2.streams.get(stream)) is not None and state.open:
            self._h2.reset_stream(stream, code)
        self._give_back(known.unread)
        _ = self._h2.open_outbound_streams

    def _give_back(self, count: int, stream: int = 0, known: _Stream | None = None) -> None:
        """So much is not held any more: let the peer send as much again, on the stream as well where it is open."""
        if increment := self._window.consumed(count):
            self._updates += window_update(0, increment)
        if known is not None and known.open and (increment := known.window.consumed(count)):
            self._updates += window_update(stream, increment)


def _connection() -> H2Connection:
    """h2's connection, with our settings: no pushes, windows that do not slow a far peer, bounded headers."""
    connection = H2Connection(H2Configuration(client_side=True, validate_inbound_headers=False))
    settings = {
        SettingCodes.ENABLE_PUSH: 0,
        SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
        SettingCodes.MAX_FRAME_SIZE: FRAME_BYTES,
        SettingCodes.MAX_HEADER_LIST_SIZE: SECTION_BYTES,
    }
    connection.local_settings = Settings(client=True, initial_values=settings)
    connection.max_inbound_frame_size = FRAME_BYTES
    connection.decoder.max_header_list_size = SECTION_BYTES
    connection.initiate_connection()
    connection.increment_flow_control_window(CONNECTION_WINDOW - _DEFAULT_WINDOW)
    return connection
