"""The inspector of a site: its history, its page, its endpoints and its bins, put together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from socket import gethostname

from twisted.internet.interfaces import IReactorTime

from tnet.net.context import Offload
from tnet.plans.web import OURS, Bin
from tnet.servers.web.inspector.bins import BinResource, Caught
from tnet.servers.web.inspector.desk import Desk
from tnet.servers.web.inspector.door import Door
from tnet.servers.web.inspector.endpoints.table import endpoints
from tnet.servers.web.inspector.feed import Feed
from tnet.servers.web.inspector.front import Front
from tnet.servers.web.inspector.history import History
from tnet.servers.web.inspector.replies import reply_of

MOST_SEGMENTS = 50

_UNSHOWN = {*Desk.names, "token"}
_OURS = OURS.strip("/").encode()


class Inspector:
    """`witness` goes to the site, `resource` to `/_tnet`, and what `bin_resource` makes to the path of each bin.

    `names` are what the server is called besides addresses, localhost and the name of its machine; `wall` is the time
    of day, `now` the site's clock. Secrets are masked unless `secrets`. With `apart` logging in opens nothing.
    """

    def __init__(
        self,
        reactor: IReactorTime,
        workers: Offload,
        *,
        wall: Callable[[], float],
        now: Callable[[], float],
        names: Collection[str] = (),
        secrets: bool = False,
        apart: bool = False,
    ) -> None:
        self._workers = workers
        self._clocks = wall, now
        self._bins: dict[str, BinResource] = {}
        self._places: dict[tuple[bytes, ...], str] = {}
        self.witness = History(wall, now, own=is_own, bin_of=self._bin_of)
        self._feed = Feed(self.witness, reactor, secrets=secrets)
        desk = Desk(self.witness, self._feed, self._bins, workers, secrets=secrets)
        self.resource = Front((*desk.routes(), *endpoints()), Door((*names, gethostname()), apart=apart), workers)

    async def bin_resource(self, plan: Bin) -> BinResource:
        """The resource of one bin, which is shown on the page and can be changed from then on.

        Raises: CannotRead.
        """
        found = await open_bin(plan, self._workers, Caught(plan.path, *self._clocks))
        self._bins[plan.path] = found
        self._places[tuple(plan.path.encode("utf-8", "surrogateescape")[1:].split(b"/"))] = plan.path
        return found

    def goodbye(self) -> None:
        """End the live pages: the server is about to stop."""
        self._feed.end()

    def _bin_of(self, path: Sequence[bytes]) -> str:
        """The bin with the longest path that `path` is at or below."""
        if not self._places:
            return ""
        prefixes = (tuple(path[:end]) for end in range(min(len(path), MOST_SEGMENTS), 0, -1))
        return next((self._places[prefix] for prefix in prefixes if prefix in self._places), "")


async def open_bin(plan: Bin, workers: Offload, caught: Caught | None = None) -> BinResource:
    """The resource of one bin; without `caught` it answers, and keeps nothing.

    Raises: CannotRead.
    """
    return BinResource(await workers.run(reply_of, plan), workers, caught)


def is_own(path: Sequence[bytes]) -> bool:
    """Whether asking for a decoded path is looking at what others asked, or asking for a token, which is not shown."""
    return bool(path) and path[0] == _OURS and (len(path) == 1 or path[1].decode("latin-1") in _UNSHOWN)
