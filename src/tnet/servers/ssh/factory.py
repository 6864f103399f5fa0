"""The factory of SSH connections: one host key, one portal, and a last word for everybody."""

from __future__ import annotations

from typing import Any

from twisted.conch.ssh.factory import SSHFactory
from twisted.conch.ssh.keys import Key
from twisted.cred.portal import Portal
from twisted.internet.interfaces import IAddress, IReactorTime

from tnet.protocols.ssh.algorithms import HOST_SIGNATURES
from tnet.protocols.ssh.authentication import Authentication
from tnet.protocols.ssh.connection import Connection
from tnet.protocols.ssh.transport import ServerTransport


class _Connected(ServerTransport):
    """A connection that its factory knows while it lasts."""

    def connectionMade(self) -> None:
        self.factory.connections.add(self)  # type: ignore[attr-defined]  # Conch types it as its own factory
        super().connectionMade()

    def connectionLost(self, reason: Any = None) -> None:
        self.factory.connections.discard(self)  # type: ignore[attr-defined]  # Conch types it as its own factory
        super().connectionLost(reason)


class Factory(SSHFactory):
    """Makes hardened SSH connections.

    Units: `login_seconds` from the connection to the login, 0 for no limit; `attempts` of login per connection.
    """

    protocol = _Connected
    services = {b"ssh-userauth": Authentication, b"ssh-connection": Connection}
    noisy = False

    def __init__(
        self, portal: Portal, host_key: Key, clock: IReactorTime, *, attempts: int = 6, login_seconds: float = 120
    ) -> None:
        self.portal = portal
        self.publicKeys = {host_key.sshType(): host_key.public()}
        self.privateKeys = {host_key.sshType(): host_key}
        self.primes = None
        self.connections: set[ServerTransport] = set()
        self._clock = clock
        self._attempts = attempts
        self._login_seconds = login_seconds
        self._signatures = [name for name in HOST_SIGNATURES if name in host_key.supportedSignatureAlgorithms()]

    def buildProtocol(self, addr: IAddress | None) -> ServerTransport:
        """A connection with its limits; Conch would offer `ssh-rsa` for an RSA host key."""
        connection: Any = super().buildProtocol(addr)
        connection.supportedPublicKeys = list(self._signatures)
        connection.clock = self._clock
        connection.attempts = self._attempts
        connection.login_seconds = self._login_seconds
        return connection  # type: ignore[no-any-return]  # Conch types its protocol as Any

    def goodbye(self, text: str = "tnet: the server is stopping") -> None:
        """Give every session a last line and its end, and cut whoever has not logged in."""
        for connection in tuple(self.connections):
            connection.goodbye(text)
