"""Logins of a web server: what a request's credentials come to, checked against the accounts it shares with the rest.

A password that proved right, and a token, are taken at their word for `proven.REMEMBERED_SECONDS`, and until a SIGHUP:
that long, at most, an account that was disabled or changed goes on. Each real check is one `auth.attempt` event.
"""

from __future__ import annotations

from typing import Any, Protocol

from twisted.internet.defer import Deferred, succeed

from tnet.accounts.accounts import Standing
from tnet.accounts.store import Account, StoreFailed
from tnet.accounts.throttle import Throttled
from tnet.errors import Overloaded, TnetError
from tnet.escape import excerpt
from tnet.events import Trace
from tnet.events.kinds import AuthAttempted
from tnet.net.tap import place
from tnet.servers.web.access.credentials import Password, Token, challenge
from tnet.servers.web.access.proven import Proven
from tnet.servers.web.access.tokens import Tokens
from tnet.servers.web.bodies import Refusal

THROTTLED_SECONDS = 15


class Doors(Protocol):
    """What is asked of `Accounts`."""

    async def verify(self, user: bytes | str, password: bytes, peer: str | None = None) -> Account | None: ...

    async def recognize(self, user: bytes | str) -> Account | None: ...

    async def standing(self, name: str, key: bytes) -> Standing | None: ...


class Logins:
    """Tells who sends what credentials."""

    def __init__(self, accounts: Doors, tokens: Tokens, proven: Proven) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._proven = proven

    def known(self, credentials: Password | Token) -> Account | None:
        """The account that they opened a moment ago."""
        return self._proven.known(self._digest(credentials))

    def check(self, credentials: Password | Token, peer: Any, trace: Trace) -> Deferred[Account | None]:
        """Who sends them from the address `peer`.

        Fires with: the account, None if they open none; or a Refusal when nobody can tell now.
        """
        address = _address(peer)

        async def check() -> Account | None:
            return await self._look(credentials, address, trace)

        return self._proven.prove(self._digest(credentials), address.encode(), check)

    def standing(self, name: str) -> Deferred[Account | None]:
        """The account called `name`, for somebody who needs not show anything now.

        Fires with: the account, None if it is gone or disabled; or a Refusal when nobody can tell now.
        """
        digest = self._proven.digest(b"name", name.encode())
        account = self._proven.known(digest)
        if account is not None:
            return succeed(account)

        async def check() -> Account | None:
            try:
                standing = await self._accounts.standing(name, b"")
            except TnetError as error:
                raise _unavailable(error) from error
            return None if standing is None else standing.account

        return self._proven.prove(digest, b"", check)

    def forget(self) -> None:
        """Check everybody anew."""
        self._proven.forget()

    def _digest(self, credentials: Password | Token) -> bytes:
        if isinstance(credentials, Token):
            return self._proven.digest(b"token", credentials.token)
        return self._proven.digest(b"password", credentials.user, credentials.password)

    async def _look(self, credentials: Password | Token, peer: str, trace: Trace) -> Account | None:
        means, user = "token", b""
        if isinstance(credentials, Password):
            means, user = "password", credentials.user

        def report(result: str, name: bytes) -> None:
            trace.emit(AuthAttempted, user=excerpt(name), result=result, means=means, peer_address=peer)

        try:
            with trace.span("login"):
                account = await self._ask(credentials, peer)
        except TnetError as error:
            report("unavailable", user)
            raise _unavailable(error) from error
        report("denied" if account is None else "accepted", user if account is None else account.name.encode())
        return account

    async def _ask(self, credentials: Password | Token, peer: str) -> Account | None:
        if isinstance(credentials, Token):
            return await self._tokens.holder(credentials.token, self._accounts.standing)
        if not credentials.password and (account := await self._accounts.recognize(credentials.user)) is not None:
            return account
        return await self._accounts.verify(credentials.user, credentials.password, peer)


def wrong(credentials: Password | Token) -> Refusal:
    """What whoever sent credentials that open nothing is told."""
    return challenge("wrong name or password" if isinstance(credentials, Password) else "this token opens nothing")


def _unavailable(error: TnetError) -> Refusal:
    if isinstance(error, Throttled):
        return Refusal(429, "too many logins wait: try again later", {b"Retry-After": b"%d" % THROTTLED_SECONDS})
    seconds = 1 if isinstance(error, Overloaded) else 5 if isinstance(error, StoreFailed) else 2
    return Refusal(503, "nobody can log in now", {b"Retry-After": b"%d" % seconds})


def _address(peer: Any) -> str:
    """Where the peer is; the path of a UNIX socket, which a peer may choose, is no IP address whatever it says."""
    host, port = place(peer)
    return f"unix:{host}" if port is None else host
