"""Accounts as a checker for twisted.cred."""

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword, UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from tnet.accounts.checker import PasswordChecker
from tnet.accounts.store import Account, StoreFailed
from tnet.errors import Overloaded


async def _alice_only(user: bytes | str, password: bytes, peer: str | None) -> Account | None:
    return Account("álice") if (user, password) == (b"alice", b"pw") else None


class CheckerTests(TestCase):
    """What a portal gets."""

    def test_interface(self) -> None:
        """It is a credentials checker for names with passwords."""
        checker = PasswordChecker(_alice_only)
        verifyObject(ICredentialsChecker, checker)
        self.assertEqual(checker.credentialInterfaces, (IUsernamePassword,))

    def test_right(self) -> None:
        """Right credentials give the account's name, as the store spells it, in UTF-8."""
        asked = PasswordChecker(_alice_only).requestAvatarId(UsernamePassword(b"alice", b"pw"))
        self.assertEqual(self.successResultOf(asked), "álice".encode())

    def test_wrong(self) -> None:
        """Wrong credentials are an unauthorized login."""
        asked = PasswordChecker(_alice_only).requestAvatarId(UsernamePassword(b"alice", b"no"))
        self.failureResultOf(asked, UnauthorizedLogin)

    def test_nobody_can_tell(self) -> None:
        """A failure to check is never said to be a wrong password."""
        for error in (Overloaded("password checking"), StoreFailed("sqlite:/x", "locked")):

            async def failing(
                user: bytes | str, password: bytes, peer: str | None, error: Exception = error
            ) -> Account | None:
                raise error

            asked = PasswordChecker(failing).requestAvatarId(UsernamePassword(b"alice", b"pw"))
            self.assertIs(self.failureResultOf(asked).value, error)

    def test_peer(self) -> None:
        """The address that credentials came from is handed on; credentials without one have none."""
        peers: list[str | None] = []

        async def verify(user: bytes | str, password: bytes, peer: str | None) -> Account | None:
            peers.append(peer)
            return Account("alice")

        credentials = UsernamePassword(b"alice", b"pw")
        PasswordChecker(verify).requestAvatarId(credentials)
        credentials.peer = "192.0.2.1"
        PasswordChecker(verify).requestAvatarId(credentials)
        self.assertEqual(peers, [None, "192.0.2.1"])
