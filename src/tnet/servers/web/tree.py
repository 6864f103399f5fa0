"""The resource for everything below the root: files, listings, and the way in for uploads."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from tnet.net.context import Offload
from tnet.servers.web import listing, pages
from tnet.servers.web.bodies import IBodyConsumer, IBodySink, Refusal
from tnet.servers.web.files import UNTRUSTED, FileResource
from tnet.servers.web.media import is_active, media_type
from tnet.servers.web.request import WebRequest
from tnet.servers.web.root import OpenDirectory, OpenFile, Root
from tnet.servers.web.upload import Uploads

KNOWN_METHODS = (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE")


@implementer(IBodyConsumer)
class Tree(Resource):
    """Serves `root`; may be put anywhere in a Resource tree.

    `index` are the names that stand for their directory, first match first. Without `list_directories` a directory
    without an index is 404; with `accept_uploads` PUT and POST make new files.
    """

    isLeaf = True

    def __init__(
        self,
        root: Root,
        workers: Offload,
        *,
        index: Sequence[str] = (),
        list_directories: bool = True,
        accept_uploads: bool = False,
    ) -> None:
        super().__init__()
        self._root = root
        self._workers = workers
        self._index = tuple(name.encode("utf-8", "surrogateescape") for name in index)
        self._lists = list_directories
        self._uploads = Uploads(root, workers) if accept_uploads else None
        self._allowed = b"GET, HEAD, OPTIONS" + (b", POST, PUT" if accept_uploads else b"")

    def bodyBegun(self, request: WebRequest, length: int | None) -> IBodySink | None:
        """Take an upload, refuse every other body that belongs to no method of ours, and ignore that of a GET."""
        names, slash = names_of(request.postpath)
        if self._uploads and request.method in (b"PUT", b"POST"):
            return self._uploads.begin(request, names, slash)
        self._judge_method(request, names)
        return None

    def render(self, request: WebRequest) -> int:
        """Answer what has no body."""
        names, slash = names_of(request.postpath)
        if self._uploads and request.method in (b"PUT", b"POST"):
            self._uploads.begin(request, names, slash).bodyEnded()
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
        """Serve nothing more, once nothing is left of uploads that were cut off."""
        if self._uploads is not None:
            await self._uploads.cleaned_up()
        self._root.close()

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
        return self._send(request, opened, names[-1])

    def _send(self, request: WebRequest, opened: OpenFile, name: bytes) -> int:
        media = media_type(name)
        fields = UNTRUSTED if self._uploads and is_active(media) else {}
        return FileResource(opened, media, self._workers, fields).render_GET(request)

    def _directory(self, request: WebRequest, opened: OpenDirectory, names: Sequence[bytes], slash: bool) -> int:
        if not slash:
            opened.close()
            return _redirect(request)
        for name in self._index:
            try:
                index = self._root.open([*names, name])
            except Refusal:
                continue
            if isinstance(index, OpenFile):
                opened.close()
                return self._send(request, index, name)
            index.close()
        opened.close()
        if not self._lists:
            raise Refusal(404)
        return request.answer(self._list(request, names))

    async def _list(self, request: WebRequest, names: Sequence[bytes]) -> None:
        form = _form_for(request)
        with request.channel.trace.span("list directory"):
            body = await self._workers.run(listing.make, self._root, names, form, upload=self._uploads is not None)
        for field, value in (pages.fields_for(form) | {b"Cache-Control": b"no-cache"}).items():
            request.setHeader(field, value)
        request.setHeader(b"Vary", b"Accept, User-Agent")
        request.setHeader(b"Content-Length", b"%d" % len(body))
        request.write(body)
        request.finish()


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


def _form_for(request: WebRequest) -> bytes:
    """A page, unless something else is asked for by name, or it is curl that takes anything."""
    accept = request.getHeader(b"accept") or b"*/*"
    if accept.strip() != b"*/*":
        return pages.preferred(accept)
    is_curl = (request.getHeader(b"user-agent") or b"").startswith(b"curl/")
    return pages.TEXT if is_curl else pages.HTML


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
