"""What a server tells its clients that they may do, and h2 set up for it.

Units: bytes, but for `MOST_STREAMS`.
"""

from __future__ import annotations

from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes, Settings
from hpack.hpack import Decoder

from tnet.protocols.http1.heads import HeadLimits
from tnet.protocols.http2.frames import FRAME_BYTES

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

CONNECTION_WINDOW = 4 << 20
STREAM_WINDOW = 2 << 20
MOST_STREAMS = 100
SECTION_BYTES = 1 << 17

_DEFAULT_WINDOW = 65535


class _Connection(H2Connection):
    """h2's, with less memory for streams that were."""

    MAX_CLOSED_STREAMS = 1_000


class _Blind(Decoder):
    """Sees no field in any header: who tells h2 that one has come has read it before."""

    def decode(self, data: bytes, raw: bool = False) -> list[Any]:
        return []


def serving_connection(limits: HeadLimits) -> tuple[H2Connection, Decoder]:
    """A connection that has read the client's preface and has its own to send, and what decompresses its headers.

    It takes more streams than it tells: those beyond the limit are refused one by one, without an end to the others.
    """
    connection = _Connection(
        H2Configuration(
            client_side=False,
            validate_inbound_headers=False,
            normalize_inbound_headers=False,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
    )
    told = {
        SettingCodes.MAX_CONCURRENT_STREAMS: MOST_STREAMS,
        SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
        SettingCodes.MAX_FRAME_SIZE: FRAME_BYTES,
        SettingCodes.MAX_HEADER_LIST_SIZE: limits.line_bytes + limits.fields_bytes,
    }
    connection.local_settings = Settings(client=False, initial_values=told)
    connection.max_inbound_frame_size = FRAME_BYTES
    decoder, connection.decoder = connection.decoder, _Blind()
    decoder.max_header_list_size = SECTION_BYTES
    connection.initiate_connection()
    connection.increment_flow_control_window(CONNECTION_WINDOW - _DEFAULT_WINDOW)
    known = told | {SettingCodes.MAX_CONCURRENT_STREAMS: 10 * MOST_STREAMS}
    connection.local_settings = Settings(client=False, initial_values=known)
    connection.receive_data(_PREFACE)
    return connection, decoder
