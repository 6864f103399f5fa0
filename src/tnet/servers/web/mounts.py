"""Resources that stand at fixed paths, in front of the one that answers for the rest."""

from __future__ import annotations

from typing import Any

from twisted.web.resource import IResource
from zope.interface import implementer


@implementer(IResource)
class Mounts:
    """Finds the resource for a path: the mounted one with the longest prefix in whole segments, or else `rest`.

    The request's `prepath` and `postpath` are then as below that prefix. Each resource is asked to find its own
    children, if it is not a leaf.
    """

    isLeaf = False
    server = None

    def __init__(self, rest: IResource) -> None:
        self._rest = rest
        self._mounted: dict[tuple[bytes, ...], IResource] = {}
        self._longest = 0

    def mount(self, path: bytes, resource: IResource) -> None:
        """Let `resource` answer at `path`, which is decoded, and below it."""
        names = tuple(path.strip(b"/").split(b"/"))
        self._mounted[names] = resource
        self._longest = max(self._longest, len(names))

    def getChildWithDefault(self, path: bytes, request: Any) -> IResource:
        """The resource for the request; `path` is its first segment, and is among `prepath` already."""
        names = (path, *request.postpath[: self._longest - 1]) if self._longest else ()
        for length in range(len(names), 0, -1):
            found = self._mounted.get(names[:length])
            if found is not None:
                taken = length - 1
                request.prepath += request.postpath[:taken]
                del request.postpath[:taken]
                return found
        request.postpath.insert(0, request.prepath.pop())
        return self._rest

    def putChild(self, path: bytes, child: IResource) -> None:
        """`mount` by its name in twisted.web."""
        self.mount(path, child)

    def render(self, request: Any) -> Any:
        """What is asked of no path at all is asked of the rest."""
        return self._rest.render(request)
