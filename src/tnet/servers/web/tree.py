"""The resource for everything below the root: which part of the house answers for a path and a method."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from tnet.net.context import Offload
from tnet.servers.web import pages as texts
from tnet.servers.web.bodies import IBodyConsumer, IBodySink, Refusal
from tnet.servers.web.files.cache import SmallFiles
from tnet.servers.web.files.files import Files
from tnet.servers.web.files.root import OpenDirectory, OpenFile, Root
from tnet.servers.web.permissions import Right
from tnet.servers.web.request import WebRequest

KNOWN_METHODS = frozenset(b"GET HEAD POST PUT DELETE PATCH OPTIONS TRACE MKCOL MOVE COPY".split())
FORM_BYTES = 1 << 20
NOT_FOUND = b"404.html"

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

    def wants(self, request: WebRequest) -> bool:
        """Whether a request is answered here: by its method, or since it asks how far an upload is."""

    def describe(self, request: WebRequest) -> None:
        """Say in the response to OPTIONS what is taken."""

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
    `shares` makes links. With `spa` navigations to what is not there get the root's index. Small responses are given
    to `cache`; with `compress` what shrinks is compressed for those who want it. HTML documents are sent with `ending`
    behind them.
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
        spa: bool = False,
        cache: SmallFiles | None = None,
        compress: bool = True,
        cache_control: bytes = b"no-cache",
        ending: bytes = b"",
    ) -> None:
        super().__init__()
        self._root = root
        self._files = Files(
            root,
            workers,
            compress=compress,
            cache_control=cache_control,
            cache=cache,
            untrusted=writing is not None,
            ending=ending,
        )
        self._spa = spa
        self._cache = cache
        self._cache_control = cache_control
        self._index = tuple(name.encode("utf-8", "surrogateescape") for name in index)
        self._pages = pages
        self._archives = archives
        self._writing = writing
        self._shares = shares
        self._writes = writing.methods if writing is not None else ()
        self._allowed = b", ".join(dict.fromkeys((b"GET", b"HEAD", b"OPTIONS", *self._writes)))

    def bodyBegun(self, request: WebRequest, length: int | None) -> IBodySink | None:
        """Take what is written, refuse every other body that belongs to no method of ours, ignore that of a GET."""
        names, slash = _place(request)
        if self._is_form(request):
            if length is None or length > FORM_BYTES:
                raise Refusal(413 if length else 411, f"a form has at most {FORM_BYTES} bytes, and says how many")
            return None
        if self._writing is not None and self._writing.wants(request):
            return self._writing.begin(request, names, slash)
        self._judge_method(request, names)
        return None

    def render(self, request: WebRequest) -> int:
        """Answer what has no body, and forms."""
        names, slash = _place(request)
        if self._is_form(request):
            return self._act(request, names)
        if self._writing is not None and self._writing.wants(request):
            self._writing.begin(request, names, slash).bodyEnded()
            return NOT_DONE_YET
        self._judge_method(request, names)
        try:
            return self._read(request, names, slash)
        except Refusal as refusal:
            if refusal.status != 404 or request.method == b"OPTIONS":
                raise
            return self._missing(request, names, refusal)

    async def close(self) -> None:
        """Serve nothing more, once nothing is left of what was cut off."""
        if self._writing is not None:
            await self._writing.close()
        if self._cache is not None:
            self._cache.close()
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

    def _read(self, request: WebRequest, names: Sequence[bytes], slash: bool) -> int:
        opened = self._root.open(names)
        if request.method == b"OPTIONS":
            opened.close()
            if self._writing is not None:
                self._writing.describe(request)
            return _nothing(request, 204, b"Allow", self._allowed)
        if isinstance(opened, OpenDirectory):
            return self._directory(request, opened, names, slash)
        if slash:
            opened.close()
            raise Refusal(404)
        self._demand(request, Right.READ, opened, names)
        if b"view" in request.args and self._pages is not None:
            return request.answer(self._pages.view(request, opened, names))
        return self._files.send(request, opened, names[-1], keep=True)

    def _directory(self, request: WebRequest, opened: OpenDirectory, names: Sequence[bytes], slash: bool) -> int:
        if not slash:
            opened.close()
            return self._redirect(request)
        if b"archive" in request.args and self._archives is not None:
            return self._archive(request, opened, names)
        try:
            index = self._find_index(names)
        except BaseException:
            opened.close()
            raise
        if index is not None:
            opened.close()
            file, name = index
            self._demand(request, Right.READ, file, [*names, name])
            return self._files.send(request, file, name, keep=name == self._index[0])
        if self._pages is None:
            opened.close()
            raise Refusal(404)
        if not request.permissions.allows(Right.WRITE, names, opened.names):  # who may put something there gets a form
            self._demand(request, Right.LIST, opened, names)
        return request.answer(self._pages.list(request, opened, names))

    def _find_index(self, names: Sequence[bytes]) -> tuple[OpenFile, bytes] | None:
        """The file that stands for a directory, and its name."""
        for name in self._index:
            if file := self._find([*names, name]):
                return file, name
        return None

    def _find(self, names: Sequence[bytes]) -> OpenFile | None:
        """A file, if there is one.

        Raises: Refusal, when it is there and may not be read.
        """
        try:
            opened = self._root.open(names)
        except Refusal as refusal:
            if refusal.status != 404:
                raise
            return None
        if isinstance(opened, OpenFile):
            return opened
        opened.close()
        return None

    def _missing(self, request: WebRequest, names: Sequence[bytes], refusal: Refusal) -> int:
        """Answer for what is not there: with the root's index, or with its own page for that.

        Raises: Refusal.
        """
        if self._spa:
            request.responseHeaders.addRawHeader(b"Vary", b"Accept")
            if _is_navigation(request, names) and (index := self._find_index([])):
                self._demand(request, Right.READ, index[0], [index[1]])
                return self._files.send(request, *index)
        page = self._find([NOT_FOUND])
        if page is None:
            raise refusal
        if not request.permissions.allows(Right.READ, [NOT_FOUND], page.names):
            page.close()
            raise refusal
        return self._files.send_instead(request, page, NOT_FOUND, 404)

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
            request.permissions.demand(right, names, opened.names)
        except Refusal:
            opened.close()
            raise

    def _redirect(self, request: WebRequest) -> int:
        """To the same path with a slash; relative, so that no path can become another host."""
        path, question, query = request.uri.partition(b"?")
        place = b"./" + path.rpartition(b"/")[2] + b"/" + question + query
        request.setHeader(b"Cache-Control", self._cache_control)
        return _nothing(request, 301, b"Location", place)


def _place(request: WebRequest) -> tuple[list[bytes], bool]:
    """`names_of` a request; whoever may do nothing there does not learn whether there is something.

    Raises: Refusal.
    """
    names, slash = names_of(request.postpath)
    if not request.permissions.at(names):
        request.permissions.demand(Right.READ, names)
    return names, slash


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


def _is_navigation(request: WebRequest, names: Sequence[bytes]) -> bool:
    """Whether somebody wants to see a page, whose path is none of a file's."""
    wants_page = texts.preferred(request.getHeader(b"accept") or b"") is texts.HTML
    return wants_page and not (names and b"." in names[-1])


def _nothing(request: WebRequest, status: int, name: bytes, value: bytes) -> int:
    """A response that is all in one field."""
    request.setResponseCode(status)
    request.setHeader(name, value)
    request.setHeader(b"Content-Length", b"0")
    request.finish()
    return NOT_DONE_YET
