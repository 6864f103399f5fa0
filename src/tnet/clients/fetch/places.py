"""The places that a command will write to, looked at before anything is sent: later, a request was made in vain."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tnet.clients.fetch.downloads.target import refuse_closed_folder, refuse_unwritable
from tnet.errors import CannotWrite
from tnet.net.context import Context
from tnet.plans.fetch import FetchPlan
from tnet.plans.urls import parse_url


async def make_ready(plan: FetchPlan, context: Context) -> None:
    """Make the folder that bodies go to, and make sure that each file that the plan names can be written.

    Raises: CannotWrite; BadUsage for a session's name.
    """
    folder = _folder(plan)
    paths = list(_paths(plan))
    if folder is not None or paths:
        await context.workers.run(_make_ready, plan.keeping.folder, folder, paths)


def _folder(plan: FetchPlan) -> str | None:
    """Where bodies get a name that is not known yet."""
    keeping = plan.keeping
    return (keeping.folder or ".") if keeping.to_file and keeping.path is None and plan.method != "HEAD" else None


def _paths(plan: FetchPlan) -> Iterator[str]:
    keeping, memory = plan.keeping, plan.memory
    if keeping.to_file and keeping.path is not None and plan.method != "HEAD":
        yield os.path.join(keeping.folder or "", keeping.path)
    if plan.showing.har is not None:
        yield os.path.realpath(plan.showing.har)
    if memory.cookie_jar is not None:
        yield os.path.realpath(memory.cookie_jar)
    if memory.hsts is not None:
        yield os.path.realpath(memory.hsts)
    if memory.session is not None and not memory.session_read_only:
        from tnet.clients.fetch.session import session_path

        yield _first_missing(os.path.realpath(session_path(memory.session, parse_url(plan.urls[0]))))


def _first_missing(path: str) -> str:
    """The folder that will have to be made for the file at `path`, in one that is there; else that file itself."""
    while not os.path.lexists(folder := os.path.dirname(path)):
        path = folder
    return path


def _make_ready(new: str | None, folder: str | None, paths: list[str]) -> None:
    """Blocks."""
    path = new or ""
    try:
        if new is not None:
            os.makedirs(new, exist_ok=True)
        if folder is not None:
            path = folder
            refuse_closed_folder(folder)
        for path in paths:
            refuse_unwritable(path)
    except OSError as error:
        raise CannotWrite(path, error.strerror or str(error)) from error
