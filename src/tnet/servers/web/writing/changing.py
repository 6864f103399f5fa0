"""The methods, and the forms of pages without a script, that change what is there already.

::

    MKCOL   /dir/new
    DELETE  /dir/name           a directory that is not empty with `Depth: infinity` or `?recursive=1`
    MOVE    /dir/name           Destination: /dir/other, Overwrite: T or F
    COPY    /dir/name           likewise, of a file
    POST    /dir/               action=mkdir&name=NEW   action=rename&name=OLD&to=NEW
                                action=delete&name=A&name=B, with recursive=1 or sure=… for full directories

DELETE, MOVE and COPY go by If-Match, If-None-Match and If-Unmodified-Since, of what they name.

Source: RFC 4918 sections 9.3, 9.6, 9.8, 9.9, 10.2 to 10.6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from tnet.net.context import Offload
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import OpenFile, Root
from tnet.servers.web.permissions import Permissions, Place, Right
from tnet.servers.web.request import WebRequest
from tnet.servers.web.writing import changes
from tnet.servers.web.writing.answers import back, path_of, tell, wants_page
from tnet.servers.web.writing.digests import Checked
from tnet.servers.web.writing.names import judge_name, typed
from tnet.servers.web.writing.origin import authority
from tnet.servers.web.writing.room import Room
from tnet.servers.web.writing.targets import Made, Naming, Target, Terms, find
from tnet.servers.web.writing.upload import Put

_MOVED = Right.READ | Right.MODIFY


class Changing:
    """Changes what is below `root`, each time in a worker."""

    def __init__(self, root: Root, workers: Offload, room: Room, naming: Naming) -> None:
        self._root = root
        self._workers = workers
        self._room = room
        self._naming = naming

    async def make_directory(self, request: WebRequest, names: Sequence[bytes]) -> None:
        """MKCOL."""
        await self._run(request, "make directory", self._make_directory, request, names)
        tell(request, 201, ("created",), {b"Location": path_of(request, names) + b"/"})

    async def delete(self, request: WebRequest, names: Sequence[bytes]) -> None:
        """DELETE."""
        depth = (request.getHeader(b"depth") or b"").strip().lower()
        recursive = depth == b"infinity" or _says_yes(request, b"recursive")
        await self._run(request, "delete", self._delete, request, names, recursive)
        tell(request, 204)

    async def move(self, request: WebRequest, names: Sequence[bytes]) -> None:
        """MOVE."""
        to, replace = destination(request), _overwrite(request)
        new = await self._run(request, "move", self._move, request, names, to, replace)
        tell(request, 201 if new else 204, ("moved",) if new else (), {b"Location": path_of(request, to)})

    async def copy(self, request: WebRequest, names: Sequence[bytes]) -> None:
        """COPY."""
        to, replace = destination(request), _overwrite(request)
        made: Made = await self._run(request, "copy", self._copy, request, names, to, replace)
        fields = {b"Location": path_of(request, to), b"ETag": made.etag}
        tell(request, 201 if made.created else 204, ("copied",) if made.created else (), fields)

    async def act(self, request: WebRequest, names: Sequence[bytes], action: bytes) -> None:
        """A form in the directory that `names` lead to.

        Raises: Refusal.
        """
        given = request.args.get(b"name", [])
        doing = {b"mkdir": self._act_mkdir, b"rename": self._act_rename, b"delete": self._act_delete}.get(action)
        if doing is None or not given:
            raise Refusal(400, "the form asks for nothing that is known here, or names nothing")
        for name in given:
            if not name or name in (b".", b"..") or b"/" in name or b"\0" in name:
                raise Refusal(400, "the form names what can be no name")
        await self._run(request, action.decode(), doing, request, names, given)
        if wants_page(request):
            back(request, path_of(request, names).rstrip(b"/") + b"/")
        else:
            tell(request, 204)

    # ── in a worker ──

    def _act_mkdir(self, request: WebRequest, names: Sequence[bytes], given: Sequence[bytes]) -> None:
        for name in given:
            self._make_directory(request, [*names, typed(name)])

    def _act_rename(self, request: WebRequest, names: Sequence[bytes], given: Sequence[bytes]) -> None:
        to = [typed(name) for name in request.args.get(b"to", [])]
        if len(given) != 1 or len(to) != 1 or b"/" in to[0]:
            raise Refusal(400, "one thing is given one new name")
        self._move(request, [*names, given[0]], [*names, to[0]], False)

    def _act_delete(self, request: WebRequest, names: Sequence[bytes], given: Sequence[bytes]) -> None:
        recursive = _says_yes(request, b"recursive") or _says_yes(request, b"sure")
        for name in given:
            self._delete(request, [*names, name], recursive)

    def _make_directory(self, request: WebRequest, names: Sequence[bytes]) -> None:
        target = self._find(request, names, new=True)
        try:
            changes.make_directory(target)
        finally:
            target.close()

    def _delete(self, request: WebRequest, names: Sequence[bytes], recursive: bool) -> None:
        target = self._find(request, names)
        try:
            with self._naming.kept(target, Terms.of(request, replace=True)):
                changes.delete(target, recursive=recursive, judge=_judge(request, Right.MODIFY))
        finally:
            target.close()

    def _move(self, request: WebRequest, names: Sequence[bytes], to: Sequence[bytes], replace: bool) -> bool:
        source = self._find(request, names, Right.MODIFY)
        try:
            target = self._find(request, to, Right.MODIFY | Right.WRITE, new=True)
            try:
                with self._naming.kept(source, Terms.of(request, replace=True)):
                    return changes.move(source, target, replace=replace, judge=_judge(request, _MOVED))
            finally:
                target.close()
        finally:
            source.close()

    def _copy(self, request: WebRequest, names: Sequence[bytes], to: Sequence[bytes], replace: bool) -> Made:
        request.permissions.demand(Right.READ, names)
        source = self._root.open(names)
        try:
            if not isinstance(source, OpenFile):
                raise Refusal(409, "only files are copied")
            request.permissions.demand(Right.READ, source.names)
            Terms.of(request, replace=True).expect(names[-1], source.status)
            target = self._find(request, to, Right.MODIFY | Right.WRITE, new=True)
            return self._copy_to(source, target, Terms(replace, {} if replace else {b"if-none-match": b"*"}))
        finally:
            source.close()

    def _copy_to(self, source: OpenFile, target: Target, terms: Terms) -> Made:
        try:
            terms.judge(target.name, target.seen())
            put = Put(target, terms, self._room, self._naming, length=source.status.st_size, digest=Checked(None))
        except BaseException:
            target.close()
            raise
        try:
            changes.copy(source, put)
            return put.commit()
        finally:
            put.discard()

    def _find(
        self, request: WebRequest, names: Sequence[bytes], right: Right = Right.MODIFY, *, new: bool = False
    ) -> Target:
        """What is to be changed: something that is shown, or a name that something `new` may have."""
        request.permissions.demand(right, names)
        if new and names:
            judge_name(names[-1], hidden=self._root.hidden)
        elif not all(self._root.shows(name, first=not at) for at, name in enumerate(names)):
            raise Refusal(404)
        target = find(self._root, names)
        try:
            request.permissions.demand(right, *target.places)
        except Refusal:
            target.close()
            raise
        return target

    async def _run(self, request: WebRequest, span: str, work: Callable[..., Any], *args: Any) -> Any:
        with request.trace.span(span):
            return await self._workers.run(work, *args)


def strict(root: Root) -> Root:
    """The same root, where no link leads out of it: what lies outside is never written."""
    inner = copy(root)
    inner.follow_symlinks = False
    return inner


def destination(request: WebRequest) -> list[bytes]:
    """The names that the Destination field leads to.

    Raises: Refusal, 400 when it is none, 502 when it is not of this site.
    """
    parts = urlsplit((request.getHeader(b"destination") or b"").decode("latin-1"))
    host = (request.getHeader(b"host") or b"").decode("latin-1")
    if parts.netloc and authority(parts.netloc, parts.scheme) != authority(host, parts.scheme):
        raise Refusal(502, "the destination is on another server")
    if not parts.path.startswith("/"):
        raise Refusal(400, "Destination says where to")
    names = [unquote_to_bytes(part.encode("latin-1")) for part in parts.path[1:].removesuffix("/").split("/")]
    if any(name in (b"", b".", b"..") or b"/" in name or b"\0" in name for name in names):
        raise Refusal(400, "the destination can be no name")
    above: list[bytes] = request.prepath or []
    if names[: len(above)] != above:
        raise Refusal(502, "the destination is none of these files")
    return names[len(above) :]


def _judge(request: WebRequest, right: Right) -> Callable[[Place], None] | None:
    """Who is asked about each thing in a directory; nobody where all are alike."""
    permissions = request.permissions
    return None if type(permissions) is Permissions else lambda place: permissions.demand(right, place)


def _overwrite(request: WebRequest) -> bool:
    return (request.getHeader(b"overwrite") or b"T").strip().upper() != b"F"


def _says_yes(request: WebRequest, name: bytes) -> bool:
    return request.args.get(name, [b"0"])[0] not in (b"", b"0", b"false", b"no")
