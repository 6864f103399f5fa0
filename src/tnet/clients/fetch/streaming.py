"""Bodies written as they come: event by event, line by line, or simply at once.

Server-sent events are a subscription: when the answer ends, the same is asked for again, from the last event on.

Source: WHATWG HTML, section 9.2 "Server-sent events"; RFC 7464 for JSON sequences.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from twisted.internet.task import deferLater

from tnet.clients.fetch.request import Request
from tnet.clients.fetch.retries import passes, refusal
from tnet.errors import TnetError
from tnet.escape import safe_line
from tnet.events.kinds import RetryPlanned
from tnet.protocols.event_stream import EventStream, ServerEvent
from tnet.protocols.http1.fields import is_field_value
from tnet.protocols.http1.responses import ResponseHead

if TYPE_CHECKING:
    from tnet.clients.fetch.client import Client, Response

LINE_BYTES = 1 << 20
ID_BYTES = 4096
RECONNECT_SECONDS = 3.0
MOST_SILENT_ROUNDS = 10

_EVENTS = b"text/event-stream"
_LINES = frozenset(
    {b"application/x-ndjson", b"application/ndjson", b"application/jsonl", b"application/json-seq"}
    | {b"application/jsonlines", b"application/x-jsonlines", b"application/stream+json"}
)

Write = Callable[[bytes], Awaitable[None]]


async def _unseen(response: Response) -> None:
    """Nobody looks at the answer."""


async def stream(
    client: Client,
    request: Request,
    transfer: int,
    write: Write,
    answered: Callable[[Response], Awaitable[None]] = _unseen,
) -> None:
    """Hand the body of the answer to `write` as it comes.

    Events become one JSON object a line, with their id, event, data and retry; a GET for them is made again, with
    Last-Event-ID and after the time that the server wants, until it answers with something else or nothing comes
    any more. Lines of JSON are written whole, but for those beyond `LINE_BYTES`; one that is cut short is not.

    `answered` sees the first answer before its body, and may raise to refuse it.

    Raises: what `Client.ask`, `Response.read` and `write` raise; TooLarge for an endless event.
    """
    subscription = _Subscription(client, request, transfer, write)
    async with client.ask(request, transfer) as response:
        await answered(response)
        if not _is_event_stream(response.head):
            await (_copy_lines if _media_type(response.head) in _LINES else _copy)(response, write)
            return
        error = await subscription.listen(response)
    if request.method == "GET" and request.body is None:
        await subscription.go_on(error)
    elif error is not None:
        raise error


class _Subscription:
    """Events over one answer after another."""

    def __init__(self, client: Client, request: Request, transfer: int, write: Write) -> None:
        self._client = client
        self._request = request
        self._transfer = transfer
        self._write = write
        self._last_event_id = request.value("last-event-id") or ""
        self._seconds = RECONNECT_SECONDS
        self._rounds = 1
        self._silent_rounds = 0

    async def listen(self, response: Response) -> TnetError | None:
        """Write the events of one answer. The error that it ended with, if that may pass."""
        events = EventStream(self._last_event_id)
        try:
            while piece := await response.read():
                self._silent_rounds = 0
                for event in events.feed(piece):
                    await self._write(_line(event))
        except TnetError as error:
            if not passes(error):
                raise
            return error
        finally:
            self._last_event_id = events.last_event_id
            if events.retry_seconds is not None:
                self._seconds = events.retry_seconds
        return None

    async def go_on(self, error: TnetError | None) -> None:
        """Ask again and again, after an answer that ended, with `error` or in good order."""
        seconds = None
        while await self._paused(error, seconds):
            error = seconds = None
            try:
                async with self._client.ask(self._resumed(), self._transfer, "reconnect") as response:
                    if _is_event_stream(response.head):
                        error = await self.listen(response)
                        continue
                    found = refusal(self._request, response.head, self._client.context.reactor.seconds())
                    if found is None:
                        self._log(f"the stream is over: the server answered {response.head.status}")
                        return
                    error, seconds = found.error, found.seconds
            except TnetError as failed:
                if not passes(failed):
                    raise
                error = failed

    async def _paused(self, error: TnetError | None, seconds: float | None) -> bool:
        """Wait until it is time to ask again; False, or the error, when that has been in vain too often, or the server
        wants to be left alone for longer than we wait."""
        if self._silent_rounds >= MOST_SILENT_ROUNDS:
            if error is not None:
                raise error
            self._log(f"the stream is over: {self._silent_rounds} answers in a row brought nothing")
            return False
        longest = self._client.plan.retrying.longest_wait_seconds
        if error is not None and (seconds or 0) > longest:
            raise error
        seconds = seconds or min(self._seconds * 2**self._silent_rounds, longest)
        self._rounds += 1
        self._silent_rounds += 1
        why = safe_line(str(error)) if error is not None else "the stream ended"
        self._client.context.publisher.emit(
            RetryPlanned, transfer=self._transfer, attempt=self._rounds, seconds=seconds, error=why
        )
        await deferLater(self._client.context.reactor, seconds)
        return True

    def _resumed(self) -> Request:
        """The request for what comes after the last event, if a header can say which that was."""
        headers = tuple(pair for pair in self._request.headers if pair[0].lower() != "last-event-id")
        data = self._last_event_id.encode()
        if data and len(data) <= ID_BYTES and is_field_value(data):
            headers += (("Last-Event-ID", self._last_event_id),)
        return replace(self._request, headers=headers)

    def _log(self, text: str) -> None:
        self._client.context.publisher.log("notice", text)


async def _copy(response: Response, write: Write) -> None:
    while piece := await response.read():
        await write(piece)


async def _copy_lines(response: Response, write: Write) -> None:
    held = bytearray()
    while piece := await response.read():
        end = piece.rfind(b"\n") + 1
        whole = len(held) + end if end else 0
        held += piece
        if not whole and len(held) > LINE_BYTES:
            whole = len(held)
        if whole:
            await write(bytes(held[:whole]))
            del held[:whole]
    if held:
        await write(bytes(held))


def _line(event: ServerEvent) -> bytes:
    told = {"id": event.id, "event": event.event, "data": event.data, "retry": event.retry_ms}
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"


def _is_event_stream(head: ResponseHead) -> bool:
    return head.status == 200 and _media_type(head) == _EVENTS


def _media_type(head: ResponseHead) -> bytes:
    value = b"".join(head.values(b"content-type")[:1])
    return value.partition(b";")[0].strip().lower()
