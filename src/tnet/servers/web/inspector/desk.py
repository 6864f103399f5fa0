"""What is shown to whoever may see everything: the live page, and the same for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tnet.net.context import Offload
from tnet.servers.web import pages
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.inspector import har, sheet
from tnet.servers.web.inspector.bins import BinResource
from tnet.servers.web.inspector.choice import Choice
from tnet.servers.web.inspector.commands import as_curl, as_fetch
from tnet.servers.web.inspector.endpoints.call import Answer, Call, as_json
from tnet.servers.web.inspector.endpoints.echoes import read_json
from tnet.servers.web.inspector.endpoints.table import READ, Route
from tnet.servers.web.inspector.feed import Feed
from tnet.servers.web.inspector.history import History
from tnet.servers.web.inspector.replies import NotAReply
from tnet.servers.web.inspector.seen import Seen
from tnet.servers.web.inspector.shown import Shown

_VARIES = ((b"Vary", b"Accept"),)


class Desk:
    """The private routes over one history and its `bins`, by their paths; secrets are shown if `secrets`."""

    names = frozenset(("", "events", "exchanges", "har", "clear", "bins"))

    def __init__(
        self, history: History, feed: Feed, bins: Mapping[str, BinResource], workers: Offload, *, secrets: bool = False
    ) -> None:
        self._history = history
        self._feed = feed
        self._bins = bins
        self._workers = workers
        self._secrets = secrets

    def routes(self) -> Iterable[Route]:
        """Each path of ours."""
        rows: tuple[tuple[str, tuple[bytes, ...], Callable[[Call], Any]], ...] = (
            ("", READ, self._page),
            ("events", READ, self._events),
            ("exchanges", READ, self._rows),
            ("exchanges", (b"DELETE",), self._cleared),
            ("exchanges/{number}", READ, self._exchange),
            ("exchanges/{number}/{side}", READ, self._body),
            ("har", READ, self._har),
            ("clear", (b"POST",), self._cleared),
            ("bins", READ, self._all_bins),
            ("bins/{path...}", READ, self._bin),
            ("bins/{path...}", (b"PUT",), self._bin_changed),
            ("bins/{path...}", (b"DELETE",), self._bin_cleared),
        )
        return (Route.at(pattern, methods, endpoint, private=True) for pattern, methods, endpoint in rows)

    # ── exchanges ──

    async def _page(self, call: Call) -> Answer:
        form = pages.preferred(call.request.getHeader(b"accept") or b"")
        answer: Answer = await self._workers.run(
            _overview, self._chosen(call), form, self._history.all(), self._secrets
        )
        return answer

    def _events(self, call: Call) -> None:
        self._feed.source.render_GET(call.request)

    async def _rows(self, call: Call) -> Answer:
        answer: Answer = await self._workers.run(
            _overview, self._chosen(call), pages.JSON, self._history.all(), self._secrets
        )
        return answer

    async def _exchange(self, call: Call) -> Answer:
        as_page = pages.preferred(call.request.getHeader(b"accept") or b"") is pages.HTML
        answer: Answer = await self._workers.run(_detail, self._seen(call), self._secrets, as_page)
        return answer

    async def _body(self, call: Call) -> Answer:
        seen, side = self._seen(call), call.names["side"]
        if side not in ("request-body", "response-body"):
            raise Refusal(404)
        data: bytes = await self._workers.run(_body, seen, side, self._secrets)
        return _download(data, f"{seen.number}-{side}", b"application/octet-stream")

    async def _har(self, call: Call) -> Answer:
        found = [self._seen(call)] if call.query("number") else self._history.all()
        data: bytes = await self._workers.run(_archive, self._chosen(call), found, self._secrets)
        return _download(data, "tnet.har", pages.JSON)

    def _cleared(self, call: Call) -> Answer:
        self._history.clear()
        if pages.preferred(call.request.getHeader(b"accept") or b"") is pages.HTML:
            return Answer(status=303, fields=((b"Location", b"./"),))
        return Answer(status=204)

    def _seen(self, call: Call) -> Seen:
        found = self._history.get(call.count("number", 1, 1 << 53))
        if found is None:
            raise Refusal(404, "this exchange is not remembered, or not any more")
        return found

    def _chosen(self, call: Call) -> Choice:
        return Choice(call.query("q"), call.query("show"))

    # ── bins ──

    def _all_bins(self, call: Call) -> Answer:
        found = [{"path": path, "caught": _count(each)} for path, each in self._bins.items()]
        return as_json({"bins": found})

    async def _bin(self, call: Call) -> Answer:
        path, found = self._found_bin(call)
        caught = found.caught.ring.all() if found.caught is not None else []
        answer: Answer = await self._workers.run(_bin_shown, path, found.reply.as_json(), caught, self._secrets)
        return answer

    async def _bin_changed(self, call: Call) -> Answer:
        path, found = self._found_bin(call)
        change = await self._workers.run(read_json, call.body)
        try:
            found.reply = found.reply.changed(change)
        except NotAReply as error:
            raise Refusal(400, str(error)) from error
        return as_json({"path": path, "reply": found.reply.as_json()})

    def _bin_cleared(self, call: Call) -> Answer:
        _, found = self._found_bin(call)
        if found.caught is not None:
            found.caught.ring.clear()
        return Answer(status=204)

    def _found_bin(self, call: Call) -> tuple[str, BinResource]:
        path = "/" + call.names["path"]
        if path not in self._bins:
            raise Refusal(404, "there is no such bin")
        return path, self._bins[path]


# ── what may block ──


def _overview(choice: Choice, form: bytes, found: list[Seen], secrets: bool) -> Answer:
    rows = [row for seen in reversed(found) if choice.takes(row := Shown(seen, secrets=secrets).row())]
    if form is pages.HTML:
        return Answer(sheet.overview(rows, choice), pages.HTML, fields=(*sheet.LOOK.fields.items(), *_VARIES))
    if form is pages.TEXT:
        return Answer(sheet.lines(rows), pages.TEXT, fields=_VARIES)
    return as_json({"exchanges": rows}, fields=_VARIES)


def _detail(seen: Seen, secrets: bool, as_page: bool) -> Answer:
    shown = Shown(seen, secrets=secrets)
    found = shown.detail()
    if seen.is_request:
        found |= {"curl": as_curl(shown), "fetch": as_fetch(shown)}
    if as_page:
        return Answer(sheet.detail(found), pages.HTML, fields=(*sheet.PLAIN_LOOK.fields.items(), *_VARIES))
    return as_json(found, fields=_VARIES)


def _body(seen: Seen, side: str, secrets: bool) -> bytes:
    shown = Shown(seen, secrets=secrets)
    return (shown.request_body if side == "request-body" else shown.response_body).data


def _archive(choice: Choice, found: list[Seen], secrets: bool) -> bytes:
    chosen = [seen for seen in found if choice.takes(Shown(seen, secrets=secrets).row())]
    return json.dumps(har.archive(chosen, secrets=secrets), indent=1).encode() + b"\n"


def _bin_shown(path: str, reply: dict[str, Any], caught: list[Seen], secrets: bool) -> Answer:
    found = [Shown(seen, secrets=secrets).detail() for seen in reversed(caught)]
    return as_json({"path": path, "reply": reply, "caught": found})


def _count(found: BinResource) -> int:
    return len(found.caught.ring.all()) if found.caught is not None else 0


def _download(data: bytes, name: str, media: bytes) -> Answer:
    return Answer(data, media, fields=((b"Content-Disposition", f'attachment; filename="{name}"'.encode("ascii")),))
