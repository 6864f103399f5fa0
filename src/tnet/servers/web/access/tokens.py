"""Bearer tokens: what a program shows instead of a password, for a while.

`POST /_tnet/token` with a password gives one; the form field `expires` says for how many seconds. It ends when its time
is over, when its account is disabled, removed or given another password, and when the key file is removed.

Shape: as JSON, `{"token": "…", "type": "Bearer", "expires": "2026-01-02T03:04:05Z"}`.
"""

from __future__ import annotations

import hmac
import html
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from twisted.web.resource import Resource

from tnet.accounts.store import Account
from tnet.servers.web.access.answers import give
from tnet.servers.web.access.credentials import challenge
from tnet.servers.web.access.signing import Expired, Forged, Signer, lifetime
from tnet.servers.web.bodies import Refusal

if TYPE_CHECKING:
    from tnet.accounts.accounts import Standing
    from tnet.servers.web.request import WebRequest

Look = Callable[[str, bytes], Awaitable["Standing | None"]]


class Tokens:
    """Makes and reads tokens; `key` seals them to the secret that their account has."""

    def __init__(self, key: bytes, wall: Callable[[], float]) -> None:
        self._key = key
        self._signer = Signer(key, "web token", wall)

    async def make(self, name: str, seconds: int, look: Look) -> tuple[str, int] | None:
        """A token for the account called `name`, and when it ends; None when the account is gone or disabled."""
        standing = await look(name, self._key)
        if standing is None:
            return None
        return self._signer.sign({"user": standing.account.name, "seal": standing.seal.hex()}, seconds)

    async def holder(self, token: bytes, look: Look) -> Account | None:
        """The account that `token` stands for; None when it stands for none any more."""
        try:
            said = self._signer.read(token)
        except (Forged, Expired):
            return None
        standing = await look(said["user"], self._key)
        if standing is None or not hmac.compare_digest(standing.seal.hex(), said["seal"]):
            return None
        return standing.account


class TokenResource(Resource):
    """Gives whoever has shown a password a token instead."""

    isLeaf = True

    def __init__(self, tokens: Tokens, look: Look) -> None:
        super().__init__()
        self._tokens = tokens
        self._look = look

    def render_POST(self, request: WebRequest) -> int:
        """A new token.

        Raises: Refusal.
        """
        if request.postpath not in ([], [b""]):
            raise Refusal(404)
        scheme = (request.getHeader(b"authorization") or b"").partition(b" ")[0].lower()
        if request.account is None or scheme != b"basic":
            raise challenge("a token is given for a name and a password")
        return request.answer(self._give(request, request.account.name, lifetime(request.args)))

    async def _give(self, request: WebRequest, name: str, seconds: int) -> None:
        made = await self._tokens.make(name, seconds, self._look)
        if made is None:
            raise challenge("this account is gone")
        token, ends = made
        page = "<p>Good until {until}, instead of a password:</p>" + f"<p><code>{html.escape(token)}</code></p>"
        give(request, "Token", {"token": token, "type": "Bearer"}, page, ends)
