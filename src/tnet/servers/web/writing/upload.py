"""Uploads: a body that goes straight to a file, and appears under its name only when it is complete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from typing import Any
from urllib.parse import quote

from multipart import MultipartError, MultipartSegment, PushMultipartParser
from twisted.internet.defer import Deferred, gatherResults
from twisted.python.failure import Failure
from zope.interface import implementer

from tnet.net.context import Offload
from tnet.servers.web import pages
from tnet.servers.web.bodies import IBodySink, Refusal
from tnet.servers.web.listing import shown
from tnet.servers.web.request import WebRequest
from tnet.servers.web.root import OpenDirectory, Root
from tnet.servers.web.writing.forms import boundary_of, malformed
from tnet.servers.web.writing.staging import Staged, exists, judge_name, last_segment

MAX_FILES = 1000


class Put:
    """One file, whose name is the last segment of the path. Blocking."""

    def __init__(self, directory: OpenDirectory, name: bytes) -> None:
        self._directory = directory
        self._name = name
        try:
            self._staged = Staged(directory.fd)
        except BaseException:
            directory.close()
            raise

    def take(self, data: bytes) -> None:
        """Write some of the body."""
        self._staged.write(data)

    def commit(self) -> list[bytes]:
        """Make the file appear; its name."""
        self._staged.commit(self._name)
        return [self._name]

    def discard(self) -> None:
        """Leave nothing behind."""
        self._staged.discard()
        self._directory.close()


class Form:
    """The files of a multipart/form-data body; its other fields are dropped. Blocking."""

    def __init__(self, directory: OpenDirectory, boundary: str, hidden: bool) -> None:
        self._directory = directory
        self._hidden = hidden
        self._parser = PushMultipartParser(boundary, max_segment_count=MAX_FILES)
        self._files: list[tuple[bytes, Staged]] = []
        self._current: Staged | None = None

    def take(self, data: bytes) -> None:
        """Write some of the body.

        Raises: Refusal.
        """
        try:
            for event in self._parser.parse(data):
                if isinstance(event, MultipartSegment):
                    self._begin(event.filename)
                elif self._current is None:
                    continue
                elif event is None:
                    self._current.complete()
                else:
                    self._current.write(event)
        except MultipartError as error:
            raise malformed(error) from error

    def commit(self) -> list[bytes]:
        """Make all the files appear, or none; their names.

        Raises: Refusal.
        """
        if not self._parser.closed:
            self.take(b"")
        if not self._files:
            raise Refusal(400, "the form holds no file")
        done: list[bytes] = []
        try:
            for name, staged in self._files:
                staged.commit(name)
                done.append(name)
        except Refusal:
            self._directory.remove(done)
            raise
        return done

    def discard(self) -> None:
        """Leave nothing behind."""
        for _, staged in self._files:
            staged.discard()
        self._directory.close()

    def _begin(self, filename: str | None) -> None:
        self._current = None
        if filename:
            name = last_segment(filename)
            judge_name(name, hidden=self._hidden)
            if exists(self._directory.fd, name):
                raise Refusal(409, f"{filename} exists already")
            self._current = Staged(self._directory.fd)
            self._files.append((name, self._current))


@implementer(IBodySink)
class Receiver:
    """Feeds a body to a Put or a Form in a worker, one piece at a time, and answers the request.

    While it cleans up in a worker, that is among `ending`.
    """

    def __init__(self, request: WebRequest, upload: Put | Form, workers: Offload, ending: set[Deferred[Any]]) -> None:
        self._request = request
        self._upload = upload
        self._workers = workers
        self._ending = ending
        self._lock = Lock()
        self._over = False

    def bodyReceived(self, data: bytes) -> Deferred[Any]:
        """Fires when the piece is written."""
        writing: Deferred[Any] = self._workers.run(self._alone, self._upload.take, data)
        return writing

    def bodyEnded(self) -> None:
        """Make the files appear and say so."""
        self._request.answer(self._finish())

    def bodyLost(self, reason: Failure) -> None:
        """Leave nothing behind."""
        self._discard()

    async def _finish(self) -> None:
        try:
            with self._request.channel.trace.span("commit upload"):
                names = await self._workers.run(self._alone, self._upload.commit)
        finally:
            self._discard()
        _created(self._request, names)

    def _discard(self) -> None:
        end: Deferred[Any] = self._workers.run(self._end).addErrback(lambda _: self._end())
        self._ending.add(end)
        end.addBoth(lambda _: self._ending.discard(end))

    def _alone(self, step: Callable[..., Any], *args: Any) -> Any:
        """In a worker: a step of an upload, while no other step runs; none runs after the end.

        A client that leaves cancels the waiting, not the thread, so a step may still be running when the end comes.
        """
        with self._lock:
            return None if self._over else step(*args)

    def _end(self) -> None:
        with self._lock:
            if not self._over:
                self._over = True
                self._upload.discard()


class Uploads:
    """The uploads to somewhere below `root`."""

    methods: tuple[bytes, ...] = (b"POST", b"PUT")

    def __init__(self, root: Root, workers: Offload) -> None:
        self._root = root
        self._workers = workers
        self._ending: set[Deferred[Any]] = set()

    def begin(self, request: WebRequest, names: Sequence[bytes], slash: bool) -> IBodySink:
        """Where the body of an upload request goes.

        Raises: Refusal.
        """
        _judge_origin(request)
        make = partial(_put, names, slash) if request.method == b"PUT" else partial(_form, request, names)
        return Receiver(request, make(self._root), self._workers, self._ending)

    async def act(self, request: WebRequest, names: Sequence[bytes], action: bytes) -> None:
        """Refuse a form: it has no file."""
        raise Refusal(400, "the form holds no file")

    async def close(self) -> None:
        """Returns when nothing is left of uploads that were cut off."""
        await gatherResults(tuple(self._ending))


def _put(names: Sequence[bytes], slash: bool, root: Root) -> Put:
    if slash or not names:
        raise Refusal(409, "a directory cannot be uploaded")
    *way, name = names
    judge_name(name, hidden=root.hidden)
    directory = _directory(root, way, Refusal(404))
    if exists(directory.fd, name):
        directory.close()
        raise Refusal(409, "a file of this name exists already")
    return Put(directory, name)


def _form(request: WebRequest, names: Sequence[bytes], root: Root) -> Form:
    boundary = boundary_of(request.getHeader(b"content-type") or b"")
    not_a_directory = Refusal(405, "files are uploaded to a directory", {b"Allow": b"GET, HEAD, OPTIONS"})
    return Form(_directory(root, names, not_a_directory), boundary, root.hidden)


def _directory(root: Root, names: Sequence[bytes], otherwise: Refusal) -> OpenDirectory:
    opened = root.open(names)
    if isinstance(opened, OpenDirectory):
        return opened
    opened.close()
    raise otherwise


def _judge_origin(request: WebRequest) -> None:
    """Refuse a form that some other site made a browser send."""
    origin = request.getHeader(b"origin")
    if origin is not None and origin.partition(b"://")[2].lower() != (request.getHeader(b"host") or b"").lower():
        raise Refusal(403, "uploads come from this site's own pages")


def _created(request: WebRequest, names: list[bytes]) -> None:
    base = request.path if request.method == b"PUT" else request.path.rstrip(b"/") + b"/"
    if request.method == b"POST" and pages.preferred(request.getHeader(b"accept") or b"") is pages.HTML:
        request.setResponseCode(303)
        request.setHeader(b"Location", base)
        body = b""
    else:
        request.setResponseCode(201)
        location = base if request.method == b"PUT" else base + quote(names[0], safe="").encode()
        request.setHeader(b"Location", location)
        request.setHeader(b"Content-Type", pages.TEXT)
        body = "".join(f"created {shown(name)}\n" for name in names).encode()
    request.setHeader(b"Content-Length", b"%d" % len(body))
    request.write(body)
    request.finish()
