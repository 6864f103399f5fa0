"""Whether somebody holds a key that lets them in, for twisted.cred.

Source: RFC 4252 section 7; CVE-2024-45337 for deciding by the very key that signed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.conch.error import ValidPublicKey
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import ISSHPrivateKey
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from zope.interface import implementer

from tnet.protocols.ssh.user_keys import read_blob

Owner = Callable[[bytes, bytes], Awaitable[str | None]]


@implementer(ICredentialsChecker)
class KeyChecker:
    """Lets in whom one of `owners` names for the user and the key's blob that are offered; they are asked in turn.

    A question without a signature is answered with ValidPublicKey only for a key that would do. Whoever would not get
    in costs the same, known or not: each owner is asked, and no signature is looked at.
    """

    credentialInterfaces = (ISSHPrivateKey,)

    def __init__(self, *owners: Owner) -> None:
        self._owners = owners

    def requestAvatarId(self, credentials: Any) -> Deferred[bytes | tuple[()]]:
        """Who the key is good for.

        Fires with: the owner's name in UTF-8; UnauthorizedLogin; ValidPublicKey; Overloaded or StoreFailed when nobody
        can tell.
        """
        return Deferred.fromCoroutine(self._avatar_id(credentials))

    async def _avatar_id(self, credentials: Any) -> bytes | tuple[()]:
        key = read_blob(credentials.blob)
        name = await self._owner(credentials.username, credentials.blob)
        if name is None:
            raise UnauthorizedLogin("that key is not for that user")
        if not credentials.signature:
            raise ValidPublicKey
        if not _signed(key, credentials):
            raise UnauthorizedLogin("the signature is wrong")
        return name.encode()

    async def _owner(self, user: bytes, blob: bytes) -> str | None:
        for owner in self._owners:
            name = await owner(user, blob)
            if name is not None:
                return name
        return None


def _signed(key: Any, credentials: Any) -> bool:
    try:
        return bool(key.verify(credentials.signature, credentials.sigData))
    except Exception:  # noqa: BLE001 (whatever a malformed signature makes Conch raise, it is no signature)
        return False
