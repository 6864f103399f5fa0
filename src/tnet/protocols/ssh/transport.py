"""The server's end of one SSH connection, on Conch's transport, hardened.

What Conch lacks is added here: strict key exchange, messages only in their turn, bounds on what may come before
the login, one deadline for the login, an end to processing after a disconnect, and backpressure.

Source: RFC 4253; RFC 4252 section 6; OpenSSH's PROTOCOL, section 1.10; twisted#12057, twisted#12139.
"""

from __future__ import annotations

import struct
import traceback
from collections.abc import Callable
from enum import Enum
from typing import Any

from twisted.conch.ssh import transport as conch
from twisted.conch.ssh.common import NS
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.escape import excerpt
from tnet.events import silent_trace
from tnet.events.kinds import Logged
from tnet.protocols.ssh import algorithms
from tnet.protocols.ssh.wire import Malformed, Reader

# What we override or read in Conch's SSHServerTransport and that is not its public interface.
RELIES_ON = ("_keySetup", "_newKeys", "first")

VERSION_BYTES = 255
EARLY_PACKET_BYTES = 35_000
EARLY_BYTES = 1 << 18
EARLY_PACKETS = 100
PACKET_BYTES = 1 << 18
SLICE_BYTES = 1 << 14
UNHEARD_PACKETS = 1000
LINGER_SECONDS = 2.0
SEQUENCE_MASK = 0xFFFFFFFF

KEXINIT, NEWKEYS, KEX_SHARE = 20, 21, 30
DISCONNECT, IGNORE, UNIMPLEMENTED, DEBUG = 1, 2, 3, 4
USERAUTH, CONNECTION = range(50, 80), range(80, 256)
KEY_EXCHANGE = range(20, 50)


class Turn(Enum):
    """How far a key exchange is, as the number of the one message of it that may come next."""

    AWAITED = KEXINIT
    AGREED = KEX_SHARE
    KEYED = NEWKEYS
    DONE = 0


@implementer(IPushProducer)
class ServerTransport(conch.SSHServerTransport):
    """One client.

    `clock` schedules the deadlines; without it there are none. `drained` is called when bytes may flow again
    after `is_paused`. `over` is true once we have said, or heard, that this connection ends.

    Units: `login_seconds` from the connection to the login; 0 is no limit. `attempts` counts failed logins.
    """

    transport: Any
    trace = silent_trace()
    clock: IReactorTime | None = None
    login_seconds: float = 120
    attempts = 6

    ourVersionString = b"SSH-2.0-tnet"
    supportedCiphers = list(algorithms.CIPHERS)
    supportedMACs = list(algorithms.MACS)
    supportedCompressions = list(algorithms.COMPRESSIONS)

    def __init__(self) -> None:
        self.over = False
        self.is_paused = False
        self.drained: Callable[[], None] | None = None
        self._turn = Turn.AWAITED
        self._strict = False
        self._early_bytes = self._early_packets = self._unheard = 0
        self._timers: list[IDelayedCall] = []

    @property
    def logged_in(self) -> bool:
        """Whether somebody has proved who they are."""
        return hasattr(self, "avatar")

    # ── life ──

    def connectionMade(self) -> None:
        self.transport.registerProducer(self, True)
        self.supportedKeyExchanges = [*algorithms.key_exchanges(), algorithms.STRICT_SERVER]
        if self.login_seconds:
            self._after(self.login_seconds, self._login_is_late)
        super().connectionMade()

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.over = True
        self._cancel_timers()
        super().connectionLost(reason)

    def setService(self, service: Any) -> None:
        if self.logged_in:
            self._cancel_timers()
        super().setService(service)

    def sendDisconnect(self, reason: int, desc: bytes | str) -> None:
        """Say why, once, and end; a peer that does not read is cut off soon after."""
        if self.over:
            return
        text = desc if isinstance(desc, str) else excerpt(desc)  # Conch passes str here and there
        self.trace.emit(Logged, level="info", text=f"SSH disconnect: {text}")
        self.sendPacket(DISCONNECT, struct.pack(">L", reason) + NS(desc) + NS(b""))
        self._end()

    def goodbye(self, text: str) -> None:
        """Tell the peer that we are leaving: each session gets a line and ends, anything else is cut."""
        farewell = getattr(self.service, "goodbye", None)
        if farewell is None or not farewell(text):
            self.sendDisconnect(conch.DISCONNECT_BY_APPLICATION, text.encode())

    def _end(self) -> None:
        self.over = True
        self.buf = b""
        self.transport.unregisterProducer()
        self.transport.loseConnection()
        self._after(LINGER_SECONDS, self.transport.abortConnection)

    def _login_is_late(self) -> None:
        self.sendDisconnect(conch.DISCONNECT_BY_APPLICATION, b"the login took too long")

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        if self.clock is not None:
            self._timers.append(self.clock.callLater(seconds, call))

    def _cancel_timers(self) -> None:
        timers, self._timers = self._timers, []
        for timer in timers:
            if timer.active():
                timer.cancel()

    # ── what comes ──

    def dataReceived(self, data: bytes) -> None:
        """Take bytes in slices, since Conch copies what waits once for every packet in it."""
        if not self.logged_in:
            self._early_bytes += len(data)
        if not self.gotVersion:
            data = self._take_version(data)
        for start in range(0, len(data), SLICE_BYTES):
            if self.over:
                return
            super().dataReceived(data[start : start + SLICE_BYTES])

    def _take_version(self, data: bytes) -> bytes:
        """The bytes after the peer's version line; a client may send no line before it."""
        line, newline, rest = (self.buf + data).partition(b"\n")
        if len(line) >= VERSION_BYTES or not line.startswith(b"SSH-"[: len(line)]):
            self._protocol_error("that is no SSH version line")
            return b""
        if not newline:
            self.buf = line
            return b""
        self.buf, self.otherVersionString = b"", line.removesuffix(b"\r")
        if not line.startswith((b"SSH-2.0-", b"SSH-1.99-")):
            self.sendDisconnect(conch.DISCONNECT_PROTOCOL_VERSION_NOT_SUPPORTED, b"only SSH 2.0 is spoken here")
            return b""
        self.gotVersion = True
        return rest

    def getPacket(self) -> bytes | None:
        """The next whole message; nothing once the connection is over."""
        if self.over:
            return None
        packet: bytes | None = super().getPacket()
        self.incomingPacketSequence &= SEQUENCE_MASK
        if packet is None:
            self._check_announced()
        elif not packet:
            self._protocol_error("empty message")
        return packet

    def _check_announced(self) -> None:
        """Refuse a packet by its announced length, before its bytes are kept."""
        most = PACKET_BYTES if self.logged_in else EARLY_PACKET_BYTES
        first = getattr(self, "first", b"")
        if len(first) >= 4 and struct.unpack(">L", first[:4])[0] > most:
            self._protocol_error("packet too long")

    def dispatchMessage(self, messageNum: int, payload: bytes) -> None:
        """Hand a message on, if it may come now; one that nobody can make sense of ends the connection."""
        objection = self._objection(messageNum)
        if objection:
            self._protocol_error(f"message {messageNum}: {objection}")
        elif not (self.logged_in and messageNum in USERAUTH):
            try:
                super().dispatchMessage(messageNum, payload)
            except Exception as error:  # noqa: BLE001 (Conch's parsers raise anything at a malformed message)
                self._broken(messageNum, error)

    def _objection(self, number: int) -> str:
        """Why a message of this number may not come now; empty when it may."""
        if not self.logged_in:
            self._early_packets += 1
            if self._early_packets > EARLY_PACKETS or self._early_bytes > EARLY_BYTES:
                return "too much came before the login"
        if number in KEY_EXCHANGE:
            rekey = self._turn is Turn.DONE and self.logged_in and number == KEXINIT
            return "" if rekey or number == self._turn.value else "key exchange out of turn"
        if self._turn is not Turn.DONE:
            first_strict = self._strict and self.sessionID is None
            harmless = number == DISCONNECT or (number in (IGNORE, UNIMPLEMENTED, DEBUG) and not first_strict)
            return "" if harmless else "not during a key exchange"
        if (number in CONNECTION and not self.logged_in) or (number in USERAUTH and self.service is None):
            return "log in first"
        return ""

    def _broken(self, number: int, error: Exception) -> None:
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"SSH message {number} was not understood: {error!r} in {where.name}, line {where.lineno}"
        self.trace.emit(Logged, level="warning", text=text)
        self._protocol_error(f"message {number} was not understood")

    def _protocol_error(self, text: str) -> None:
        self.sendDisconnect(conch.DISCONNECT_PROTOCOL_ERROR, text.encode())

    # ── messages ──

    def ssh_KEXINIT(self, packet: bytes) -> None:
        """Agree on algorithms; strict key exchange binds us when the peer knows it.

        Source: RFC 4253 section 7.1; CVE-2023-48795.
        """
        fields = Reader(packet)
        fields.take(16)
        names = fields.string().split(b",")
        if algorithms.STRICT_SERVER in names:
            raise Malformed("a client that calls itself a server")
        if self.sessionID is None:
            self._strict = algorithms.STRICT_CLIENT in names
            if self._strict and self.incomingPacketSequence != 1:
                raise Malformed("something came before KEXINIT")
        self._turn = Turn.AGREED
        super().ssh_KEXINIT(packet)

    def ssh_SERVICE_REQUEST(self, packet: bytes) -> None:
        """Start the login service, once: a second one would start the count of attempts anew.

        Paramiko asks before every attempt: it is told yes, and the first one goes on.
        """
        fields = Reader(packet)
        name = fields.string()
        fields.end()
        if name != b"ssh-userauth" or self.logged_in:
            self.sendDisconnect(conch.DISCONNECT_SERVICE_NOT_AVAILABLE, b"that service is not offered now")
        elif self.service is None:
            super().ssh_SERVICE_REQUEST(packet)
        else:
            self.sendPacket(conch.MSG_SERVICE_ACCEPT, NS(name))

    def ssh_DISCONNECT(self, packet: bytes) -> None:
        """The peer is leaving: nothing after this counts."""
        self._end()

    def sendExtInfo(self, extensions: list[tuple[bytes, bytes]]) -> None:
        """Name the signatures that users may make: Conch names those of the host's keys, which locks RSA users out."""
        super().sendExtInfo([(b"server-sig-algs", b",".join(algorithms.USER_SIGNATURES))])

    def sendUnimplemented(self) -> None:
        """Refuse the message that was just taken, by its number."""
        number = (self.incomingPacketSequence - 1) & SEQUENCE_MASK
        self.sendPacket(conch.MSG_UNIMPLEMENTED, struct.pack(">L", number))

    def sendPacket(self, messageType: int, payload: bytes) -> None:
        """Send, unless the connection is over; stop reading from a peer that asks without listening."""
        if self.over:
            return
        super().sendPacket(messageType, payload)
        self.outgoingPacketSequence &= SEQUENCE_MASK
        if self.is_paused:
            self._unheard += 1
            if self._unheard == UNHEARD_PACKETS:
                self.transport.pauseProducing()

    def _keySetup(self, sharedSecret: bytes, exchangeHash: bytes) -> None:
        super()._keySetup(sharedSecret, exchangeHash)
        self._turn = Turn.KEYED

    def _newKeys(self) -> None:
        if self._strict:
            self.incomingPacketSequence = self.outgoingPacketSequence = 0
        self._turn = Turn.DONE
        super()._newKeys()

    # ── backpressure ──

    def pauseProducing(self) -> None:
        self.is_paused = True

    def resumeProducing(self) -> None:
        if self._unheard >= UNHEARD_PACKETS:
            self.transport.resumeProducing()
        self.is_paused, self._unheard = False, 0
        if self.drained is not None:
            self.drained()

    def stopProducing(self) -> None:
        self.drained = None
