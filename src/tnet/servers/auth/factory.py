"""Login dialogues for a listening port, and who is logged in on them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Factory

from tnet.accounts.store import Account
from tnet.errors import ConnectFailed
from tnet.net.relay import Dialled
from tnet.protocols.auth.dialogue import Dialect
from tnet.protocols.auth.line import LineDialect
from tnet.servers.auth.connection import AuthProtocol

MOST_STRANGERS = 512

Check = Callable[[bytes, bytes, str], Coroutine[Any, Any, Account | None]]
Look = Callable[[bytes], Coroutine[Any, Any, Account | None]]
Way = Callable[[str, Any], Coroutine[Any, Any, Dialled]]


async def nobody(user: bytes) -> None:
    """No name is enough to come in."""


async def nowhere(name: str, transport: Any) -> Dialled:
    """There is no backend. Raises: ConnectFailed."""
    raise ConnectFailed("no backend", ())


class AuthFactory(Factory):
    """Login dialogues for every connection.

    `verify(user, password, peer)` is a coroutine function: the account, None if the credentials are nobody's; it
    raises when nobody can tell, and is cancelled when the peer hangs up. `peer` is the peer's address.
    `recognize(user)` is one, too: the account that needs no password, or None.
    `dialect(attempts)` makes the dialogue of one connection. `connect(name, transport)` is a coroutine function, too,
    for dialogues that ask for a backend: a connection to it in the name of the account that came in on `transport`.
    With `secured` there is TLS, and nobody from another machine may log in without. When more than `most_strangers`
    connections have not logged in, the one that has waited longest makes way; one whose password is being checked does
    not count.

    Units: `login_seconds` from the connection to a successful login; 0 is no limit.
    """

    noisy = False

    def __init__(
        self,
        verify: Check,
        clock: IReactorTime,
        *,
        attempts: int = 3,
        login_seconds: float = 60,
        recognize: Look = nobody,
        dialect: Callable[[int], Dialect] = LineDialect,
        connect: Way = nowhere,
        secured: bool = False,
        most_strangers: int = MOST_STRANGERS,
    ) -> None:
        self.verify = verify
        self.recognize = recognize
        self.clock = clock
        self.attempts = attempts
        self.login_seconds = login_seconds
        self.dialect = dialect
        self.connect = connect
        self.secured = secured
        self.most_strangers = most_strangers
        self.connections: dict[AuthProtocol, None] = {}
        self._strangers: OrderedDict[AuthProtocol, None] = OrderedDict()

    def buildProtocol(self, address: IAddress | None) -> AuthProtocol:
        return AuthProtocol(self)

    def members(self) -> list[AuthProtocol]:
        """The connections that are logged in, oldest first."""
        return [one for one in self.connections if one.member is not None]

    def names(self) -> tuple[str, ...]:
        """Who is logged in, each once."""
        return tuple(sorted({one.member for one in self.connections if one.member is not None}))

    def broadcast(self, line: bytes) -> None:
        """Tell everybody who is logged in."""
        for one in self.members():
            one.tell(line)

    def goodbye(self) -> None:
        """End every dialogue."""
        for one in tuple(self.connections):
            one.leave()

    # ── what a connection calls ──

    def waits(self, one: AuthProtocol) -> None:
        """Count in a connection that waits for its peer to log in."""
        self._strangers[one] = None
        if len(self._strangers) > self.most_strangers:
            oldest, _ = self._strangers.popitem(last=False)
            oldest.make_way()

    def waits_no_more(self, one: AuthProtocol) -> None:
        """Count it out: the peer is logged in or gone, or an answer is looked for."""
        self._strangers.pop(one, None)
