"""The resource at `/_tnet`: finds who answers, decides before a body comes, and lets strangers see nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import isawaitable

from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from tnet.net.context import Offload
from tnet.servers.web import pages
from tnet.servers.web.bodies import IBodyConsumer, IBodySink, Refusal
from tnet.servers.web.inspector.door import Door
from tnet.servers.web.inspector.endpoints.call import Answer, Call, send
from tnet.servers.web.inspector.endpoints.table import Route, Table
from tnet.servers.web.inspector.held import Held
from tnet.servers.web.request import WebRequest


@implementer(IBodyConsumer)
class Front(Resource):
    """Answers by `routes`; `door` judges who asks for the private ones."""

    isLeaf = True

    def __init__(self, routes: Iterable[Route], door: Door, workers: Offload) -> None:
        super().__init__()
        self._table = Table(routes)
        self._door = door
        self._workers = workers

    def bodyBegun(self, request: WebRequest, length: int | None) -> IBodySink:
        """Decide, and collect a body of at most 1 MiB.

        Raises: Refusal.
        """
        route, names = self._find(request)
        sink: IBodySink = Held(lambda body, _: self._answer(request, route, names, body), length=length)
        return sink

    def render(self, request: WebRequest) -> int:
        """Answer what has no body.

        Raises: Refusal.
        """
        self._answer(request, *self._find(request), b"")
        return NOT_DONE_YET

    def _find(self, request: WebRequest) -> tuple[Route, Mapping[str, str]]:
        if not request.postpath:
            return Route((), (), _with_slash), {}
        found = self._table.find([part.decode("utf-8", "replace") for part in request.postpath])
        if not found:
            raise Refusal(404)
        if any(route.private for route, _ in found):
            self._door.judge(request)
        for route, names in found:
            if request.method in route.methods:
                return route, names
        allowed = b", ".join(dict.fromkeys((*(each for route, _ in found for each in route.methods), b"OPTIONS")))
        if request.method == b"OPTIONS":
            return Route((), (), lambda _: Answer(status=204, fields=((b"Allow", allowed),))), {}
        raise Refusal(405, "", {b"Allow": allowed})

    def _answer(self, request: WebRequest, route: Route, names: Mapping[str, str], body: bytes) -> None:
        request.answer(_answered(Call(request, names, self._workers, body), route))


async def _answered(call: Call, route: Route) -> None:
    found = route.endpoint(call)
    answer = await found if isawaitable(found) else found
    if isinstance(answer, Answer):
        send(call.request, answer)


def _with_slash(call: Call) -> Answer:
    """What is below refers to each other by relative links."""
    name = call.request.path.rpartition(b"/")[2]
    return Answer(media=pages.TEXT, status=301, fields=((b"Location", b"./" + name + b"/"),))
