"""One file over HTTP: exactly as many bytes as were promised, whatever happens to the file meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from secrets import token_hex

from twisted.web.http import datetimeToString
from twisted.web.server import NOT_DONE_YET

from tnet.net.context import Offload
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.cache import SMALL_BYTES, SmallFiles
from tnet.servers.web.files.compressing import compressed
from tnet.servers.web.files.conditions import Validators, precondition
from tnet.servers.web.files.encodings import IDENTITY, acceptable
from tnet.servers.web.files.media import is_active, media_type
from tnet.servers.web.files.ranges import Range, Unsatisfiable, content_range, multipart, wanted_ranges
from tnet.servers.web.files.root import OpenFile, Root
from tnet.servers.web.files.sending import Compressed, Parts, Sender
from tnet.servers.web.files.variants import WHOLE_BYTES, Variant, Variants
from tnet.servers.web.request import WebRequest

UNTRUSTED = {b"Content-Security-Policy": b"sandbox"}

Ranges = Sequence[Range] | None


class Files:
    """Answers requests with files of `root`: conditions, ranges, content codings.

    With `compress` what shrinks is compressed for those who want it. Active content of `untrusted` files is put in a
    sandbox. Small responses are given to `cache`. HTML documents are sent as they are, with `ending` behind them.
    """

    def __init__(
        self,
        root: Root,
        workers: Offload,
        *,
        compress: bool = True,
        cache_control: bytes = b"no-cache",
        cache: SmallFiles | None = None,
        untrusted: bool = False,
        ending: bytes = b"",
    ) -> None:
        self._workers = workers
        self._variants = Variants(root, compress=compress)
        self._cache_control = cache_control
        self._cache = cache
        self._untrusted = untrusted
        self._ending = ending

    def send(self, request: WebRequest, file: OpenFile, name: bytes, *, keep: bool = False) -> int:
        """Answer GET or HEAD with a file, and close it. `keep`: whether the request's path stands for it alone.

        Raises: Refusal.
        """
        media = media_type(name)
        try:
            ranges = None if self._ends(media) else _ranges(request, file)
            variant = self._choose(request, file, media, plain=ranges is not None)
        except BaseException:
            file.close()
            raise
        if variant.coding != IDENTITY:
            ranges = None
        try:
            self._judge(request, variant, ranges)
            if request.code == 304:
                return _without_body(request, variant)
            self._describe(request, variant, media)
            return self._respond(request, variant, media, ranges, keep=keep)
        except BaseException:
            variant.close()
            raise

    def send_instead(self, request: WebRequest, file: OpenFile, name: bytes, status: int) -> int:
        """Answer with a file that says why there is not what was asked for, and close it."""
        media = media_type(name)
        try:
            variant = self._choose(request, file, media, plain=False)
        except BaseException:
            file.close()
            raise
        request.setResponseCode(status)
        self._describe(request, variant, media)
        for of_another in (b"ETag", b"Last-Modified", b"Accept-Ranges"):
            request.responseHeaders.removeHeader(of_another)
        return self._respond(request, variant, media, None, keep=False)

    def _choose(self, request: WebRequest, file: OpenFile, media: bytes, *, plain: bool) -> Variant:
        accepted = acceptable(request.field(b"accept-encoding") or b"")
        variant = self._variants.choose(file, media, accepted, plain=plain or self._ends(media))
        if self._ends(media) and variant.coding == IDENTITY:
            variant = replace(variant, validators=variant.validators.variant(b"live"))
        if variant.negotiable:
            request.responseHeaders.addRawHeader(b"Vary", b"Accept-Encoding")
        return variant

    def _judge(self, request: WebRequest, variant: Variant, ranges: Ranges) -> None:
        """Whether the client has it already (304), must not get it, or wants a part that is not there."""
        status = precondition(request.method, request.field, variant.validators)
        if status == 412:
            raise Refusal(412)
        if status == 304:
            request.setResponseCode(304)
            request.setHeader(b"ETag", variant.validators.etag)
            request.setHeader(b"Cache-Control", self._cache_control)
        elif ranges is not None and not ranges:
            raise Refusal(416, "", {b"Content-Range": b"bytes */%d" % variant.file.status.st_size})

    def _describe(self, request: WebRequest, variant: Variant, media: bytes) -> None:
        request.setHeader(b"Content-Type", media)
        request.setHeader(b"ETag", variant.validators.etag)
        request.setHeader(b"Last-Modified", datetimeToString(variant.validators.modified))
        request.setHeader(b"Cache-Control", self._cache_control)
        request.setHeader(b"X-Content-Type-Options", b"nosniff")
        if variant.coding == IDENTITY and not self._ends(media):
            request.setHeader(b"Accept-Ranges", b"bytes")
        elif variant.coding != IDENTITY:
            request.setHeader(b"Content-Encoding", variant.coding)
        if self._untrusted and is_active(media):
            for name, value in UNTRUSTED.items():
                request.setHeader(name, value)

    def _respond(self, request: WebRequest, variant: Variant, media: bytes, ranges: Ranges, *, keep: bool) -> int:
        size = variant.source.status.st_size
        whole: list[bytes | Range] = [Range(0, size - 1)]
        if self._ends(media) and variant.coding == IDENTITY:
            whole.append(self._ending)
        body = Parts(variant.source, _frame(request, ranges, size, media) if ranges else whole)
        if not variant.made:
            request.setHeader(b"Content-Length", b"%d" % body.length)
        if request.method == b"HEAD":
            return _without_body(request, variant)
        if variant.made and size <= WHOLE_BYTES:
            return request.answer(self._wait(request, variant, lambda: compressed(variant.coding, body.all()), keep))
        if variant.made:
            return request.answer(self._stream(request, variant, body))
        if body.length > SMALL_BYTES:
            return request.answer(self._send(request, variant, body))
        data = body.at_hand()
        if data is None:
            return request.answer(self._wait(request, variant, body.all, keep))
        self._finish(request, variant, data, keep)
        return NOT_DONE_YET

    def _ends(self, media: bytes) -> bool:
        """Whether something comes behind it, so that it is no longer what any part of it was taken from."""
        return bool(self._ending) and media.partition(b";")[0] == b"text/html"

    async def _wait(self, request: WebRequest, variant: Variant, make: Callable[[], bytes], keep: bool) -> None:
        """Send what a worker makes at once, so that its length is known."""
        try:
            data = await self._workers.run(make)
        except BaseException:
            variant.close()
            raise
        request.setHeader(b"Content-Length", b"%d" % len(data))
        self._finish(request, variant, data, keep)

    async def _stream(self, request: WebRequest, variant: Variant, body: Parts) -> None:
        """Send what has no known length, because it is compressed on the way."""
        self._variants.streams += 1
        try:
            await Sender(request, Compressed(body, variant.coding), self._workers).send()
        finally:
            self._variants.streams -= 1
            variant.close()

    async def _send(self, request: WebRequest, variant: Variant, body: Parts) -> None:
        try:
            await Sender(request, body, self._workers, body.next_at_hand).send()
        finally:
            variant.close()

    def _finish(self, request: WebRequest, variant: Variant, data: bytes, keep: bool) -> None:
        """Send a whole body; what a site adds to a response is in its fields by the time it is kept."""
        request.write(data)
        if keep and self._cache is not None and request.code == 200:
            codings = request.field(b"accept-encoding") or b""
            self._cache.keep(request.uri, codings, request.responseHeaders, data, variant.files)
        variant.close()
        request.finish()


def _ranges(request: WebRequest, file: OpenFile) -> Ranges:
    """The parts that are wanted: None for the whole, none when none of them is there."""
    if request.method != b"GET" or request.field(b"range") is None:
        return None
    try:
        return wanted_ranges(request.field, Validators.now(file.status), file.status.st_size)
    except Unsatisfiable:
        return ()


def _frame(request: WebRequest, ranges: Sequence[Range], size: int, media: bytes) -> Sequence[bytes | Range]:
    """The body that holds these parts, and the fields that say so."""
    request.setResponseCode(206)
    if len(ranges) == 1:
        request.setHeader(b"Content-Range", content_range(ranges[0], size))
        return ranges
    boundary = token_hex(16).encode()
    request.setHeader(b"Content-Type", b"multipart/byteranges; boundary=" + boundary)
    return multipart(ranges, size, media, boundary)


def _without_body(request: WebRequest, variant: Variant) -> int:
    variant.close()
    request.finish()
    return NOT_DONE_YET
