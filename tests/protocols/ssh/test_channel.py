"""A channel's bytes and its end, in order and bounded."""

from __future__ import annotations

import struct

from twisted.trial.unittest import TestCase

from tests.protocols.ssh.peers import ADJUST, CLOSE, DATA, EXTENDED, REQUEST, Pair, Programme, numbers, received
from tests.protocols.ssh.peers import EOF as END
from tnet.protocols.ssh import channel
from tnet.protocols.ssh.session import Session

MOST = 0xFFFFFFFF


class WriteTests(TestCase):
    """What the server sends."""

    def opened(self, *, window: int = 1 << 20, largest: int = 1 << 15) -> Session:
        self.programme = Programme()
        self.pair = Pair(launch=lambda request: self.programme)
        self.pair.log_in()
        self.pair.open(window, largest)
        self.pair.request(b"shell")
        return self.programme.session

    def pump(self) -> list[tuple[int, bytes]]:
        before = len(self.pair.client.heard)
        self.pair.pump.flush()
        return self.pair.client.heard[before:]

    def adjust(self, count: int) -> list[tuple[int, bytes]]:
        return self.pair.send(ADJUST, struct.pack(">2L", 0, count))

    def test_end_comes_after_data(self) -> None:
        """Data that waits for the window comes before status, end and close, byte for byte."""
        session = self.opened(window=1000)
        data = bytes(range(256)) * 40
        session.write(data)
        session.exit(3)
        heard = self.pump()
        self.assertEqual(numbers(heard), [DATA])
        while session.waiting_bytes:
            heard += self.adjust(777)
        self.assertEqual(received(heard), data)
        self.assertEqual(numbers(heard)[-3:], [REQUEST, END, CLOSE])
        self.assertTrue(heard[-3][1].endswith(struct.pack(">L", 3)))

    def test_streams_keep_their_order(self) -> None:
        """stdout and stderr arrive as they were written, though both wait for one window."""
        session = self.opened(window=0)
        for stream in (session.write, session.write_error, session.write):
            stream(b"abc")
        heard = self.adjust(4) + self.adjust(100)
        self.assertEqual(numbers(heard), [DATA, EXTENDED, EXTENDED, DATA])
        self.assertEqual((received(heard), received(heard, EXTENDED)), (b"abcabc", b"abc"))

    def test_packet_sizes(self) -> None:
        """A largest packet of 0, 1 or 4 GiB is brought to something sane, on both streams; nothing loops."""
        for largest, sane in ((0, 256), (1, 256), (MOST, 32_768)):
            session = self.opened(largest=largest)
            session.write(bytes(70_000))
            session.write_error(bytes(70_000))
            heard = self.pump()
            self.assertEqual(len(received(heard) + received(heard, EXTENDED)), 140_000)
            self.assertEqual(max(len(payload) for number, payload in heard if number == DATA), sane + 8)

    def test_window_overflow(self) -> None:
        """A window beyond 32 bits ends the connection."""
        self.opened(window=MOST)
        self.adjust(1)
        self.assertTrue(self.pair.is_closed)

    def test_small_writes_share_packets(self) -> None:
        """What waits is sent in whole packets, however small the writes were."""
        session = self.opened(window=0)
        for _ in range(5000):
            session.write(b"x")
        self.assertEqual(numbers(self.adjust(10_000)), [DATA])

    def test_nothing_after_the_end(self) -> None:
        """Writes after a close are dropped, and a second close is none."""
        session = self.opened()
        session.exit(0)
        session.write(b"late")
        session.exit(1)
        heard = self.pump()
        self.assertEqual(numbers(heard), [REQUEST, END, CLOSE])

    def test_peer_closes(self) -> None:
        """When the peer closes, what waits is dropped, we close as well, and the program ends."""
        session = self.opened(window=0)
        session.write(b"never read")
        heard = self.pair.send(CLOSE, struct.pack(">L", 0))
        self.assertEqual(numbers(heard), [CLOSE])
        self.assertEqual(session.waiting_bytes, 0)
        self.assertEqual(self.programme.happened, ["start", "stop"])
        self.assertEqual(self.pair.server.service.channels, {})

    def test_connection_lost(self) -> None:
        """When the connection is gone, what waits and what code still writes is dropped."""
        session = self.opened(window=0)
        session.write(b"never read")
        self.pair.server.connectionLost()
        session.write(b"nor this")
        self.assertEqual((session.waiting_bytes, session.is_ending), (0, True))
        self.assertEqual(self.programme.happened, ["start", "stop"])

    def test_paused_connection(self) -> None:
        """While the connection is full a channel keeps its bytes to itself; then it goes on."""
        session = self.opened()
        self.pair.server.pauseProducing()
        session.write(b"abc")
        self.assertEqual(self.pump(), [])
        self.pair.server.resumeProducing()
        self.assertEqual(received(self.pump()), b"abc")

    def test_slow_reader_may_not_send(self) -> None:
        """A peer that does not read what it causes gets no window for more, until it reads."""
        session = self.opened(window=0)
        session.write(bytes(channel.FULL_BYTES + 1))
        self.assertEqual(self.pair.send_all(*[(DATA, struct.pack(">2L", 0, 30_000) + bytes(30_000))] * 4), [])
        heard = self.adjust(1 << 20)
        self.assertEqual(heard[-1], (ADJUST, struct.pack(">2L", 7, 120_000)))
