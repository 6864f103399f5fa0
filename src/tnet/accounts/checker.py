"""Accounts for everything that speaks `twisted.cred`: SSH, web guards, a stranger's portal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from zope.interface import implementer

from tnet.accounts.store import Account

Verify = Callable[[bytes | str, bytes, str | None], Awaitable[Account | None]]


@implementer(ICredentialsChecker)
class PasswordChecker:
    """Checks names and passwords with `verify`; the avatar id is the account's name in UTF-8.

    Credentials may have a `peer`: the address that they came from.
    """

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, verify: Verify) -> None:
        self._verify = verify

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[bytes | tuple[()]]:
        """Who the credentials are good for.

        Fires with: the avatar id; UnauthorizedLogin for wrong credentials and for nothing else; Throttled, Overloaded
        or StoreFailed when nobody can tell.
        """
        return Deferred.fromCoroutine(self._avatar_id(credentials))

    async def _avatar_id(self, credentials: IUsernamePassword) -> bytes | tuple[()]:
        peer = getattr(credentials, "peer", None)
        account = await self._verify(credentials.username, credentials.password, peer)
        if account is None:
            raise UnauthorizedLogin("login denied")
        return account.name.encode()
