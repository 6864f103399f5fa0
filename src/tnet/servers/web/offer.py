"""`tnet serve web`: a directory over HTTP, and whatever else was asked for around it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IProtocolFactory

from tnet.net.context import Context
from tnet.net.pacing import Paces
from tnet.net.server import Server
from tnet.plans.addresses import TcpAddress
from tnet.plans.web import OURS, WebPlan
from tnet.servers.faulty import with_faults
from tnet.servers.web.access.opening import Access, open_access
from tnet.servers.web.archives.archives import Archives
from tnet.servers.web.files.cache import SmallFiles
from tnet.servers.web.files.root import Root
from tnet.servers.web.listing import DirectoryPages
from tnet.servers.web.mounts import Mounts
from tnet.servers.web.site import WebFactory
from tnet.servers.web.tree import Tree
from tnet.servers.web.welcome import warnings, welcome
from tnet.servers.web.writing.writing import Writing

if TYPE_CHECKING:
    from tnet.servers.web.inspector.inspector import Inspector
    from tnet.servers.web.live_reload.reloading import LiveReload

ALPN = (b"h2", b"http/1.1")
DESCRIPTORS = 2  # the socket, and a file that is being sent


async def offer(plan: WebPlan, context: Context) -> Server:
    """Everything below `plan.root`, ready to be listened for.

    Raises: CannotRead, BadUsage, StoreFailed: the directory, what a bin answers, or the accounts cannot be used.
    """
    async with AsyncExitStack() as opened:
        root = Root(plan.root, hidden=plan.hidden, follow_symlinks=plan.follow_symlinks)
        access = await open_access(plan, context)
        opened.push_async_callback(access.close)
        cache = None if _depends(plan, access) else SmallFiles(root)
        tree = _tree(plan, context, root, access, cache)
        opened.push_async_callback(tree.close)
        mounts = Mounts(tree)
        access.mount(mounts, tree)
        inspector = await _inspected(plan, context, mounts)
        reload = _reloading(plan, context, mounts)
        _proxied(plan, context, mounts, opened)
        factory = WebFactory(
            mounts,
            reactor=context.reactor,
            now=context.clock,
            max_body_bytes=plan.max_body_bytes,
            filters=access.filters,
            permissions=access.permissions,
            witness=inspector.witness if inspector else None,
            shortcut=cache,
        )
        kept = opened.pop_all()

    def goodbye() -> None:
        if inspector is not None:
            inspector.goodbye()
        if reload is not None:
            reload.end()
        factory.goodbye()

    if plan.tls is not None:
        import tnet.servers.web.http2.connection  # noqa: F401 (so that the first client that speaks it waits for nothing)
    outermost: IProtocolFactory = Paces(factory, plan.rate_bytes, context) if plan.rate_bytes else factory
    server = Server(
        factory=outermost,
        greet=lambda bound: welcome(plan, bound, context),
        goodbye=goodbye,
        reload=access.reload,
        close=kept.aclose,
        notes=(*access.notes, *warnings(plan)),
        alpn=ALPN,
        descriptors=DESCRIPTORS,
    )
    return with_faults(server, plan, context) if plan.faults else server


def _proxied(plan: WebPlan, context: Context, mounts: Mounts, opened: AsyncExitStack) -> None:
    if plan.proxies:
        from tnet.servers.web.proxying.resource import ReverseProxy

        for route in plan.proxies:
            proxy = ReverseProxy(route, context)
            opened.callback(proxy.close)
            mounts.mount(os.fsencode(route.prefix), proxy)


def _depends(plan: WebPlan, access: Access) -> bool:
    """Whether an answer may depend on more than the request, so that none can be kept ready."""
    return bool(access.depends or plan.inspect or plan.live_reload)


def _tree(plan: WebPlan, context: Context, root: Root, access: Access, cache: SmallFiles | None) -> Tree:
    workers = context.workers
    pages = DirectoryPages(
        root,
        workers,
        uploads=plan.upload,
        modify=plan.modify,
        archives=plan.archives,
        shares=access.shares is not None,
    )
    writing = Writing(
        root,
        workers,
        upload=plan.upload,
        modify=plan.modify,
        quota_bytes=plan.quota_bytes,
        min_free_bytes=plan.min_free_bytes,
    )
    if plan.upload or plan.modify:
        writing.sweep()
    return Tree(
        root,
        workers,
        index=plan.index,
        pages=pages if plan.listing else None,
        archives=Archives(root, workers, top=_top(plan.root)) if plan.archives else None,
        writing=writing if plan.upload or plan.modify else None,
        shares=access.shares,
        spa=plan.spa,
        cache=cache,
        compress=plan.compress,
        cache_control=plan.cache_control.encode("ascii"),
        ending=_ending(plan),
    )


def _ending(plan: WebPlan) -> bytes:
    """What is behind every document."""
    if not plan.live_reload:
        return b""
    from tnet.servers.web.live_reload.reloading import ENDING

    return ENDING


def _top(root: str) -> str:
    """What the root is called in an archive: by its own name, if it has one."""
    return os.path.basename(os.path.realpath(root)) or "files"


async def _inspected(plan: WebPlan, context: Context, mounts: Mounts) -> Inspector | None:
    """The inspector, where one is wanted, and the bins, which answer without one too."""
    if not plan.inspect and not plan.bins:
        return None
    from tnet.servers.web.inspector.inspector import Inspector, open_bin

    if not plan.inspect:
        for each in plan.bins:
            mounts.mount(os.fsencode(each.path), await open_bin(each, context.workers))
        return None
    inspector = Inspector(
        context.reactor,
        context.workers,
        wall=time.time,
        now=context.clock,
        names=_names(plan),
        apart=plan.tells_apart,
    )
    mounts.mount(OURS.encode(), inspector.resource)
    for each in plan.bins:
        mounts.mount(os.fsencode(each.path), await inspector.bin_resource(each))
    return inspector


def _names(plan: WebPlan) -> Sequence[str]:
    """What the server is called by those who were told where to listen."""
    return [address.host for address in plan.listen if isinstance(address, TcpAddress)]


def _reloading(plan: WebPlan, context: Context, mounts: Mounts) -> LiveReload | None:
    if not plan.live_reload:
        return None
    from tnet.servers.web.live_reload.reloading import LiveReload

    reload = LiveReload(plan.root, context, hidden=plan.hidden)
    reload.mount(mounts)
    reload.start()
    return reload
