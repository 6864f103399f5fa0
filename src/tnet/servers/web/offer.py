"""`tnet serve web`: a directory over HTTP."""

from __future__ import annotations

from tnet.net.context import Context
from tnet.net.server import Server
from tnet.plans.web import WebPlan
from tnet.servers.web.listing import DirectoryPages
from tnet.servers.web.root import Root
from tnet.servers.web.site import WebFactory
from tnet.servers.web.tree import Tree
from tnet.servers.web.writing.writing import Writing


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
        writing=_writing(plan, root, context) if plan.upload or plan.modify else None,
    )
    factory = WebFactory(tree, reactor=context.reactor, now=context.clock, max_body_bytes=plan.max_body_bytes)
    return Server(
        factory=factory, goodbye=factory.goodbye, close=tree.close, notes=_warnings(plan), alpn=(b"http/1.1",)
    )


def _writing(plan: WebPlan, root: Root, context: Context) -> Writing:
    return Writing(
        root,
        context.workers,
        upload=plan.upload,
        modify=plan.modify,
        quota_bytes=plan.quota_bytes,
        min_free_bytes=plan.min_free_bytes,
    )


def _warnings(plan: WebPlan) -> tuple[str, ...]:
    if plan.upload and plan.exposed:
        return ("uploads are on: whoever can reach this server can write new files below its root",)
    return ()
