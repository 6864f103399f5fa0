"""Avatars: what a guest may open."""

from __future__ import annotations

from twisted.conch.error import ConchError
from twisted.conch.interfaces import IConchUser
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from tnet.protocols.ssh.session import Session
from tnet.servers.ssh.guests import Guest, Realm


class GuestTests(TestCase):
    """Sessions, and nothing else."""

    def setUp(self) -> None:
        self.asked: list[str] = []
        realm = Realm(lambda name: lambda request: self.asked.append(f"{name} {request.kind}"))
        avatar = self.successResultOf(realm.requestAvatar(b"alice", None, IConchUser))
        self.interface, self.guest, self.leave = avatar

    def test_interface(self) -> None:
        """The realm gives a guest that Conch can use."""
        self.assertIs(self.interface, IConchUser)
        verifyObject(IConchUser, self.guest)
        self.assertIsInstance(self.guest, Guest)
        self.assertEqual(self.guest.name, "alice")
        self.assertEqual(self.guest.groups, ())
        self.leave()

    def test_groups(self) -> None:
        """A guest knows the groups of the account, as they are at the login."""

        async def groups_of(name: str) -> tuple[str, ...]:
            return (f"friends of {name}", "staff")

        realm = Realm(lambda name: lambda request: None, groups_of)
        _, guest, _ = self.successResultOf(realm.requestAvatar("álice".encode(), None, IConchUser))
        self.assertEqual(guest.groups, ("friends of álice", "staff"))

    def test_session(self) -> None:
        """A session has the peer's window and a sane largest packet."""
        session = self.guest.lookupChannel(b"session", 1000, 0, b"")
        self.assertIsInstance(session, Session)
        self.assertEqual((session.remoteWindowLeft, session.remoteMaxPacket), (1000, 256))

    def test_other_channels(self) -> None:
        """Forwards are prohibited; other kinds of channel are unknown."""
        for kind, code in ((b"direct-tcpip", 1), (b"tun@openssh.com", 1), (b"x11", 3), (b"\xff", 3)):
            error = self.assertRaises(ConchError, self.guest.lookupChannel, kind, 1, 1, b"")
            self.assertEqual(error.args[0], code)

    def test_requests(self) -> None:
        """Requests for the whole connection and subsystems by Conch's own way are refused."""
        self.assertEqual(self.guest.gotGlobalRequest(b"tcpip-forward", b""), 0)
        self.assertIsNone(self.guest.lookupSubsystem(b"sftp", b""))

    def test_other_interfaces(self) -> None:
        """A realm asked for something else says that it cannot."""
        self.assertRaises(NotImplementedError, Realm(lambda name: lambda request: None).requestAvatar, b"a", None)
