"""What of an exchange goes to standard output, and in which form.

In a pipe everything is exact. On a terminal nothing that came from a peer is obeyed, binary data is refused, JSON is
laid out, and text is read in the encoding that its head names. What was asked for (`--print`, `--pretty`, `--raw`)
goes before both.

What makes things readable is imported only when something is to be read.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from tnet.clients.fetch.output import Output
from tnet.clients.fetch.show.stdout import Stdout
from tnet.errors import CannotWrite, TnetError
from tnet.escape import SafeStream, safe
from tnet.net.context import Context, Offload
from tnet.plans.fetch import Showing
from tnet.plans.output import wants_color
from tnet.protocols.http1.responses import ResponseHead

if TYPE_CHECKING:
    from tnet.clients.fetch.show.json_text import Kind
    from tnet.clients.fetch.show.media import Media

Read = Callable[[], Awaitable[bytes]]

MOST_BYTES = 8 << 20
STEP_BYTES = 1 << 16

_BINARY = "the body is binary, and this is a terminal"
_ADVICE = "write it to a file with -o FILE, or send it into a pipe"
_COMPRESSED = "if it is only compressed, add --compressed; if not, write it to a file with -o FILE"


def open_presenter(
    showing: Showing,
    context: Context,
    fd: int,
    broken: Callable[[TnetError], object],
    environ: Mapping[str, str] = os.environ,
) -> Presenter:
    """A presenter on the descriptor `fd`, or on the pager that was asked for, where `fd` is a terminal.

    `broken` is called when the reader leaves, even while nothing is written.

    Raises: OutputClosed, CannotWrite; BadUsage for a pager that cannot be run.
    """
    terminal = os.isatty(fd)
    out: Output
    if terminal and showing.pager:
        from tnet.clients.fetch.show.pager import Pager

        out = Pager(showing.pager, context, fd, broken)
    else:
        out = Stdout(context, fd, broken)
    color = wants_color(showing.color, terminal, environ)
    return Presenter(showing, out, is_terminal=terminal, color=color, workers=context.workers)


class Presenter(Output):
    """Writes the parts of exchanges that `showing` names, one after the other, to `stdout`.

    `color` says whether the stream may be coloured unasked. Calling for a part that is not shown does nothing, and
    reads nothing. Used in an `async with` it finishes, or lets go of, `stdout`.

    Raises: CannotWrite, OutputClosed; CannotWrite as well for binary data on a terminal.
    """

    def __init__(self, showing: Showing, stdout: Output, *, is_terminal: bool, color: bool, workers: Offload) -> None:
        pretty = showing.pretty or ("all" if is_terminal and not showing.raw else "none")
        self._parts = "b" if showing.parts is None else showing.parts
        self._escapes = is_terminal and not showing.raw
        self._layout = pretty in ("all", "format")
        asked = showing.pretty is not None and showing.color != "never"
        self._color = pretty in ("all", "colors") and (color or asked)
        self._out = stdout
        self._workers = workers
        self._text = SafeStream()
        self._line_open = False
        self._body_before = False

    def shows(self, part: str) -> bool:
        """Whether a part is shown: one of the letters H, B, h, b and m."""
        return part in self._parts

    async def request_head(self, head: bytes) -> None:
        """Show the head of a request, as it was sent over HTTP/1.1 but for secrets."""
        if self.shows("H"):
            await self._head(head)

    async def request_body(self, read: Read, content_type: str = "") -> None:
        """Show the body of a request: all that `read` gives, until it gives nothing."""
        if self.shows("B"):
            await self._body(read, content_type.encode("utf-8", "surrogateescape"))

    async def response_head(self, head: ResponseHead) -> None:
        """Show the head of an answer."""
        if self.shows("h"):
            await self._head(head.as_bytes())

    async def body(self, head: ResponseHead, read: Read) -> None:
        """Show the body of an answer: all that `read` gives, until it gives nothing."""
        if self.shows("b"):
            types, codings = head.values(b"content-type"), head.values(b"content-encoding")
            await self._body(read, b"".join(types[:1]), b", ".join(codings))

    async def metadata(self, facts: Mapping[str, str]) -> None:
        """Show what is known about an exchange: a name and a value a line."""
        if self.shows("m"):
            await self._separate()
            await self._put("".join(f"{safe(name)}: {safe(value)}\n" for name, value in facts.items()).encode())

    async def write(self, data: bytes) -> None:
        """Show a piece of text that is no part: exact, or harmless on a terminal."""
        if self._escapes:
            if b"\0" in data:
                raise CannotWrite("standard output", _BINARY, _ADVICE)
            data = self._text.feed(data)
        await self._put(data)

    async def finish(self) -> None:
        """Write what was held back; on a terminal the last line is ended."""
        await self._put(self._text.finish())
        await self._end_line()
        await self._out.finish()

    async def discard(self) -> None:
        """Let go of it."""
        await self._out.discard()

    async def _head(self, head: bytes) -> None:
        await self._separate()
        if self._escapes or self._color:
            from tnet.clients.fetch.show.head_text import head_text

            head = head_text(head, color=self._color)
        await self._put(head)

    async def _separate(self) -> None:
        """Leave an empty line between a body and what follows it."""
        if self._body_before:
            self._body_before = False
            await self._put(b"\n\n" if self._line_open else b"\n")

    async def _body(self, read: Read, content_type: bytes, codings: bytes = b"") -> None:
        self._body_before = True
        if not (self._escapes or self._layout or self._color):
            while data := await read():
                await self._put(data)
            return
        from tnet.clients.fetch.show.media import media_of

        media = media_of(content_type, codings)
        if media.is_json and (self._layout or self._color):
            await self._json(media, read)
        else:
            await self._plain(media, read)
        await self._end_line()

    async def _json(self, media: Media, read: Read) -> None:
        """All of it, made readable; what is too long, too deep or no JSON is shown as it is."""
        held = bytearray()
        while len(held) <= MOST_BYTES and (data := await read()):
            self._check(media, data)
            held += data
        pieces = await self._workers.run(self._readable, media, bytes(held)) if len(held) <= MOST_BYTES else None
        if pieces is None:
            steps = range(0, len(held), STEP_BYTES)
            await self._plain(media, read, (bytes(held[at : at + STEP_BYTES]) for at in steps))
            return
        while piece := await self._workers.run(next, pieces, b""):
            await self._put(piece)
        if self._line_open:
            await self._put(b"\n")

    def _readable(self, media: Media, data: bytes) -> Iterator[bytes] | None:
        """Where it is not escaped every byte passes as the character of its number, whatever it stands for."""
        from tnet.clients.fetch.show.json_text import colored, plain, readable

        paint = colored if self._color else plain
        if not self._escapes:
            pieces = readable(data.decode("latin-1"), paint, layout=self._layout)
            return None if pieces is None else (piece.encode("latin-1") for piece in pieces)

        def harmless(kind: Kind, text: str) -> str:
            return paint(kind, safe(text))

        pieces = readable(data.decode(media.encoding, "backslashreplace"), harmless, layout=self._layout)
        return None if pieces is None else (piece.encode("utf-8") for piece in pieces)

    async def _plain(self, media: Media, read: Read, held: Iterable[bytes] = ()) -> None:
        """What was `held` already, and the rest, as it comes."""
        text = SafeStream(media.encoding)
        waiting = iter(held)
        while data := next(waiting, b"") or await read():
            self._check(media, data)
            await self._put(text.feed(data) if self._escapes else data)
        await self._put(text.finish())

    def _check(self, media: Media, data: bytes) -> None:
        if self._escapes and media.is_binary(data):
            raise CannotWrite("standard output", _BINARY, _COMPRESSED if media.codings else _ADVICE)

    async def _end_line(self) -> None:
        if self._escapes and self._line_open:
            await self._put(b"\n")

    async def _put(self, data: bytes) -> None:
        if data:
            self._line_open = not data.endswith(b"\n")
            await self._out.write(data)
