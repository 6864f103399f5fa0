"""The way in: which part of this room answers a request that changes something.

New files need the right to write, everything else the right to modify, at the place that was asked for and at the one
that links lead to. What lies outside the root is never written, whatever links say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from tnet.net.context import Offload
from tnet.servers.web.bodies import IBodySink, Refusal
from tnet.servers.web.files.root import OpenDirectory, Root
from tnet.servers.web.permissions import Place, Right
from tnet.servers.web.request import WebRequest
from tnet.servers.web.writing.answers import back, path_of, tell_made, wants_page
from tnet.servers.web.writing.changing import Changing, strict
from tnet.servers.web.writing.digests import Checked
from tnet.servers.web.writing.forms import boundary_of
from tnet.servers.web.writing.names import file_name, judge_name, last_segment
from tnet.servers.web.writing.origin import judge_origin
from tnet.servers.web.writing.receiver import Deed, Receiver
from tnet.servers.web.writing.resuming import TOKEN, Resuming, content_length
from tnet.servers.web.writing.room import Room
from tnet.servers.web.writing.sweeping import sweep
from tnet.servers.web.writing.targets import Made, Naming, Target, Terms, find
from tnet.servers.web.writing.upload import Form, Put

SWEEP_SECONDS = 3600.0

_EVERY = Right.WRITE | Right.MODIFY


class Writing:
    """Takes new files, and with `modify` changes what is there, below `root`.

    Units: `quota_bytes` of all uploads, 0 is no quota; `min_free_bytes` of the file system stay free; `wall` gives
    seconds since the epoch.
    """

    def __init__(
        self,
        root: Root,
        workers: Offload,
        *,
        upload: bool = True,
        modify: bool = False,
        quota_bytes: int = 0,
        min_free_bytes: int = 0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.methods: tuple[bytes, ...] = (b"POST", b"PUT", b"PATCH", b"DELETE")
        if modify:
            self.methods += (b"MKCOL", b"MOVE", b"COPY")
        self._root = strict(root)
        self._workers = workers
        self._upload = upload
        self._modify = modify
        self._wall = wall
        self._room = Room(quota_bytes=quota_bytes, min_free_bytes=min_free_bytes)
        self._naming = Naming()
        self._ending: set[Deferred[Any]] = set()
        self._resuming = Resuming(workers, self._room, self._naming, self._ending, wall)
        self._changing = Changing(self._root, workers, self._room, self._naming)
        self._swept_at = float("-inf")

    def wants(self, request: WebRequest) -> bool:
        """Whether a request is answered here: by its method, or since it asks how far an upload is."""
        return request.method in self.methods or (request.method == b"HEAD" and _is_about_upload(request))

    def begin(self, request: WebRequest, names: Sequence[bytes], slash: bool) -> IBodySink:
        """Where the body of a request goes.

        Raises: Refusal.
        """
        if request.method != b"HEAD":
            judge_origin(request)
        if self._wall() - self._swept_at > SWEEP_SECONDS:
            self.sweep()
        if request.method != b"COPY" and not request.permissions.at(names) & _EVERY:
            raise request.permissions.refusal()
        match request.method:
            case b"PUT":
                return self._put(request, names, slash)
            case b"POST":
                return self._post(request, names)
            case b"PATCH":
                return self._patch(request, names, slash)
            case b"HEAD" | b"DELETE" if _is_about_upload(request):
                return self._about_upload(request, names)
            case _:
                return self._change(request, names)

    async def act(self, request: WebRequest, names: Sequence[bytes], action: bytes) -> None:
        """Answer a form, which is in `request.args`.

        Raises: Refusal.
        """
        judge_origin(request)
        if not self._modify:
            raise Refusal(403, "what is here already is not changed")
        await self._changing.act(request, names, action)

    def describe(self, request: WebRequest) -> None:
        """Say in the response to OPTIONS what kinds of uploads are taken."""
        self._resuming.describe(request)

    def sweep(self) -> Deferred[Any]:
        """Remove what uploads have left behind; soon after the start, and then from time to time, by itself.

        Fires with: None.
        """
        self._swept_at = self._wall()
        register, room = self._resuming.register, self._room
        sweeping: Deferred[Any] = self._workers.run(sweep, self._root, register, room, self._swept_at)
        sweeping.addErrback(lambda _: None)
        self._ending.add(sweeping)
        return sweeping.addBoth(lambda _: self._ending.discard(sweeping))

    async def close(self) -> None:
        """Returns when nothing is left of uploads that were cut off."""
        await gatherResults(tuple(self._ending))

    # ── new files ──

    def _put(self, request: WebRequest, names: Sequence[bytes], slash: bool) -> IBodySink:
        if slash or not names:
            raise Refusal(409, "a directory cannot be uploaded")
        if request.getHeader(b"content-range") is not None:
            raise Refusal(400, "to go on with an upload, PATCH with Upload-Offset")
        if (request.getHeader(b"content-encoding") or b"identity").lower() != b"identity":
            raise Refusal(415, "files are taken as they are, without Content-Encoding")
        return self._one(request, names, request.getHeader(b"upload-complete") in (b"?0", b"?1"))

    def _one(self, request: WebRequest, names: Sequence[bytes], resumable: bool) -> IBodySink:
        target = self._target(request, names)
        try:
            self._judge(request, target)
            terms = self._terms(request, target)
            terms.judge(target.name, target.seen())
            if resumable:
                return self._resuming.create(request, target, terms)
            digest = Checked(_digest(request))
            put = Put(target, terms, self._room, self._naming, length=content_length(request), digest=digest)
        except BaseException:
            target.close()
            raise
        answer = partial(tell_made, request, location=path_of(request, names))
        return Receiver(request, put, self._workers, self._ending, answer)

    def _post(self, request: WebRequest, names: Sequence[bytes]) -> IBodySink:
        if request.getHeader(b"upload-complete") in (b"?0", b"?1"):
            name = file_name((request.getHeader(b"content-disposition") or b"").decode("utf-8", "surrogateescape"))
            if name is not None:
                return self._one(request, [*names, last_segment(name)], True)
        boundary = boundary_of(request.getHeader(b"content-type") or b"")
        opened = self._root.open(names)
        opened.close()
        if not isinstance(opened, OpenDirectory):
            raise Refusal(405, "files are uploaded to a directory", {b"Allow": b"GET, HEAD, OPTIONS"})
        target = lambda below: self._target(request, [*names, *below])  # noqa: E731 (both need what is here)
        judge = partial(self._judge, request)
        form = Form(target, judge, boundary, self._room, self._naming, folders=self._modify)
        return Receiver(request, form, self._workers, self._ending, partial(_tell_form, request, tuple(names)))

    def _patch(self, request: WebRequest, names: Sequence[bytes], slash: bool) -> IBodySink:
        if slash or not names:
            raise Refusal(409, "a directory cannot be uploaded")
        target = self._target(request, names)
        try:
            self._judge(request, target)
            terms = self._terms(request, target)
            if TOKEN not in request.args:
                terms.judge(target.name, target.seen())
            return self._resuming.append(request, target, terms)
        except BaseException:
            target.close()
            raise

    def _about_upload(self, request: WebRequest, names: Sequence[bytes]) -> IBodySink:
        target = find(self._root, names)
        try:
            self._judge(request, target)
        except BaseException:
            target.close()
            raise
        work = self._resuming.tell if request.method == b"HEAD" else self._resuming.cancel
        return Deed(request, partial(work, request, target), target.close)

    def _target(self, request: WebRequest, names: Sequence[bytes]) -> Target:
        """Where a file goes; those who may make directories need not make them first."""

        def make(asked: Place, real: Place) -> None:
            request.permissions.demand(Right.MODIFY, asked, real)

        return find(self._root, names, make=make if self._modify else None)

    def _judge(self, request: WebRequest, target: Target) -> None:
        """Refuse a name that no upload may have, and a place where whoever asks may write nothing."""
        judge_name(target.name, hidden=self._root.hidden)
        there = target.status() is not None
        if not (there and self._replaces(request, target)):
            request.permissions.demand(Right.WRITE, *target.places)
        if not there and not self._upload:
            raise Refusal(403, "new files are not taken here")

    def _terms(self, request: WebRequest, target: Target) -> Terms:
        return Terms.of(request, replace=self._replaces(request, target))

    def _replaces(self, request: WebRequest, target: Target) -> bool:
        return self._modify and request.permissions.allows(Right.MODIFY, *target.places)

    # ── what is there already ──

    def _change(self, request: WebRequest, names: Sequence[bytes]) -> IBodySink:
        if not self._modify:
            raise Refusal(
                405, "what is here already is not changed", {b"Allow": b"GET, HEAD, OPTIONS, POST, PUT, PATCH"}
            )
        if request.method == b"MKCOL" and content_length(request) != 0:
            raise Refusal(415, "a new directory has no body")
        work = {
            b"MKCOL": self._changing.make_directory,
            b"DELETE": self._changing.delete,
            b"MOVE": self._changing.move,
            b"COPY": self._changing.copy,
        }[request.method]
        return Deed(request, partial(work, request, tuple(names)))


def _is_about_upload(request: WebRequest) -> bool:
    return b"upload" in request.args or TOKEN in request.args


def _digest(request: WebRequest) -> bytes | None:
    """What a body that is all of a file should be: of the digests the one that was sent."""
    return request.getHeader(b"repr-digest") or request.getHeader(b"content-digest")


def _tell_form(request: WebRequest, names: tuple[bytes, ...], made: Made) -> None:
    base = path_of(request, names).rstrip(b"/") + b"/"
    if wants_page(request):
        back(request, base)
    else:
        tell_made(request, made, path_of(request, (*names, made.names[0])))
