"""The guard at the door: decides at the end of a request's head, before anything of its body was asked for.

Nobody is asked to log in for what everybody may do. Credentials that are sent are checked all the same: wrong ones are
refused, even where none are needed, so that nobody believes to be logged in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred

from tnet.accounts.store import Account
from tnet.servers.web.access.credentials import BASIC, BEARER, Password, Token, read_credentials
from tnet.servers.web.access.logins import Logins, wrong
from tnet.servers.web.access.rules import RulePermissions, Rules, decoded_place
from tnet.servers.web.carrying.headers import vary
from tnet.servers.web.filters import Filter
from tnet.servers.web.permissions import Right

if TYPE_CHECKING:
    from tnet.servers.web.request import WebRequest

_SAFE = (b"GET", b"HEAD", b"OPTIONS")


class Guard(Filter):
    """Finds out who asks, and gives the request that account's `permissions`: what `rules` leave of `granted`.

    Without `logins` nobody can log in, and the rules for everybody hold. What is `mounted` at paths of its own knows
    nothing of permissions: there it takes READ to ask, and WRITE for a method that may change something.
    """

    def __init__(
        self, rules: Rules, granted: Right, logins: Logins | None = None, *, mounted: Iterable[str] = ()
    ) -> None:
        self._rules = rules
        self._granted = granted
        self._logins = logins
        self._mounted = [decoded_place(path.encode("utf-8", "surrogateescape").split(b"/")) for path in mounted]

    def before(self, request: WebRequest) -> Deferred[None] | None:
        """Let the request in, or refuse it.

        Raises: Refusal, 400 for malformed credentials, 401 for wrong or missing ones, 403 for an account that may not;
        429 or 503 when credentials cannot be checked now.
        """
        lines = request.requestHeaders.getRawHeaders(b"authorization")
        if self._logins is None or not lines:
            self._admit(request, None)
            return None
        credentials = read_credentials(lines)
        account = self._logins.known(credentials)
        if account is not None:
            self._admit(request, account)
            return None
        checking = self._logins.check(credentials, request.channel.getPeer(), request.trace)
        return checking.addCallback(self._checked, request, credentials)

    def after(self, request: WebRequest) -> None:
        """Say that who asks makes a difference; and name the second way to log in, on a line of its own, since not
        every client can take two apart."""
        if self._logins is not None:
            vary(request.responseHeaders, b"Authorization")
        if request.code == 401 and request.responseHeaders.getRawHeaders(b"www-authenticate") == [BASIC]:
            request.responseHeaders.addRawHeader(b"WWW-Authenticate", BEARER)

    def _checked(self, account: Account | None, request: WebRequest, credentials: Password | Token) -> None:
        if account is None:
            raise wrong(credentials)
        self._admit(request, account)

    def _admit(self, request: WebRequest, account: Account | None) -> None:
        """What may be done at the very place is decided now: not even whether something is there is told before."""
        request.account = account
        permissions = request.permissions = RulePermissions(self._rules, account, self._granted)
        place = decoded_place(request.postpath)
        if any(place[: len(mount)] == mount for mount in self._mounted):
            permissions = RulePermissions(self._rules, account, Right.ALL)
            wanted = Right.READ if request.method in _SAFE else Right.WRITE
            permissions.demand(wanted, place)
        elif not permissions.at(place):
            raise permissions.refusal()
