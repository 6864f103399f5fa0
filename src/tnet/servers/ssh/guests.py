"""Who has logged in, in Conch's terms: an avatar that may open sessions and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from twisted.conch.error import ConchError
from twisted.conch.interfaces import IConchUser
from twisted.conch.ssh.connection import OPEN_ADMINISTRATIVELY_PROHIBITED, OPEN_UNKNOWN_CHANNEL_TYPE
from twisted.cred.portal import IRealm
from twisted.internet.defer import Deferred
from zope.interface import Interface, implementer

from tnet.protocols.ssh.session import Launch, Session

Login = tuple[type[Interface], object, Callable[[], None]]

FORWARDS = (b"direct-tcpip", b"direct-streamlocal@openssh.com", b"forwarded-tcpip", b"tun@openssh.com")


@implementer(IConchUser)
class Guest:
    """One user on one connection. Users are virtual: none is a user of the operating system.

    `launch` gives what a session runs; `groups` are those of the account. `conn` is the connection, set by Conch.
    """

    conn: Any = None

    def __init__(self, name: str, launch: Launch, groups: tuple[str, ...] = ()) -> None:
        self.name = name
        self.launch = launch
        self.groups = groups

    def lookupChannel(self, channelType: bytes, windowSize: int, maxPacket: int, data: bytes) -> Session:
        """A session.

        Raises: ConchError, for any other kind of channel.
        """
        if channelType in FORWARDS:
            raise ConchError(OPEN_ADMINISTRATIVELY_PROHIBITED, "forwarding is off")
        if channelType != b"session":
            raise ConchError(OPEN_UNKNOWN_CHANNEL_TYPE, "unknown channel type")
        return Session(launch=self.launch, remoteWindow=windowSize, remoteMaxPacket=maxPacket, avatar=self)

    def lookupSubsystem(self, subsystem: bytes, data: bytes) -> None:
        """None: a subsystem is a program like any other, and `launch` knows which there are."""

    def gotGlobalRequest(self, requestType: bytes, data: bytes) -> int:
        """0: every request of the connection as a whole, such as for a forward, is refused."""
        return 0


async def no_groups(name: str) -> tuple[str, ...]:
    """What somebody is in who has no account."""
    return ()


@implementer(IRealm)
class Realm:
    """Makes a Guest for each login; `launches(name)` gives what that guest may run, `groups_of(name)` the groups."""

    def __init__(
        self, launches: Callable[[str], Launch], groups_of: Callable[[str], Awaitable[tuple[str, ...]]] = no_groups
    ) -> None:
        self.launches = launches
        self.groups_of = groups_of

    def requestAvatar(self, avatarId: Any, mind: Any, *interfaces: Any) -> Deferred[Login]:
        """The avatar of a user, and what ends it.

        Fires with: those two, after the interface; what `groups_of` raises.
        """
        if IConchUser not in interfaces:
            raise NotImplementedError("only IConchUser")
        name = avatarId.decode() if isinstance(avatarId, bytes) else str(avatarId)
        return Deferred.fromCoroutine(self._avatar(name))

    async def _avatar(self, name: str) -> Login:
        guest = Guest(name, self.launches(name), await self.groups_of(name))
        return IConchUser, guest, partial(_leave, name)


def _leave(name: str) -> None:
    """Nothing is kept for a guest who leaves."""
