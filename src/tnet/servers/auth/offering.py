"""The login server as the runtime asks for it."""

from __future__ import annotations

from collections.abc import Callable

from tnet.accounts.accounts import open_accounts
from tnet.net.context import Context
from tnet.net.server import Server
from tnet.plans.serve import AuthPlan
from tnet.protocols.auth.dialects import DIALECTS
from tnet.protocols.auth.dialogue import Dialect
from tnet.protocols.auth.gateway import Gateway
from tnet.servers.auth.factory import MOST_STRANGERS, AuthFactory, nowhere
from tnet.servers.auth.forwarding import Forwarding


async def offer(plan: AuthPlan, context: Context) -> Server:
    """The login server, ready to listen.

    Raises: BadUsage or StoreFailed when there are no accounts to log in to.
    """
    accounts = await open_accounts(plan.users, context, exposed=plan.exposed)
    factory = AuthFactory(
        accounts.verify,
        context.reactor,
        attempts=plan.attempts,
        login_seconds=plan.login_seconds,
        recognize=accounts.recognize,
        dialect=_dialect(plan),
        secured=plan.tls is not None,
        most_strangers=_most_strangers(plan.limits.max_connections),
        connect=nowhere if plan.forward is None else Forwarding(plan.forward, context, plan.send_proxy).connect,
    )
    return Server(
        factory=factory,
        goodbye=factory.goodbye,
        reload=accounts.reload,
        close=accounts.close,
        notes=await accounts.notes(exposed=plan.exposed, secured=plan.tls is not None),
    )


def _dialect(plan: AuthPlan) -> Callable[[int], Dialect]:
    """The dialogue of one connection, and with a backend what leads to it."""
    build = DIALECTS[plan.dialect]
    return build if plan.forward is None else lambda attempts: Gateway(build(attempts))


def _most_strangers(max_connections: int) -> int:
    """How many may wait to log in: at most half of all, so that those who are logged in have a place."""
    return min(MOST_STRANGERS, max(1, max_connections // 2)) if max_connections else MOST_STRANGERS
