"""Many files in one response."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Lock
from urllib.parse import quote

from twisted.internet.defer import DeferredSemaphore

from tnet.net.context import Offload
from tnet.servers.web.archives.formats import FORMATS, READ_BYTES, Format, tarred, zipped
from tnet.servers.web.archives.gathering import Gathering
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import OpenDirectory, Root
from tnet.servers.web.files.sending import Compressed, Sender, Source
from tnet.servers.web.request import WebRequest

MAX_AT_ONCE = 16
MAX_GATHERING = 2  # the other workers are for whoever wants less

_UNSAFE = '"\\%'


class Archives:
    """Sends what is below `root` as zip, tar, tar.gz or tar.zst; `top` is what the root itself is called in them."""

    def __init__(self, root: Root, workers: Offload, *, top: str = "files") -> None:
        self._root = root
        self._workers = workers
        self._top = top.encode("utf-8", "surrogateescape")
        self._running = 0
        self._turns = DeferredSemaphore(MAX_GATHERING)

    async def send(
        self, request: WebRequest, opened: OpenDirectory, names: Sequence[bytes], selection: Sequence[bytes]
    ) -> None:
        """Answer with the directory that `names` lead to, or with what `selection` names in it; closes `opened`.

        Raises: Refusal, 400 for an unknown format, 503 when too many are being sent.
        """
        opened.close()
        form = _format(request)
        if self._running >= MAX_AT_ONCE:
            raise Refusal(503, "too many archives are being made", {b"Retry-After": b"10"})
        self._running += 1
        try:
            await self._send(request, form, names, selection)
        except Refusal:
            request.responseHeaders.removeHeader(b"content-disposition")
            raise
        finally:
            self._running -= 1

    async def _send(
        self, request: WebRequest, form: Format, names: Sequence[bytes], selection: Sequence[bytes]
    ) -> None:
        top = names[-1] if names else self._top
        _describe(request, form, top)
        if request.method == b"HEAD":
            request.finish()
            return
        gathering = Gathering(self._root, request.permissions)
        with request.trace.span("gather archive"):
            try:
                length, pieces = await self._turns.run(
                    self._workers.run, self._make, gathering, form, names, selection, top
                )
            finally:
                gathering.stop()
        source: Source = pieces
        if form.coding:
            source = Compressed(pieces, form.coding)
        else:
            request.setHeader(b"Content-Length", b"%d" % length)
        try:
            with request.trace.span("send archive"):
                await Sender(request, source, self._workers).send()
        finally:
            self._workers.run(pieces.close).addErrback(lambda _: pieces.close())

    def _make(
        self,
        gathering: Gathering,
        form: Format,
        names: Sequence[bytes],
        selection: Sequence[bytes],
        top: bytes,
    ) -> tuple[int, Pieces]:
        """In a worker: the length of the archive without its coding, and the archive."""
        items = gathering.gather(names, selection, top)
        length, pieces = (zipped if form is FORMATS[b"zip"] else tarred)(self._root, items)
        return length, Pieces(pieces)


class Pieces:
    """Pieces of any size as pieces of a good size; may be closed at any time. Blocking."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.done = False
        self._pieces = pieces
        self._lock = Lock()

    def next(self) -> bytes:
        """The next piece; perhaps an empty one, at the end.

        Raises: Refusal.
        """
        with self._lock:
            gathered: list[bytes] = []
            size = 0
            while size < READ_BYTES and not self.done:
                piece = next(self._pieces, None)
                if piece is None:
                    self.done = True
                else:
                    gathered.append(piece)
                    size += len(piece)
            return b"".join(gathered)

    def close(self) -> None:
        """Give back what is open, once no piece is being made."""
        with self._lock:
            self.done = True
            close = getattr(self._pieces, "close", None)
            if close is not None:
                close()


def _format(request: WebRequest) -> Format:
    """What `archive` in a query or `format` in a form asks for."""
    asked = request.args.get(b"archive", request.args.get(b"format", [b""]))[0] or b"zip"
    if asked not in FORMATS:
        raise Refusal(400, "an archive is zip, tar, tar.gz or tar.zst")
    return FORMATS[asked]


def _describe(request: WebRequest, form: Format, top: bytes) -> None:
    name = top.decode("utf-8", "replace") + form.extension
    plain = "".join(each if " " <= each <= "~" and each not in _UNSAFE else "_" for each in name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    request.setHeader(b"Content-Type", form.media)
    request.setHeader(b"Content-Disposition", disposition.encode())
    request.setHeader(b"X-Content-Type-Options", b"nosniff")
    request.setHeader(b"Cache-Control", b"no-cache")
