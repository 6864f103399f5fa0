"""The channels of a connection: how many, of what kind, and in what order things are answered."""

from __future__ import annotations

import struct

from twisted.conch.ssh.common import NS
from twisted.trial.unittest import TestCase

from tests.protocols.ssh.peers import (
    CLOSE,
    DATA,
    DISCONNECT,
    EXTENDED,
    GLOBAL_REQUEST,
    OPEN,
    OPEN_CONFIRMATION,
    OPEN_FAILURE,
    REQUEST,
    REQUEST_FAILURE,
    SUCCESS,
    Pair,
    Programme,
    numbers,
    received,
)
from tests.protocols.ssh.peers import EOF as END
from tnet.events.kinds import SshChannelChanged
from tnet.protocols.ssh.connection import MOST_CHANNELS


class ChannelTests(TestCase):
    """Opening, asking, closing."""

    def setUp(self) -> None:
        self.pair = Pair(launch=lambda request: Programme(lambda session: session.write(b"hello")))
        self.pair.log_in()

    def test_flood(self) -> None:
        """The eleventh channel is refused for want of resources; closing one makes room."""
        heard = [number for _ in range(MOST_CHANNELS + 1) for number, _ in self.pair.open()]
        self.assertEqual(heard, [OPEN_CONFIRMATION] * MOST_CHANNELS + [OPEN_FAILURE])
        self.assertEqual(self.pair.client.heard[-1][1][4:8], struct.pack(">L", 4))
        self.pair.send(CLOSE, struct.pack(">L", 0))
        self.assertEqual(numbers(self.pair.open()), [OPEN_CONFIRMATION])

    def test_unknown_kind(self) -> None:
        """An unknown kind of channel is refused as that, and reported escaped; the connection goes on."""
        heard = self.pair.send(OPEN, NS(b"x\x1b11") + struct.pack(">3L", 1, 1, 1))
        self.assertEqual((heard[0][0], heard[0][1][:8]), (OPEN_FAILURE, struct.pack(">2L", 1, 3)))
        self.assertEqual(self.pair.recorder.of(SshChannelChanged)[0].channel, "x\\x1b11")
        self.assertFalse(self.pair.is_closed)

    def test_unknown_number(self) -> None:
        """Anything about a channel that there is not ends the connection."""
        for number in (93, DATA, EXTENDED, END, CLOSE, REQUEST):
            pair = Pair()
            pair.log_in()
            self.assertEqual(numbers(pair.send(number, struct.pack(">4L", 5, 1, 1, 1))), [DISCONNECT])

    def test_confirmation_of_its_own_channel(self) -> None:
        """A peer cannot confirm, or refuse, a channel that it opened itself."""
        for number in (OPEN_CONFIRMATION, OPEN_FAILURE):
            pair = Pair()
            pair.log_in()
            pair.open()
            self.assertEqual(numbers(pair.send(number, struct.pack(">4L", 0, 7, 1, 0))), [DISCONNECT])

    def test_answer_comes_first(self) -> None:
        """A program's first words come after the yes to the request for it."""
        self.pair.open()
        self.assertEqual(numbers(self.pair.request(b"shell")), [SUCCESS, DATA])

    def test_too_much_data(self) -> None:
        """Data beyond the window closes the channel."""
        self.pair.open()
        chunk = (DATA, struct.pack(">2L", 0, 32_768) + bytes(32_768))
        self.assertIn(CLOSE, numbers(self.pair.send_all(*[chunk] * 5)))

    def test_global_requests(self) -> None:
        """A forward, or anything else for the whole connection, is refused."""
        request = NS(b"tcpip-forward") + b"\1" + NS(b"") + struct.pack(">L", 0)
        self.assertEqual(numbers(self.pair.send(GLOBAL_REQUEST, request)), [REQUEST_FAILURE])
        self.assertEqual(self.pair.send(GLOBAL_REQUEST, NS(b"\xff") + b"\0"), [])

    def test_events(self) -> None:
        """A channel's opening, its requests and its close are reported."""
        self.pair.open()
        self.pair.request(b"shell")
        self.pair.send(CLOSE, struct.pack(">L", 0))
        told = [(event.channel, event.action) for event in self.pair.recorder.of(SshChannelChanged)]
        self.assertEqual(told, [("session 0", action) for action in ("open", "shell", "close")])

    def test_client_goes_away(self) -> None:
        """A lost connection ends its programs and logs its user out."""
        programme = Programme()
        pair = Pair(launch=lambda request: programme)
        pair.log_in()
        pair.open()
        pair.request(b"shell")
        pair.server.connectionLost()
        self.assertEqual(programme.happened, ["start", "stop"])
        self.assertEqual(pair.realm.left, [b"alice"])


class GoodbyeTests(TestCase):
    """The server leaves."""

    def test_sessions_get_a_line(self) -> None:
        """Each session gets a last line and its end; the last close ends the connection; no new channel opens."""
        pair = Pair(launch=lambda request: Programme())
        pair.log_in()
        pair.open()
        pair.request(b"shell")
        pair.server.goodbye("the server is stopping")
        heard = pair.open()
        self.assertIn(b"the server is stopping", received(pair.client.heard, EXTENDED))
        self.assertEqual(numbers(heard)[-4:], [REQUEST, END, CLOSE, OPEN_FAILURE])
        self.assertFalse(pair.is_closed)
        self.assertEqual(numbers(pair.send(CLOSE, struct.pack(">L", 0))), [DISCONNECT])

    def test_no_session(self) -> None:
        """A connection without a session is cut."""
        pair = Pair()
        pair.log_in()
        pair.server.goodbye("bye")
        pair.pump.flush()
        self.assertEqual(pair.client.heard[-1][0], DISCONNECT)
