"""Uploads that may be interrupted and gone on with.

::

    PUT    /dir/name                Upload-Complete: ?1     as always, but what came before an interruption is kept
           104, and 201 if not complete yet:                Location: /dir/name?upload-token=TOKEN
    HEAD   /dir/name?upload-token=TOKEN                     204, Upload-Offset, Upload-Complete
    PATCH  /dir/name?upload-token=TOKEN                     Upload-Offset: N, Upload-Complete: ?0 or ?1
    DELETE /dir/name?upload-token=TOKEN

    PATCH  /dir/name                Upload-Offset: N        without a token, for whoever asks: 0 begins, and the body
                                                            is the rest unless Upload-Complete or Upload-Length say
    HEAD   /dir/name?upload                                 otherwise; `X-Update-Range: append` goes on wherever it is
    DELETE /dir/name?upload

A POST to a directory with Upload-Complete and the name in Content-Disposition begins an upload too. A request that
goes on, or asks how far an upload is, ends the one that still writes to it: its client is thought to be gone.

Source: draft-ietf-httpbis-resumable-upload, interop version 8; dufs for X-Update-Range.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, succeed

from tnet.net.context import Offload
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.request import WebRequest
from tnet.servers.web.writing.answers import path_of, tell, tell_made
from tnet.servers.web.writing.digests import Checked
from tnet.servers.web.writing.partial import COMPLETE, INCOMPLETE, Partial, Share, elsewhere, written
from tnet.servers.web.writing.receiver import Receiver
from tnet.servers.web.writing.room import Claim, Room
from tnet.servers.web.writing.staging import STALE_SECONDS, temporary
from tnet.servers.web.writing.targets import Made, Naming, Target, Terms
from tnet.servers.web.writing.unfinished import (
    Register,
    Unfinished,
    derived_token,
    is_secret,
    length_in,
    new_token,
)

INTEROP_VERSION = b"8"
MEDIA = b"application/partial-upload"
PROGRESS_BYTES = 4 << 20

TOKEN = b"upload-token"
"""The parameter of a secret: with this name it is masked wherever URLs are shown."""

_INTEROP = b"Upload-Draft-Interop-Version"
_INTEGER = re.compile(rb"[0-9]{1,15}")
_UPDATE = re.compile(rb"(?:append|bytes=([0-9]{1,15})-[0-9]*)", re.IGNORECASE)


class Resuming:
    """The uploads that take several requests, and what is known of them."""

    def __init__(
        self, workers: Offload, room: Room, naming: Naming, ending: set[Deferred[Any]], wall: Callable[[], float]
    ) -> None:
        self.register = Register()
        self._workers = workers
        self._room = room
        self._naming = naming
        self._ending = ending
        self._wall = wall

    def create(self, request: WebRequest, target: Target, terms: Terms) -> Receiver:
        """Begin an upload, of which this request brings all or some; closes the target.

        Raises: Refusal.
        """
        complete = _complete(request) or False
        length = _length(request, _end(request, 0) if complete else None)
        share = Share(0, complete, True, length, _limit(request))
        token = new_token(length)
        upload = self._added(token, target, terms, length, request)
        location = path_of(request, target.names) + b"?upload-token=" + token
        return self._receive(request, target, upload, share, location)

    def append(self, request: WebRequest, target: Target, terms: Terms) -> Receiver:
        """Go on with an upload, or begin the one that needs no token; closes the target.

        Raises: Refusal.
        """
        token, secret = self._token(request, target)
        complete, offset = _complete(request), _offset(request)
        if secret and complete is None:
            raise Refusal(400, "Upload-Complete says whether this is the last part")
        if (done := self.register.completed(token)) is not None:
            raise Refusal(409, "the upload is complete", COMPLETE | {b"Upload-Offset": b"%d" % done})
        upload, there = self.register.find(token), written(target, token)
        if there is None and secret:
            self.register.forget(token)
            raise Refusal(404, "there is no such upload")
        size = 0 if there is None else there.st_size
        after = self._interrupt(upload)
        here = offset in (None, size)
        if not here and after is None:
            raise elsewhere(size)
        known = upload.length if upload is not None else length_in(token)
        length = _length(request, _end(request, size) if complete and here else None, known)
        if upload is None:
            upload = self._added(token, target, Terms(replace=False), length, request)
        if not secret:
            upload.terms = terms
        share = Share(offset, complete, there is None, length, _limit(request))
        return self._receive(request, target, upload, share, b"", after)

    async def tell(self, request: WebRequest, target: Target) -> None:
        """Answer how far an upload is; closes the target.

        Raises: Refusal, 404 when there is none.
        """
        try:
            token, _ = self._token(request, target)
            upload = self.register.find(token)
            await (self._interrupt(upload) or succeed(None))
            there, done = written(target, token), self.register.completed(token)
        finally:
            target.close()
        length = upload.length if upload is not None else length_in(token)
        fields = {b"Cache-Control": b"no-store"} | self._limits(request, there)
        if done is not None:
            fields |= COMPLETE | {b"Upload-Offset": b"%d" % done, b"Upload-Length": b"%d" % done}
        elif there is not None:
            fields |= INCOMPLETE | {b"Upload-Offset": b"%d" % there.st_size}
            fields |= {} if length is None else {b"Upload-Length": b"%d" % length}
        else:
            self.register.forget(token)
            raise Refusal(404, "there is no such upload")
        tell(request, 204, (), fields)

    async def cancel(self, request: WebRequest, target: Target) -> None:
        """Leave nothing of an upload; closes the target.

        Raises: Refusal, 404 when there is none.
        """
        try:
            token, _ = self._token(request, target)
            await (self._interrupt(self.register.find(token)) or succeed(None))
            await self._workers.run(_remove, target, token)
        finally:
            target.close()
        self.register.forget(token)
        tell(request, 204)

    def describe(self, request: WebRequest) -> None:
        """Say in the response that there are uploads of this kind, and their limits."""
        request.setHeader(b"Accept-Patch", MEDIA)
        for name, value in self._limits(request, None).items():
            request.setHeader(name, value)

    def _token(self, request: WebRequest, target: Target) -> tuple[bytes, bool]:
        """The token of the upload that is asked for, and whether it is a secret."""
        given = request.args.get(TOKEN, [b""])[0]
        if given and not is_secret(given):
            raise Refusal(404, "there is no such upload")
        user = None if request.account is None else request.account.name
        return (given, True) if given else (derived_token(target, user), False)

    def _added(self, token: bytes, target: Target, terms: Terms, length: int | None, request: WebRequest) -> Unfinished:
        claim = Claim(self._room)
        digest = request.getHeader(b"repr-digest")
        Checked(digest)
        upload = self.register.add(Unfinished(token, claim, terms, length, digest, self._wall()))
        try:
            there = written(target, token)
            size = 0 if there is None else there.st_size
            claim.settle(size)
            claim.reach(max(size, length or 0), target.directory.fd, written=size)
        except BaseException:
            self.register.forget(token)
            raise
        return upload

    def _receive(
        self,
        request: WebRequest,
        target: Target,
        upload: Unfinished,
        share: Share,
        location: bytes,
        after: Deferred[Any] | None = None,
    ) -> Receiver:
        digest = Checked(request.getHeader(b"content-digest"))
        part = Partial(target, upload, share, self.register, self._naming, digest)
        if share.fresh:
            try:
                part.open()
            except BaseException:
                self.register.forget(upload.token)
                raise
        speaks = request.getHeader(_INTEROP) == INTEROP_VERSION
        if location and speaks:
            request.interim(104, [(b"Location", location), *self._limits(request, None).items(), *_VERSION])
        answer = partial(self._answer, request, target.names, part, location)
        advanced = _Progress(request, part) if speaks else _nothing
        upload.touched = self._wall()
        upload.receiver = Receiver(request, part, self._workers, self._ending, answer, after=after, advanced=advanced)
        return upload.receiver

    def _answer(
        self, request: WebRequest, names: tuple[bytes, ...], part: Partial, location: bytes, made: Made
    ) -> None:
        if made.names:
            tell_made(request, made, path_of(request, names), COMPLETE)
            return
        fields = INCOMPLETE | {b"Upload-Offset": b"%d" % part.size} | self._limits(request, None)
        if location:
            tell(request, 201, ("the upload has begun",), fields | {b"Location": location})
        else:
            tell(request, 204, (), fields)

    def _interrupt(self, upload: Unfinished | None) -> Deferred[Any] | None:
        """End the request that still writes to an upload; None when it is sure that there is none."""
        if upload is None or upload.receiver is None:
            return None
        receiver, upload.receiver = upload.receiver, None
        return receiver.interrupt()

    def _limits(self, request: WebRequest, there: os.stat_result | None) -> dict[bytes, bytes]:
        age = 0 if there is None else max(0, self._wall() - there.st_mtime)
        left = max(0, STALE_SECONDS - age)
        return {b"Upload-Limit": b"max-size=%d, max-age=%d" % (_limit(request), left)}


class _Progress:
    """Tells a client now and then how much of its upload is safe."""

    def __init__(self, request: WebRequest, part: Partial) -> None:
        self._request = request
        self._part = part
        self._told = part.size

    def __call__(self) -> None:
        size = self._part.size
        if size - self._told >= PROGRESS_BYTES:
            self._told = size
            self._request.interim(104, [(b"Upload-Offset", b"%d" % size), *_VERSION])


_VERSION = ((_INTEROP, INTEROP_VERSION),)


def _nothing() -> None:
    """Nothing is told on the way."""


def content_length(request: WebRequest) -> int | None:
    """How long the body of a request is; None when nobody knows yet."""
    length: int | None = request.channel.head.length
    return length


def _end(request: WebRequest, offset: int) -> int | None:
    """Where what a request brings ends, if it begins at `offset`."""
    size = content_length(request)
    return None if size is None else offset + size


def _remove(target: Target, token: bytes) -> None:
    try:
        os.unlink(temporary(token), dir_fd=target.directory.fd)
    except OSError:
        raise Refusal(404, "there is no such upload") from None


def _limit(request: WebRequest) -> int:
    limit: int = request.channel.site.max_body_bytes
    return limit


def _complete(request: WebRequest) -> bool | None:
    return {b"?1": True, b"?0": False}.get((request.getHeader(b"upload-complete") or b"").strip())


def _integer(request: WebRequest, name: bytes) -> int | None:
    value = (request.getHeader(name) or b"").strip()
    return int(value) if _INTEGER.fullmatch(value) else None


def _offset(request: WebRequest) -> int | None:
    """Where a request goes on; None for wherever the upload is.

    Raises: Refusal, 400 when it does not say.
    """
    offset = _integer(request, b"upload-offset")
    if offset is not None:
        return offset
    update = _UPDATE.fullmatch((request.getHeader(b"x-update-range") or b"").strip())
    if update is None:
        raise Refusal(400, "Upload-Offset says where to go on", {b"Accept-Patch": MEDIA})
    return int(update[1]) if update[1] else None


def _length(request: WebRequest, implied: int | None, known: int | None = None) -> int | None:
    """How long the whole upload is to be, as far as that was ever said.

    Raises: Refusal, 400 when it was said differently, 413 when it is too much.
    """
    said = {length for length in (_integer(request, b"upload-length"), implied, known) if length is not None}
    if len(said) > 1:
        raise Refusal(400, "the lengths of the upload do not agree")
    length = said.pop() if said else None
    limit = _limit(request)
    if length is not None and length > limit:
        fields = {b"Upload-Limit": b"max-size=%d" % limit}
        raise Refusal(413, f"at most {limit} bytes are taken", fields)
    return length
