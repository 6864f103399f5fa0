"""The resource for everything below the root: which part of the house answers for a path and a method."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from tnet.net.context import Offload
from tnet.servers.web.bodies import IBodyConsumer, IBodySink, Refusal
from tnet.servers.web.files import UNTRUSTED, FileResource
from tnet.servers.web.media import is_active, media_type
from tnet.servers.web.permissions import Right
from tnet.servers.web.request import WebRequest
from tnet.servers.web.root import OpenDirectory, OpenFile, Root

KNOWN_METHODS = frozenset(b"GET HEAD POST PUT DELETE PATCH OPTIONS TRACE MKCOL MOVE COPY".split())
FORM_BYTES = 1 << 20

_FORM = b"application/x-www-form-urlencoded"


class Pages(Protocol):
    """Shows directories, and what is in files; closes what it is given."""

    def list(self, request: WebRequest, opened: OpenDirectory, names: Sequence[bytes]) -> Coroutine[Any, Any, None]:
        """Answer with what the directory holds."""

    def view(self, request: WebRequest, opened: OpenFile, names: Sequence[bytes]) -> Coroutine[Any, Any, None]:
        """Answer with a page about the file."""


class Archived(Protocol):
    """Makes one file of many; closes what it is given."""

    def send(
        self, request: WebRequest, opened: OpenDirectory, names: Sequence[bytes], selection: Sequence[bytes]
    ) -> Coroutine[Any, Any, None]:
        """Answer with the directory, or with what `selection` names in it."""


class Written(Protocol):
    """Changes what is below the root; `methods` are those that it answers."""

    methods: tuple[bytes, ...]

    def begin(self, request: WebRequest, names: Sequence[bytes], slash: bool) -> IBodySink:
        """Where the body of the request goes; it answers when the body is there. Raises: Refusal."""

    def act(self, request: WebRequest, names: Sequence[bytes], action: bytes) -> Coroutine[Any, Any, None]:
        """Answer a form, which is in `request.args`."""

    def close(self) -> Coroutine[Any, Any, None]:
        """Returns when nothing is left of what was cut off."""


class Shared(Protocol):
    """Makes links that open one path to whoever has them; closes what it is given."""

    def make(
        self, request: WebRequest, opened: OpenFile | OpenDirectory, names: Sequence[bytes]
    ) -> Coroutine[Any, Any, None]:
        """Answer with a new link."""


@implementer(IBodyConsumer)
class Tree(Resource):
    """Serves `root`; may be put anywhere in a Resource tree.

    `index` are the names that stand for their directory, first match first. `pages` shows directories and previews;
    without it a directory without an index is 404. `writing` is the way in, `archives` the way out for many files,
    `shares` makes links.
    """

    isLeaf = True

    def __init__(
        self,
        root: Root,
        workers: Offload,
        *,
        index: Sequence[str] = (),
        pages: Pages | None = None,
        archives: Archived | None = None,
        writing: Written | None = None,
        shares: Shared | None = None,
    ) -> None:
        super().__init__()
        self._root = root
        self._workers = workers
        self._index = tuple(name.encode("utf-8", "surrogateescape") for name in index)
        self._pages = pages
        self._archives = archives
        self._writing = writing
        self._shares = shares
        self._writes = writing.methods if writing is not None else ()
        self._allowed = b", ".join(dict.fromkeys((b"GET", b"HEAD", b"OPTIONS", *self._writes)))

    def bodyBegun(self, request: WebRequest, length: int | None) -> IBodySink | None:
        """Take what is written, refuse every other body that belongs to no method of ours, ignore that of a GET."""
        names, slash = names_of(request.postpath)
        if self._is_form(request):
            if length is None or length > FORM_BYTES:
                raise Refusal(413 if length else 411, f"a form has at most {FORM_BYTES} bytes, and says how many")
            return None
        if self._writing is not None and request.method in self._writes:
            return self._writing.begin(request, names, slash)
        self._judge_method(request, names)
        return None

    def render(self, request: WebRequest) -> int:
        """Answer what has no body, and forms."""
        names, slash = names_of(request.postpath)
        if self._is_form(request):
            return self._act(request, names)
        if self._writing is not None and request.method in self._writes:
            self._writing.begin(request, names, slash).bodyEnded()
            return NOT_DONE_YET
        self._judge_method(request, names)
        opened = self._root.open(names)
        if request.method == b"OPTIONS":
            opened.close()
            return _nothing(request, 204, b"Allow", self._allowed)
        if isinstance(opened, OpenFile):
            return self._file(request, opened, names, slash)
        return self._directory(request, opened, names, slash)

    async def close(self) -> None:
        """Serve nothing more, once nothing is left of what was cut off."""
        if self._writing is not None:
            await self._writing.close()
        self._root.close()

    def _is_form(self, request: WebRequest) -> bool:
        """Whether it is a form that says what is to be done in a directory."""
        media = (request.getHeader(b"content-type") or b"").partition(b";")[0].strip().lower()
        takes = self._archives is not None or self._shares is not None or b"POST" in self._writes
        return takes and request.method == b"POST" and media == _FORM

    def _act(self, request: WebRequest, names: Sequence[bytes]) -> int:
        action = (request.args.get(b"action") or [b""])[0]
        if action == b"archive" and self._archives is not None:
            return self._archive(request, self._open_directory(names), names)
        if action == b"share" and self._shares is not None:
            return request.answer(self._shares.make(request, self._root.open(names), names))
        if self._writing is None:
            raise Refusal(400, "the form asks for nothing that is known here")
        return request.answer(self._writing.act(request, names, action))

    def _judge_method(self, request: WebRequest, names: Sequence[bytes]) -> None:
        if request.method in (b"GET", b"HEAD", b"OPTIONS"):
            return
        if request.method not in KNOWN_METHODS:
            raise Refusal(501, "this method is not known here")
        self._root.open(names).close()
        raise Refusal(405, "", {b"Allow": self._allowed})

    def _file(self, request: WebRequest, opened: OpenFile, names: Sequence[bytes], slash: bool) -> int:
        if slash:
            opened.close()
            raise Refusal(404)
        self._demand(request, Right.READ, opened, names)
        if b"view" in request.args and self._pages is not None:
            return request.answer(self._pages.view(request, opened, names))
        return self._send(request, opened, names[-1])

    def _send(self, request: WebRequest, opened: OpenFile, name: bytes) -> int:
        media = media_type(name)
        fields = UNTRUSTED if self._writing is not None and is_active(media) else {}
        return FileResource(opened, media, self._workers, fields).render_GET(request)

    def _directory(self, request: WebRequest, opened: OpenDirectory, names: Sequence[bytes], slash: bool) -> int:
        if not slash:
            opened.close()
            return _redirect(request)
        if b"archive" in request.args and self._archives is not None:
            return self._archive(request, opened, names)
        for name in self._index:
            try:
                index = self._root.open([*names, name])
            except Refusal:
                continue
            if isinstance(index, OpenFile):
                opened.close()
                self._demand(request, Right.READ, index, [*names, name])
                return self._send(request, index, name)
            index.close()
        if self._pages is None:
            opened.close()
            raise Refusal(404)
        self._demand(request, Right.LIST, opened, names)
        return request.answer(self._pages.list(request, opened, names))

    def _archive(self, request: WebRequest, opened: OpenDirectory, names: Sequence[bytes]) -> int:
        assert self._archives is not None
        self._demand(request, Right.LIST | Right.READ, opened, names)
        return request.answer(self._archives.send(request, opened, names, request.args.get(b"name", [])))

    def _open_directory(self, names: Sequence[bytes]) -> OpenDirectory:
        opened = self._root.open(names)
        if isinstance(opened, OpenDirectory):
            return opened
        opened.close()
        raise Refusal(404)

    def _demand(
        self, request: WebRequest, right: Right, opened: OpenFile | OpenDirectory, names: Sequence[bytes]
    ) -> None:
        try:
            request.permissions.demand(right, names)
        except Refusal:
            opened.close()
            raise


def names_of(postpath: Sequence[bytes]) -> tuple[list[bytes], bool]:
    """The names below the root that a decoded path leads through, and whether it ends in a slash.

    Raises: Refusal, 400 for NUL, 404 for a segment that can be no name.
    """
    if any(b"\0" in name for name in postpath):
        raise Refusal(400, "NUL in a path")
    slash = bool(postpath) and postpath[-1] == b""
    names = list(postpath[:-1] if slash else postpath)
    if any(name in (b"", b".", b"..") or b"/" in name for name in names):
        raise Refusal(404)
    return names, slash


def _redirect(request: WebRequest) -> int:
    """To the same path with a slash; relative, so that no path can become another host."""
    path, question, query = request.uri.partition(b"?")
    return _nothing(request, 301, b"Location", b"./" + path.rpartition(b"/")[2] + b"/" + question + query)


def _nothing(request: WebRequest, status: int, name: bytes, value: bytes) -> int:
    """A response that is all in one field."""
    request.setResponseCode(status)
    request.setHeader(name, value)
    request.setHeader(b"Content-Length", b"0")
    request.finish()
    return NOT_DONE_YET
