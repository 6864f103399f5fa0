"""A client and a server of SSH in memory: Conch's client, which says what a test wants, against our server."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.interfaces import IConchUser
from twisted.conch.ssh.common import NS
from twisted.conch.ssh.factory import SSHFactory
from twisted.conch.ssh.keys import Key
from twisted.conch.ssh.transport import SSHClientTransport
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import Portal
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.test import iosim
from zope.interface import implementer

from tests.support import World
from tnet.protocols.ssh.algorithms import STRICT_CLIENT
from tnet.protocols.ssh.authentication import Authentication
from tnet.protocols.ssh.connection import Connection
from tnet.protocols.ssh.session import Launch, Session
from tnet.protocols.ssh.transport import ServerTransport

DISCONNECT, UNIMPLEMENTED, SERVICE_REQUEST, SERVICE_ACCEPT, KEXINIT, NEWKEYS = 1, 3, 5, 6, 20, 21
USERAUTH_REQUEST, USERAUTH_FAILURE, USERAUTH_SUCCESS, USERAUTH_PK_OK = 50, 51, 52, 60
GLOBAL_REQUEST, REQUEST_FAILURE = 80, 82
OPEN, OPEN_CONFIRMATION, OPEN_FAILURE, ADJUST, DATA, EXTENDED, EOF, CLOSE, REQUEST, SUCCESS, FAILURE = range(90, 101)


@cache
def host_key() -> Key:
    """One ed25519 key for every test."""
    return Key(Ed25519PrivateKey.generate())


@implementer(ICredentialsChecker)
class OnePassword:
    """Lets `alice` in with `secret`; with `held`, answers only when the test calls `answer`."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, *, held: bool = False) -> None:
        self.asked: list[tuple[bytes, bytes]] = []
        self.peers: list[str] = []
        self.waiting: list[Deferred[Any]] = []
        self._held = held

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        self.asked.append((credentials.username, credentials.password))
        self.peers.append(credentials.peer)
        if self._held:
            self.waiting.append(Deferred())
            return self.waiting[-1]
        right = self.asked[-1] == (b"alice", b"secret")
        return succeed(b"alice") if right else fail(UnauthorizedLogin())


@implementer(IConchUser)
class Avatar:
    """A user who may open sessions that `launch` fills."""

    conn: Any = None

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self.sessions: list[Session] = []

    def lookupChannel(self, channelType: bytes, windowSize: int, maxPacket: int, data: bytes) -> Session | None:
        if channelType != b"session":
            return None
        self.sessions.append(Session(launch=self._launch, remoteWindow=windowSize, remoteMaxPacket=maxPacket))
        return self.sessions[-1]

    def gotGlobalRequest(self, requestType: bytes, data: bytes) -> int:
        return 0


class Realm:
    """Gives everybody the same avatar, and remembers who left."""

    def __init__(self, launch: Launch) -> None:
        self.avatar = Avatar(launch)
        self.left: list[Any] = []

    def requestAvatar(self, avatarId: Any, mind: Any, *interfaces: Any) -> Any:
        return IConchUser, self.avatar, lambda: self.left.append(avatarId)


class Client(SSHClientTransport):
    """Conch's client, which keeps what it hears and asks for nothing by itself."""

    strict = False

    def __init__(self) -> None:
        self.heard: list[tuple[int, bytes]] = []
        self.secure = False

    def connectionMade(self) -> None:
        if self.strict:
            self.supportedKeyExchanges = [*self.supportedKeyExchanges, STRICT_CLIENT]
        super().connectionMade()

    def verifyHostKey(self, hostKey: bytes, fingerprint: bytes) -> Deferred[int]:
        return succeed(1)

    def connectionSecure(self) -> None:
        self.secure = True

    def dispatchMessage(self, messageNum: int, payload: bytes) -> None:
        self.heard.append((messageNum, payload))
        if messageNum < 50 and messageNum not in (DISCONNECT, UNIMPLEMENTED, SERVICE_ACCEPT):
            super().dispatchMessage(messageNum, payload)

    def _newKeys(self) -> None:
        if self.strict:
            self.incomingPacketSequence = self.outgoingPacketSequence = 0
        super()._newKeys()


class Pair:
    """A server and a client, joined in memory."""

    def __init__(
        self,
        *checkers: Any,
        launch: Launch = lambda request: None,
        connect: bool = True,
        client: Client | None = None,
        **limits: Any,
    ) -> None:
        self.clock = Clock()
        self.world = World()
        self.recorder = self.world.recorder
        self.realm = Realm(launch)
        self.server = self._build_server(checkers or (OnePassword(),), limits)
        self.client = client or Client()
        if connect:
            self.connect()

    def _build_server(self, checkers: tuple[Any, ...], limits: dict[str, Any]) -> ServerTransport:
        factory: Any = SSHFactory()
        factory.protocol = ServerTransport
        factory.services = {b"ssh-userauth": Authentication, b"ssh-connection": Connection}
        factory.publicKeys = {b"ssh-ed25519": host_key().public()}
        factory.privateKeys = {b"ssh-ed25519": host_key()}
        factory.primes = None
        factory.portal = Portal(self.realm, checkers)
        server: Any = factory.buildProtocol(None)
        server.trace = self.world.publisher.trace()
        server.clock = self.clock
        for name, value in limits.items():
            setattr(server, name, value)
        return server

    def connect(self) -> None:
        """Join the two and let them agree on keys."""
        transports = iosim.FakeTransport(self.server, True), iosim.FakeTransport(self.client, False)
        self.pump = iosim.connect(self.server, transports[0], self.client, transports[1])
        self.pump.flush()

    @property
    def is_closed(self) -> bool:
        """Whether the server has hung up."""
        return bool(self.server.over)

    def send(self, number: int, payload: bytes = b"") -> list[tuple[int, bytes]]:
        """Send one message from the client; what comes back at once."""
        return self.send_all((number, payload))

    def send_all(self, *messages: tuple[int, bytes]) -> list[tuple[int, bytes]]:
        """Send messages in one segment; what comes back at once."""
        before = len(self.client.heard)
        for number, payload in messages:
            self.client.sendPacket(number, payload)
        self.pump.flush()
        return self.client.heard[before:]

    def wait(self, seconds: float) -> list[tuple[int, bytes]]:
        """Let time pass; what comes back."""
        before = len(self.client.heard)
        self.clock.advance(seconds)
        self.pump.flush()
        return self.client.heard[before:]

    def ask_to_log_in(self) -> None:
        """Start the login service."""
        self.send(SERVICE_REQUEST, NS(b"ssh-userauth"))

    def log_in(self) -> None:
        """Log in as alice."""
        self.ask_to_log_in()
        heard = self.send(USERAUTH_REQUEST, password(b"secret"))
        assert heard[-1][0] == USERAUTH_SUCCESS, heard

    def open(self, window: int = 1 << 20, largest: int = 1 << 15, sender: int = 7) -> list[tuple[int, bytes]]:
        """Open a session, whose number at the server is how many there were before."""
        return self.send(OPEN, NS(b"session") + struct.pack(">3L", sender, window, largest))

    def request(self, name: bytes, fields: bytes = b"", channel: int = 0) -> list[tuple[int, bytes]]:
        """Ask something of a channel, with an answer."""
        return self.send(REQUEST, struct.pack(">L", channel) + NS(name) + b"\1" + fields)


class Programme:
    """A program that remembers what happened to it."""

    def __init__(self, at_start: Callable[[Session], None] = lambda session: None) -> None:
        self.happened: list[Any] = []
        self._at_start = at_start

    def start(self, session: Session) -> None:
        self.session = session
        self.happened.append("start")
        self._at_start(session)

    def receive(self, data: bytes) -> None:
        self.happened.append(data)

    def receive_eof(self) -> None:
        self.happened.append("eof")

    def resize(self, terminal: Any) -> None:
        self.happened.append((terminal.columns, terminal.rows))

    def stop(self) -> None:
        self.happened.append("stop")


def userauth(method: bytes, fields: bytes = b"", user: bytes = b"alice", service: bytes = b"ssh-connection") -> bytes:
    """The payload of a login request."""
    return NS(user) + NS(service) + NS(method) + fields


def password(secret: bytes, user: bytes = b"alice") -> bytes:
    """The payload of a login request with a password."""
    return userauth(b"password", b"\0" + NS(secret), user)


def numbers(messages: list[tuple[int, bytes]]) -> list[int]:
    """Only the numbers of messages."""
    return [number for number, _ in messages]


def received(messages: list[tuple[int, bytes]], kind: int = DATA) -> bytes:
    """The bytes of a channel's data in messages: its stdout, or with EXTENDED its stderr."""
    skip = 8 if kind == DATA else 12
    return b"".join(payload[skip:] for number, payload in messages if number == kind)
