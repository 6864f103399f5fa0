"""The login server as the runtime asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from tnet.accounts.accounts import Accounts, open_accounts
from tnet.net.context import Context
from tnet.net.server import Server
from tnet.plans.serve import AuthPlan
from tnet.servers.auth.factory import AuthFactory


async def offer(plan: AuthPlan, context: Context) -> Server:
    """The login server, ready to listen.

    Raises: BadUsage or StoreFailed when there are no accounts to log in to.
    """
    accounts = await open_accounts(plan.users, context, exposed=plan.exposed)
    factory = AuthFactory(accounts.verify, context.reactor, attempts=plan.attempts, login_seconds=plan.login_seconds)
    return Server(
        factory=factory,
        goodbye=factory.goodbye,
        reload=accounts.reload,
        close=accounts.close,
        notes=tuple(_notes(plan, accounts)),
    )


def _notes(plan: AuthPlan, accounts: Accounts) -> Iterator[str]:
    if accounts.one_time:
        yield "there is no account yet: this one ends with the server; `tnet users add NAME` makes one that stays"
    if plan.exposed and plan.tls is None:
        yield "passwords travel in clear: --tls hides them"
