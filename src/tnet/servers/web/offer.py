"""`tnet serve web`: a directory over HTTP."""

from __future__ import annotations

from tnet.net.context import Context
from tnet.net.server import Server
from tnet.plans.web import WebPlan
from tnet.servers.web.listing import DirectoryPages
from tnet.servers.web.root import Root
from tnet.servers.web.site import WebFactory
from tnet.servers.web.tree import Tree
from tnet.servers.web.writing.upload import Uploads


async def offer(plan: WebPlan, context: Context) -> Server:
    """Everything below `plan.root`, ready to be listened for.

    Raises: CannotRead.
    """
    root = Root(plan.root, hidden=plan.hidden)
    tree = Tree(
        root,
        context.workers,
        index=plan.index,
        pages=DirectoryPages(root, context.workers, uploads=plan.upload) if plan.listing else None,
        writing=Uploads(root, context.workers) if plan.upload else None,
    )
    factory = WebFactory(tree, reactor=context.reactor, now=context.clock, max_body_bytes=plan.max_body_bytes)
    return Server(
        factory=factory, goodbye=factory.goodbye, close=tree.close, notes=_warnings(plan), alpn=(b"http/1.1",)
    )


def _warnings(plan: WebPlan) -> tuple[str, ...]:
    if plan.upload and plan.exposed:
        return ("uploads are on: whoever can reach this server can write new files below its root",)
    return ()
