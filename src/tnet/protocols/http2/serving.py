"""One HTTP/2 connection as a server sees it: frames in, requests out, and what is to be sent.

h2 knows the states of streams, settings and windows. Headers are read here, so that a request without sense costs
its stream and not the connection; h2 is only told that one has come.
Bodies go past h2 in both directions: it hears where they end, and its windows for what is sent are kept right.

Every count has a bound: streams, cut streams, frames that say nothing, the size of a header, what waits to be read.

Source: RFC 9113; CVE-2019-9512 and its siblings, CVE-2023-44487 for the floods.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from h2.events import Event, RemoteSettingsChanged, RequestReceived, StreamEnded, StreamReset, WindowUpdated
from h2.exceptions import ProtocolError

from tnet.escape import excerpt
from tnet.protocols.http1.heads import HeadLimits, RequestHead
from tnet.protocols.http1.responses import Fields
from tnet.protocols.http2.arrivals import Arrival, Asked, Cut, Denied, Eased, Ended, Leaving, Poured
from tnet.protocols.http2.blocks import KNOWN_BLOCKS, Blocks
from tnet.protocols.http2.calm import Calm
from tnet.protocols.http2.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_BYTES,
    GOAWAY,
    HEADERS,
    Frame,
    Frames,
    encoded,
    goaway,
    header,
    window_update,
)
from tnet.protocols.http2.heads import unfit
from tnet.protocols.http2.outputs import Outputs
from tnet.protocols.http2.reasons import (
    CANCEL,
    FRAME_SIZE_ERROR,
    NO_ERROR,
    PROTOCOL_ERROR,
    REFUSED_STREAM,
    Fault,
    in_words,
)
from tnet.protocols.http2.requests import Malformed, Unmet, request_head
from tnet.protocols.http2.settings import (
    CONNECTION_WINDOW,
    MOST_STREAMS,
    SECTION_BYTES,
    STREAM_WINDOW,
    serving_connection,
)
from tnet.protocols.http2.window import Window

LARGEST_TABLE = 1 << 14


@dataclass(slots=True)
class _Stream:
    """One request that comes while it is `receiving`, and its response; `unread` bytes of it are still held.

    `said`: the response is complete, and what may still come of the request is dropped.
    """

    window: Window
    expected: int | None
    receiving: bool = True
    said: bool = False
    received: int = 0
    unread: int = 0


class ServingEngine:
    """Serves one client, whose preface was read already. What is to be sent is in `to_send`.

    `closing`: nothing more begins, as one of the two goes away.
    """

    def __init__(self, limits: HeadLimits | None = None) -> None:
        limits = limits or HeadLimits()
        self.closing = False
        self._limits = limits
        self._frames = Frames(SECTION_BYTES)
        self._streams: dict[int, _Stream] = {}
        self._window = Window(CONNECTION_WINDOW)
        self._told: Outputs[Arrival] = Outputs(lambda stream, data, _: Poured(stream, data))
        self._calm = Calm()
        self._broken = False
        self._h2, decoder = serving_connection(limits)
        self._blocks = Blocks(decoder)
        self._heads: dict[Fields, RequestHead] = {}
        self._out: list[bytes | memoryview] = [self._h2.data_to_send()]

    # ── what is said ──

    @property
    def midway(self) -> int:
        """The header that has begun and whose end has not come, by its number, if there is one."""
        return self._blocks.begun if self._blocks.open else 0

    @property
    def window(self) -> int:
        """How much of all bodies together the client takes now."""
        return 0 if self._broken else max(0, self._h2.outbound_flow_control_window)

    def room(self, stream: int) -> int:
        """How much of the body on a stream the client takes now, the others aside."""
        return 0 if stream not in self._streams else max(0, self._h2.streams[stream].outbound_flow_control_window)

    def to_send(self) -> bytes:
        """What is to be sent since the last call."""
        self._settle()
        out, self._out = self._out, []
        return b"".join(out)

    def respond(self, stream: int, status: int, fields: Fields, *, end: bool = False) -> None:
        """Send a head, in lower case and without fields of the connection; with `end` that is the whole response.

        When a response ends before its request does, whoever sends it `reset`s the stream once it was heard.
        """
        if stream in self._streams:
            self._h2.send_headers(stream, ((b":status", b"%d" % status), *fields), end_stream=end)
            if end:
                self._said(stream)

    def send(self, stream: int, data: memoryview, *, end: bool = False) -> int:
        """Send as much of the body as the client takes: how many bytes that is. `end` if nothing comes after `data`."""
        if stream not in self._streams:
            return 0
        left = min(len(data), self.room(stream), self.window)
        last = end and left == len(data)
        sent, most = 0, min(FRAME_BYTES, self._h2.max_outbound_frame_size)
        while left - sent > (most if last else 0):
            size = min(left - sent, most)
            self._pour(stream, data[sent : sent + size])
            sent += size
        if last:
            self._h2.send_data(stream, data[sent:left], end_stream=True)
            self._calm.sent_frame()
            self._said(stream)
        return left

    def consumed(self, stream: int, count: int) -> None:
        """So much of a body was taken: the client may send as much again."""
        if (known := self._streams.get(stream)) is not None:
            count = min(count, known.unread)
            known.unread -= count
            self._give_back(count, stream, known)

    def reset(self, stream: int, code: int) -> None:
        """Cut a stream."""
        if stream in self._streams:
            self._forget(stream, code)

    def refuse(self, stream: int) -> None:
        """Cut a stream that nobody has looked at: the client may ask again, later or elsewhere."""
        self.reset(stream, REFUSED_STREAM)

    def goodbye(self) -> None:
        """Tell the client that nothing more begins; what has begun goes on."""
        if not self.closing:
            self._go_away(NO_ERROR)
        self.closing = True

    def give_up(self, code: int, reason: str) -> None:
        """Tell the client that this is the end, and why."""
        if not self._broken:
            self._h2.clear_outbound_data_buffer()  # what h2 says itself of the matter
            self._go_away(code, reason.encode("utf-8", "replace"))
        self.closing = self._broken = True
        self._streams.clear()

    def _go_away(self, code: int, words: bytes = b"") -> None:
        self._settle()
        self._out.append(goaway(self._h2.highest_inbound_stream_id, code, words))

    # ── what is heard ──

    def feed(self, data: bytes, now: float) -> Iterator[Arrival]:
        """What `data` brings. Iterate to the end.

        Raises: Fault, when the client was told so already, and nothing is left to do but to send that and close.
        """
        fault: Fault | None = None
        self._calm.now = now
        try:
            for frame in self._frames.feed(data):
                self._hear(frame)
        except Fault as found:
            fault = found
            self.give_up(fault.code, fault.reason)
        yield from self._told.taken()
        if fault is not None:
            raise fault

    def _hear(self, frame: Frame) -> None:
        if frame.kind == DATA and not self._blocks.open:
            self._data(frame)
        elif self._blocks.open or frame.kind in (HEADERS, CONTINUATION):
            if (header := self._blocks.add(frame)) is not None:
                self._head(*header)
        else:
            self._calm.idle_frame()
            if frame.kind == GOAWAY:
                self._going_away(frame)
            else:
                self._heard(frame.encoded())

    # ── heads ──

    def _head(self, frame: Frame, fields: Fields) -> None:
        stream, end = frame.stream, frame.flags & END_STREAM
        known = self._streams.get(stream)
        if known is not None and known.receiving and (not end or unfit(fields)):
            self._break(stream, "it breaks HTTP/2: what follows the body is malformed")
            return
        events = self._heard(encoded(HEADERS, END_HEADERS | end, stream))
        if any(isinstance(event, RequestReceived) for event in events):
            self._begin(stream, bool(end), fields)

    def _begin(self, stream: int, ended: bool, fields: Fields) -> None:
        try:
            head = self._read(fields, ended)
        except Malformed as error:
            self._told.tell(Cut(stream, error.reason, error.head))
            self._reject(stream, PROTOCOL_ERROR)
            return
        except Unmet as error:
            self._enter(stream, None, ended)
            self._told.tell(Denied(stream, error.status, error.reason, error.head, ended))
            return
        if self.closing or len(self._streams) >= MOST_STREAMS:
            self._reject(stream, REFUSED_STREAM)
            return
        self._enter(stream, head.length, ended)
        self._told.tell(Asked(stream, head, ended))

    def _read(self, fields: Fields, ended: bool) -> RequestHead:
        """The head that `fields` make. Clients repeat themselves: those without a body are remembered.

        Raises: Malformed, Unmet.
        """
        if ended and (known := self._heads.get(fields)) is not None:
            return known
        head = request_head(fields, ended=ended, limits=self._limits)
        if ended:
            if len(self._heads) >= KNOWN_BLOCKS:
                self._heads.clear()
            self._heads[fields] = head
        return head

    def _enter(self, stream: int, expected: int | None, ended: bool) -> None:
        self._streams[stream] = _Stream(Window(STREAM_WINDOW), expected, not ended)

    # ── bodies ──

    def _data(self, frame: Frame) -> None:
        stream, size = frame.stream, len(frame.payload)
        self._window.came(size)
        known = self._streams.get(stream)
        if known is None or not known.receiving:
            self._calm.idle_frame()
            self._give_back(size)
            self._heard(frame.emptied())
            return
        known.window.came(size)
        data = frame.body()
        known.received += len(data)
        known.unread += len(data)
        if len(data) < size:
            self._give_back(size - len(data), stream, known)
        if known.expected is not None and known.received > known.expected:
            self._break(stream, "the body is longer than its Content-Length")
            return
        if known.said:
            self._drop_unread(known)
        elif data:
            self._told.pour(stream, data, 0)
        if not data and not frame.flags & END_STREAM:
            self._calm.idle_frame()
        if frame.flags & END_STREAM:
            self._heard(frame.emptied())

    def _complete(self, stream: int) -> None:
        known = self._streams.get(stream)
        if known is None or not known.receiving:
            return
        known.receiving = False
        if known.said:
            self._forget(stream, NO_ERROR)
            self._told.tell(Ended(stream))
        elif known.expected is not None and known.received < known.expected:
            self._break(stream, "the body is shorter than its Content-Length")
        else:
            self._told.tell(Ended(stream))

    def _pour(self, stream: int, piece: memoryview) -> None:
        """A frame of a body, past h2."""
        self._settle()
        self._out += (header(DATA, 0, stream, len(piece)), piece)
        self._h2.outbound_flow_control_window -= len(piece)
        self._h2.streams[stream].outbound_flow_control_window -= len(piece)
        self._calm.sent_frame()

    # ── everything else ──

    def _heard(self, data: bytes) -> list[Event]:
        """What h2 makes of a frame."""
        try:
            events = self._h2.receive_data(data)
        except ProtocolError as error:
            words = str(error) or type(error).__name__
            raise Fault(int(error.error_code), f"it breaks HTTP/2: {excerpt(words.encode())}") from error
        for event in events:
            self._tell(event)
        return events

    def _tell(self, event: Event) -> None:
        match event:
            case StreamEnded():
                self._complete(event.stream_id)
            case WindowUpdated():
                self._told.tell(Eased(event.stream_id))
            case RemoteSettingsChanged():
                if self._h2.encoder.header_table_size > LARGEST_TABLE:
                    self._h2.encoder.header_table_size = LARGEST_TABLE
                self._told.tell(Eased(0))
            case StreamReset():
                self._was_reset(event)

    def _was_reset(self, event: StreamReset) -> None:
        stream, code = event.stream_id, int(event.error_code or NO_ERROR)
        if event.remote_reset:
            self._calm.cut()
        if stream in self._streams:
            by = "the client reset it" if event.remote_reset else "it breaks HTTP/2 on a stream"
            self._forget(stream, CANCEL)
            self._told.tell(Cut(stream, f"{by} ({in_words(code)})"))

    def _going_away(self, frame: Frame) -> None:
        payload = frame.payload
        if frame.stream or len(payload) < 8:
            raise Fault(FRAME_SIZE_ERROR, "it breaks HTTP/2: a GOAWAY that is none")
        self.closing = True
        code = int.from_bytes(payload[4:8], "big")
        self._told.tell(Leaving(f"the client went away ({in_words(code)})" if code else ""))

    def _break(self, stream: int, reason: str) -> None:
        """End a stream whose message is malformed."""
        self._forget(stream, PROTOCOL_ERROR)
        self._told.tell(Cut(stream, reason))
        self._calm.cut()

    def _said(self, stream: int) -> None:
        """The response is complete. What comes of a request that is not gets no more room than it had."""
        known = self._streams[stream]
        if known.receiving:
            known.said = True
            self._drop_unread(known)
        else:
            self._forget(stream, NO_ERROR)

    def _drop_unread(self, known: _Stream) -> None:
        unread, known.unread = known.unread, 0
        self._give_back(unread)

    def _forget(self, stream: int, code: int) -> None:
        """Drop a stream: cut what is left of it, and give back its part of the shared window."""
        known = self._streams.pop(stream)
        if self._h2.streams[stream].open:
            self._cut(stream, code)
        self._drop_unread(known)

    def _reject(self, stream: int, code: int) -> None:
        self._cut(stream, code)
        self._calm.cut()

    def _cut(self, stream: int, code: int) -> None:
        """Reset; counting the open ones makes h2 drop it, else a late frame on it would end the connection."""
        self._h2.reset_stream(stream, code)
        _ = self._h2.open_inbound_streams

    def _give_back(self, count: int, stream: int = 0, known: _Stream | None = None) -> None:
        """So much is not held any more: let the client send as much again, on the stream as well where it goes on."""
        if increment := self._window.consumed(count):
            self._out.append(window_update(0, increment))
        if known is not None and known.receiving and not known.said and (increment := known.window.consumed(count)):
            self._out.append(window_update(stream, increment))

    def _settle(self) -> None:
        """Put what h2 has to say in its place."""
        if said := self._h2.data_to_send():
            self._out.append(said)
