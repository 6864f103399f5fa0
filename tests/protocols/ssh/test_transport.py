"""The hardened transport, against a client in memory and against bytes that no client sends."""

from __future__ import annotations

import struct
from typing import Any

from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.transport import SSHServerTransport
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import TestCase

from tests.protocols.ssh.peers import (
    CLOSE,
    DISCONNECT,
    GLOBAL_REQUEST,
    KEXINIT,
    NEWKEYS,
    OPEN,
    SERVICE_ACCEPT,
    SERVICE_REQUEST,
    UNIMPLEMENTED,
    USERAUTH_FAILURE,
    USERAUTH_REQUEST,
    Client,
    Pair,
    numbers,
    password,
)
from tnet.events.kinds import Logged
from tnet.protocols.ssh import algorithms, transport

VERSION = b"SSH-2.0-test\r\n"
IGNORE = 2
LOGIN_SERVICE = (SERVICE_REQUEST, NS(b"ssh-userauth"))


def alone(*data: bytes) -> tuple[Any, StringTransport]:
    """A server that has been sent `data` on a transport that only remembers."""
    server, wire = Pair(connect=False).server, StringTransport()
    server.makeConnection(wire)
    for piece in data:
        server.dataReceived(piece)
    return server, wire


def plain_packets(wire: bytes) -> list[bytes]:
    """The payloads of unencrypted packets, after the version line."""
    found, rest = [], wire.partition(b"\r\n")[2]
    while rest:
        length, padding = struct.unpack(">LB", rest[:5])
        found.append(rest[5 : 4 + length - padding])
        rest = rest[4 + length :]
    return found


def plain_packet(payload: bytes) -> bytes:
    """An unencrypted packet."""
    padding = 8 - (5 + len(payload)) % 8 + 8
    return struct.pack(">LB", 1 + len(payload) + padding, padding) + payload + bytes(padding)


def kexinit(*exchanges: bytes) -> bytes:
    """A client's KEXINIT with these key exchanges and one of everything else."""
    rest = NS(b"ssh-ed25519") + 2 * NS(b"aes128-ctr") + 2 * NS(b"hmac-sha2-256") + 2 * NS(b"none") + 2 * NS(b"")
    return plain_packet(bytes((KEXINIT,)) + bytes(16) + NS(b",".join(exchanges)) + rest + bytes(5))


class ContractTests(TestCase):
    """What we rely on in Conch is there."""

    def test_private_names(self) -> None:
        """Conch's transport still has the methods that we override, and `first` still holds a packet's beginning."""
        for name in set(transport.RELIES_ON) - {"first"}:
            self.assertTrue(callable(getattr(SSHServerTransport, name)), name)
        server, _ = alone(VERSION, struct.pack(">L", 64) + bytes(8))
        self.assertEqual(server.first[:4], struct.pack(">L", 64))


class KexInitTests(TestCase):
    """What is offered, as a client reads it."""

    def test_offer(self) -> None:
        """KEXINIT offers the modern algorithms and no compression, in both directions."""
        _, wire = alone()
        (payload,) = plain_packets(wire.value())
        lists = [names.split(b",") for names in getNS(payload[17:], 10)[:10]]
        self.assertEqual(lists[0], [*algorithms.key_exchanges(), algorithms.STRICT_SERVER, b"ext-info-s"])
        self.assertEqual(lists[1], [b"ssh-ed25519"])
        for both in (2, 4, 6):
            self.assertEqual(lists[both], lists[both + 1])
        self.assertEqual(lists[2], list(algorithms.CIPHERS))
        self.assertEqual(lists[4], list(algorithms.MACS))
        self.assertEqual(lists[6], [b"none"])

    def test_version(self) -> None:
        """The version line names tnet, and neither Twisted nor a version."""
        _, wire = alone()
        self.assertTrue(wire.value().startswith(b"SSH-2.0-tnet\r\n"))

    def refused(self, **offer: list[bytes]) -> None:
        client = Client()
        for name, names in offer.items():
            setattr(client, name, names)
        pair = Pair(client=client)
        self.assertFalse(client.secure)
        self.assertEqual(client.heard[-1][0], DISCONNECT)
        self.assertTrue(pair.is_closed)

    def test_weak_clients(self) -> None:
        """A client that has only zlib, CBC, SHA-1 or finite-field groups gets a disconnect."""
        self.refused(supportedCompressions=[b"zlib"])
        self.refused(supportedCiphers=[b"aes128-cbc", b"3des-cbc"])
        self.refused(supportedMACs=[b"hmac-sha1"])
        self.refused(supportedKeyExchanges=[b"diffie-hellman-group14-sha1"])

    def test_markers_are_no_exchange(self) -> None:
        """A client that names the server's own marker is refused."""
        server, _ = alone(VERSION, kexinit(algorithms.STRICT_SERVER, b"curve25519-sha256"))
        self.assertTrue(server.over)

    def test_user_signatures_are_announced(self) -> None:
        """`server-sig-algs` names RSA with SHA-2, though the host's key is ed25519."""
        extensions = Pair().client.peerExtensions
        self.assertEqual(extensions[b"server-sig-algs"], b",".join(algorithms.USER_SIGNATURES))


class StrictExchangeTests(TestCase):
    """Strict key exchange, as OpenSSH has it since 9.6."""

    def strict_client(self) -> Client:
        client = Client()
        client.strict = True
        return client

    def test_works(self) -> None:
        """A strict client gets through: both sides count from 0 after NEWKEYS."""
        pair = Pair(client=self.strict_client())
        pair.log_in()
        self.assertEqual(pair.server.outgoingPacketSequence, pair.client.incomingPacketSequence)
        self.assertLess(pair.server.incomingPacketSequence, 5)

    def test_prefix_is_refused(self) -> None:
        """Whatever a strict client sends before KEXINIT ends the connection."""
        first = kexinit(b"curve25519-sha256", algorithms.STRICT_CLIENT)
        ignored = plain_packet(bytes((IGNORE,)) + NS(b"x"))
        self.assertFalse(alone(VERSION, first)[0].over)
        self.assertTrue(alone(VERSION, ignored, first)[0].over)
        self.assertTrue(alone(VERSION, first, ignored)[0].over)


class VersionTests(TestCase):
    """The first line."""

    def test_byte_by_byte(self) -> None:
        """A version line may come in any pieces; what follows it is read as packets."""
        server, _ = alone(*(bytes((byte,)) for byte in VERSION + bytes(8)))
        self.assertEqual(server.otherVersionString, b"SSH-2.0-test")
        self.assertTrue(server.over)

    def test_not_ssh(self) -> None:
        """HTTP, an old protocol and a long line are all hung up on, and nothing of them is kept."""
        for first in (b"GET / HTTP/1.0\r\n", b"SSH-1.5-old\r\n", b"SSH-2.0-" + b"x" * 300, b"\n" * 50):
            server, wire = alone(first)
            self.assertTrue(server.over and wire.disconnecting, first)
            self.assertEqual(server.buf, b"")

    def test_version_and_more_at_once(self) -> None:
        """A client may send its KEXINIT right behind its version, however much that is."""
        pad = plain_packet(bytes((IGNORE,)) + NS(bytes(3000)))
        server, _ = alone(VERSION + pad + pad)
        self.assertFalse(server.over)


class MalformedTests(TestCase):
    """Packets that no client sends end the connection, and only that."""

    def assert_refused(self, data: bytes) -> None:
        server, wire = alone(VERSION + data)
        self.assertTrue(server.over and wire.disconnecting)
        self.assertEqual(server.buf, b"")

    def test_lengths(self) -> None:
        """Lengths of nothing, too little, too much and no multiple of the block are refused."""
        for length in (0, 4, 13, 40_000, 1 << 20, 0x7FFFFFFF, 0xFFFFFFFF):
            self.assert_refused(struct.pack(">LB", length, 4) + bytes(64))

    def test_padding(self) -> None:
        """Padding that leaves no message is refused."""
        for padding in (0, 12, 255):
            self.assert_refused(struct.pack(">LB", 12, padding) + bytes(64))

    def test_every_message_cut_short(self) -> None:
        """Any message number without fields is answered with a disconnect, or ignored; nothing escapes."""
        for number in range(256):
            server, _ = alone(VERSION + plain_packet(bytes((number,))))
            self.assertEqual(server.over, number not in (IGNORE,), number)

    def test_after_login(self) -> None:
        """Any message cut short after the login ends that connection at most, and says so in one line."""
        for number in (1, 5, 7, 20, 80, *range(90, 101)):
            pair = Pair()
            pair.log_in()
            pair.send(number, b"\0\0")
            self.assertTrue(pair.is_closed, number)
        self.assertIn("was not understood", pair.recorder.of(Logged)[0].text)

    def test_nothing_after_a_disconnect(self) -> None:
        """What came in the same segment as the offence is not looked at."""
        pair = Pair()
        pair.ask_to_log_in()
        heard = pair.send_all((OPEN, b""), (USERAUTH_REQUEST, password(b"secret")))
        self.assertEqual(numbers(heard), [DISCONNECT])
        self.assertFalse(pair.server.logged_in)


class TurnTests(TestCase):
    """A message comes in its turn, or not at all."""

    def test_before_keys(self) -> None:
        """No service, login or channel is asked for before there are keys."""
        for number in (SERVICE_REQUEST, NEWKEYS, 30, 31, 34, USERAUTH_REQUEST, OPEN):
            server, _ = alone(VERSION + plain_packet(bytes((number,)) + NS(b"ssh-userauth")))
            self.assertTrue(server.over, number)

    def test_before_login(self) -> None:
        """Channels, global requests, a login without its service, new keys and `ssh-connection` are refused."""
        tries = [(number, NS(b"session") + bytes(12)) for number in (OPEN, GLOBAL_REQUEST, CLOSE, 98, 192)]
        tries += [(USERAUTH_REQUEST, password(b"secret")), (52, b""), (NEWKEYS, b""), (KEXINIT, bytes(62))]
        tries += [(SERVICE_REQUEST, NS(b"ssh-connection"))]
        for number, payload in tries:
            pair = Pair()
            pair.send(number, payload)
            self.assertTrue(pair.is_closed, number)

    def test_service_requested_anew(self) -> None:
        """Asking for the login service before every attempt, as Paramiko does, is granted; the count goes on."""
        pair = Pair()
        for _ in range(pair.server.attempts - 1):
            self.assertEqual(numbers(pair.send(*LOGIN_SERVICE)), [SERVICE_ACCEPT])
            self.assertEqual(
                numbers(pair.send(USERAUTH_REQUEST, password(b"wrong")) + pair.wait(10)), [USERAUTH_FAILURE]
            )
        self.assertEqual(numbers(pair.send(*LOGIN_SERVICE)), [SERVICE_ACCEPT])
        self.assertEqual(numbers(pair.send(USERAUTH_REQUEST, password(b"wrong")) + pair.wait(10)), [DISCONNECT])

    def test_no_service_request_after_login(self) -> None:
        """Whoever has logged in cannot ask to log in."""
        pair = Pair()
        pair.log_in()
        self.assertEqual(numbers(pair.send(*LOGIN_SERVICE)), [DISCONNECT])

    def test_second_login_is_ignored(self) -> None:
        """A login request after the login is ignored, as RFC 4252 wants."""
        pair = Pair()
        pair.log_in()
        self.assertEqual(pair.send(USERAUTH_REQUEST, password(b"wrong")), [])
        self.assertFalse(pair.is_closed)

    def test_rekey_after_login(self) -> None:
        """A client may exchange keys again once it has logged in, and goes on under the new ones."""
        pair = Pair()
        pair.log_in()
        before = pair.server.currentEncryptions
        pair.client.sendKexInit()
        pair.pump.flush()
        self.assertIsNot(pair.server.currentEncryptions, before)
        self.assertEqual(pair.open()[0][0], 91)

    def test_unknown_message(self) -> None:
        """An unknown message after the login is named by its own number in UNIMPLEMENTED."""
        pair = Pair()
        pair.log_in()
        number = pair.client.outgoingPacketSequence
        self.assertEqual(pair.send(192, b"ping"), [(UNIMPLEMENTED, struct.pack(">L", number))])


class BoundTests(TestCase):
    """What a stranger may cost."""

    def test_login_deadline(self) -> None:
        """Who has not logged in when the time is up is disconnected, then cut off."""
        pair = Pair(connect=False, login_seconds=30)
        wire = StringTransport()
        pair.server.makeConnection(wire)
        pair.clock.advance(29)
        self.assertFalse(pair.is_closed)
        pair.clock.advance(1)
        self.assertTrue(pair.is_closed and wire.disconnecting)
        pair.clock.advance(transport.LINGER_SECONDS)
        self.assertTrue(wire.disconnected)

    def test_no_deadline_after_login(self) -> None:
        """The deadline is over with the login; nothing is left on the clock when the connection ends."""
        pair = Pair(login_seconds=30)
        pair.log_in()
        pair.wait(1000)
        self.assertFalse(pair.is_closed)
        pair.server.connectionLost()
        self.assertEqual(pair.clock.getDelayedCalls(), [])

    def test_packets_before_login(self) -> None:
        """A flood of harmless messages before the login ends the connection."""
        pair = Pair()
        pair.send_all(*[(IGNORE, NS(b""))] * transport.EARLY_PACKETS)
        self.assertTrue(pair.is_closed)

    def test_bytes_before_login(self) -> None:
        """So does a flood of bytes."""
        pair = Pair()
        pair.send_all(*[(IGNORE, NS(bytes(30_000)))] * 9)
        self.assertTrue(pair.is_closed)

    def test_one_disconnect(self) -> None:
        """A connection ends once: a second reason is not sent."""
        pair = Pair()
        pair.server.sendDisconnect(2, b"first")
        pair.server.sendDisconnect(2, b"second")
        pair.pump.flush()
        self.assertEqual(numbers(pair.client.heard).count(DISCONNECT), 1)

    def test_peer_that_does_not_read(self) -> None:
        """A client that asks and asks and reads nothing is read no more, until it reads."""
        pair = Pair()
        pair.log_in()
        wire = StringTransport()
        pair.server.transport = wire
        pair.server.pauseProducing()
        for _ in range(transport.UNHEARD_PACKETS):
            pair.server.dispatchMessage(GLOBAL_REQUEST, NS(b"keepalive@openssh.com") + b"\1")
        self.assertEqual(wire.producerState, "paused")
        pair.server.resumeProducing()
        self.assertEqual(wire.producerState, "producing")

    def test_goodbye_before_login(self) -> None:
        """Who has not logged in is cut when the server leaves."""
        pair = Pair()
        pair.server.goodbye("leaving")
        pair.pump.flush()
        self.assertIn(b"leaving", pair.client.heard[-1][1])
        self.assertTrue(pair.is_closed)
