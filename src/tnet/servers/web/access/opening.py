"""Everything about who may ask for what, as `offer` puts it in front of the tree."""

from __future__ import annotations

import time
from dataclasses import dataclass

from twisted.web.resource import IResource

from tnet.accounts.accounts import Accounts, open_accounts
from tnet.net.context import Context, Offload
from tnet.plans.addresses import TcpAddress
from tnet.plans.web import OURS, WebPlan
from tnet.servers.web.access import keys
from tnet.servers.web.access.cors import Cors
from tnet.servers.web.access.fields import Fields
from tnet.servers.web.access.guard import Guard
from tnet.servers.web.access.hosts import Hosts
from tnet.servers.web.access.logins import Logins
from tnet.servers.web.access.proven import Proven
from tnet.servers.web.access.rules import Rules
from tnet.servers.web.access.shares import MOUNT, LinkResource, Shares
from tnet.servers.web.access.tokens import TokenResource, Tokens
from tnet.servers.web.filters import Filter
from tnet.servers.web.mounts import Mounts
from tnet.servers.web.permissions import Permissions, Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may ask for what.

    `filters` go to the site, in this order, and `permissions` for where no filter knows better; `shares` is for the
    tree, None where nobody can make a link. `depends` is whether an answer depends on who asks.
    """

    filters: tuple[Filter, ...]
    permissions: Permissions
    depends: bool = False
    notes: tuple[str, ...] = ()
    shares: Shares | None = None
    tokens: TokenResource | None = None
    logins: Logins | None = None
    accounts: Accounts | None = None

    def mount(self, mounts: Mounts, tree: IResource) -> None:
        """Put what answers for tokens and links to its place; `tree` answers for what links lead to."""
        if self.tokens is not None:
            mounts.mount(f"{OURS}/token".encode(), self.tokens)
        if self.shares is not None:
            mounts.mount(MOUNT, LinkResource(self.shares, tree))

    async def reload(self) -> None:
        """Check everybody anew.

        Raises: StoreFailed.
        """
        if self.logins is not None:
            self.logins.forget()
        if self.accounts is not None:
            await self.accounts.reload()

    async def close(self) -> None:
        """Let go of the accounts."""
        if self.accounts is not None:
            await self.accounts.close()


async def open_access(plan: WebPlan, context: Context, hashing: Offload | None = None) -> Access:
    """Who may ask for what, as `plan` has it: with the accounts and the key, where they are wanted.

    `hashing` are the threads that check passwords.

    Raises: BadUsage when an exposed server would have no account; StoreFailed, CannotRead, CannotWrite.
    """
    rights = granted(plan)
    rules = Rules(plan.acl, logins=plan.asks_who, open_to_all=plan.users is None)
    permissions = Permissions(rights)
    if not plan.asks_who:
        guard = Guard(rules, rights, mounted=_mounted(plan)) if plan.acl else None
        return Access(filters=_filters(plan, _hosts(plan), guard), permissions=permissions, depends=bool(plan.acl))
    accounts = await open_accounts(plan.users, context, exposed=plan.exposed, hashing=hashing)
    key = await context.workers.run(keys.open_key, keys.default_path())
    tokens = Tokens(key, time.time)
    logins = Logins(accounts, tokens, Proven(context.clock))
    shares = Shares(key, time.time, logins, rules, rights)
    return Access(
        filters=_filters(plan, Guard(rules, rights, logins, mounted=_mounted(plan)), shares),
        permissions=permissions,
        depends=True,
        notes=await accounts.notes(exposed=plan.exposed, secured=plan.tls is not None),
        shares=shares,
        tokens=TokenResource(tokens, accounts.standing),
        logins=logins,
        accounts=accounts,
    )


def _filters(plan: WebPlan, *judges: Filter | None) -> tuple[Filter, ...]:
    """What answers preflights first; what decides; what adds fields last."""
    made = (Cors() if plan.cors else None, *judges, Fields(plan.fields) if plan.fields else None)
    return tuple(each for each in made if each is not None)


def _hosts(plan: WebPlan) -> Hosts | None:
    """The judge of names, where a browser on this machine is the only way in."""
    tcp = any(isinstance(address, TcpAddress) for address in plan.listen)
    return Hosts(each.path for each in plan.bins) if tcp and not plan.exposed else None


def _mounted(plan: WebPlan) -> list[str]:
    return [OURS, *(each.path for each in plan.bins), *(each.prefix for each in plan.proxies)]


def granted(plan: WebPlan) -> Right:
    """What the site was asked to do at all."""
    right = Right.READ
    for wanted, more in ((plan.listing, Right.LIST), (plan.upload, Right.WRITE), (plan.modify, Right.MODIFY)):
        right |= more if wanted else Right.NONE
    return right
