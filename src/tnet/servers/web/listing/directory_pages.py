"""Directories and files as people and programs want to see them: what the resource tree asks for pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tnet.net.context import Offload
from tnet.servers.web import pages
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.media import media_type
from tnet.servers.web.files.root import OpenDirectory, OpenFile, Root
from tnet.servers.web.listing.answer import Answer, Wanted
from tnet.servers.web.listing.choice import Choice
from tnet.servers.web.listing.entries import Entry, Listing
from tnet.servers.web.listing.memory import Memory
from tnet.servers.web.listing.plain import as_json, as_text
from tnet.servers.web.listing.sheet import Sheet
from tnet.servers.web.listing.tools import Offer
from tnet.servers.web.page.crumbs import Place
from tnet.servers.web.page.icons import favicon
from tnet.servers.web.permissions import Permissions, Right
from tnet.servers.web.request import WebRequest
from tnet.servers.web.viewing import markdown, preview
from tnet.servers.web.viewing import sheet as viewing

_READMES = (b"readme.md", b"readme.markdown", b"readme.txt", b"readme")
_LONGEST_README = max(map(len, _READMES))
_readme = lru_cache(maxsize=16)(preview.readme)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at which directory: `real` are the names that lead to it without any link."""

    names: tuple[bytes, ...]
    real: tuple[bytes, ...]
    permissions: Permissions
    place: Place

    def allows(self, right: Right) -> bool:
        """Whether the visitor may do that to the directory."""
        return self.permissions.allows(right, self.names, self.real)

    def shows(self, entry: Entry) -> bool:
        """Whether the visitor may know of an entry: a file to read, a directory to read, see or write to."""
        asked, real = (*self.names, entry.name), entry.target or (*self.real, entry.name)
        places = (asked,) if asked == real else (asked, real)
        if not entry.is_directory:
            return self.permissions.allows(Right.READ, *places)
        return any(self.permissions.allows(right, *places) for right in (Right.LIST, Right.READ, Right.WRITE))


@dataclass(frozen=True, slots=True)
class Asked:
    """How a file is to be shown: as `source`, prose is shown as it was written."""

    wanted: Wanted
    source: bool
    may_share: bool


class DirectoryPages:
    """Shows the directories below `root`, and what is in files, to each visitor what they may see.

    `uploads`, `modify`, `archives` and `shares` are what the site can do: the pages offer it to those who may.
    """

    def __init__(
        self,
        root: Root,
        workers: Offload,
        *,
        uploads: bool = False,
        modify: bool = False,
        archives: bool = False,
        shares: bool = False,
    ) -> None:
        self._root = root
        self._workers = workers
        self._memory = Memory(root)
        self._can = {Offer.WRITE: uploads, Offer.MODIFY: modify, Offer.ARCHIVE: archives, Offer.SHARE: shares}

    async def list(self, request: WebRequest, opened: OpenDirectory, names: Sequence[bytes]) -> None:
        """Answer with what the directory holds, in the form that was asked for; closes `opened`."""
        real = opened.names
        opened.close()
        if b"icon" in request.args:
            _give_icon(request)
            return
        wanted, choice = Wanted.of(request), Choice.of(request.args)
        visit = _visit(request, names, real)
        offer = self._offer(request, visit)
        with request.trace.span("list directory"):
            answer: Answer = await self._workers.run(self._listed, visit, choice, offer, wanted)
        answer.give(request)

    async def view(self, request: WebRequest, opened: OpenFile, names: Sequence[bytes]) -> None:
        """Answer with a page about the file; closes `opened`."""
        try:
            wanted = Wanted(pages.HTML, b"Accept-Encoding", Wanted.of(request).coding)
            visit = _visit(request, names[:-1], opened.names[:-1])
            place = Place.of(request, names, leaf=True)
            asked = Asked(wanted, source=request.args[b"view"][0] == b"source", may_share=self._may_share(request))
            with request.trace.span("preview file"):
                answer: Answer = await self._workers.run(self._viewed, visit, place, opened, asked)
        finally:
            opened.close()
        answer.give(request)

    def _offer(self, request: WebRequest, visit: Visit) -> Offer:
        """What the visitor may do here and the site can do."""
        offer = Offer.NOTHING
        for wish, right in (
            (Offer.WRITE, Right.WRITE),
            (Offer.MODIFY, Right.MODIFY),
            (Offer.ARCHIVE, Right.READ | Right.LIST),
        ):
            if self._can[wish] and visit.allows(right):
                offer |= wish
        if self._may_share(request):
            offer |= Offer.SHARE
        return offer if visit.allows(Right.LIST) else offer & Offer.WRITE | Offer.DROP_BOX

    def _may_share(self, request: WebRequest) -> bool:
        return self._can[Offer.SHARE] and request.account is not None

    # ── in a worker ──

    def _listed(self, visit: Visit, choice: Choice, offer: Offer, wanted: Wanted) -> Answer:
        listing = self._seen_by(visit)
        if wanted.form is pages.HTML:
            first = choice.page == 1 and not choice.query
            readme = self._readme_of(visit, listing.entries) if first else ""
            sheet = Sheet(visit.place, listing, choice, offer, readme)
            return Answer.made(wanted, sheet.render(), sheet.look.fields)
        chosen = choice.select(listing.entries)
        if wanted.form is pages.JSON:
            body = as_json(visit.place.known, chosen, listing.more)
        else:
            body = as_text(chosen, listing.more)
        return Answer.made(wanted, body, pages.NOSNIFF)

    def _viewed(self, visit: Visit, place: Place, opened: OpenFile, asked: Asked) -> Answer:
        name = place.names[-1]
        before, after = self._neighbours(visit, name)
        entry = Entry(name, False, opened.status.st_size, opened.status.st_mtime)
        page = viewing.FileSheet(
            place,
            preview.Subject.of(opened, name, entry.href, source=asked.source),
            media_type(name).decode("ascii"),
            entry.modified,
            before=before,
            after=after,
            may_share=asked.may_share,
        )
        return Answer.made(asked.wanted, page.render(), viewing.LOOK.fields)

    def _seen_by(self, visit: Visit) -> Listing:
        if not visit.allows(Right.LIST):
            return Listing(())
        listing = self._memory.read(visit.names)
        return Listing(tuple(filter(visit.shows, listing.entries)), listing.more)

    def _neighbours(self, visit: Visit, name: bytes) -> tuple[str, str]:
        """Links to the pages about the files before and after."""
        try:
            files = [entry for entry in self._seen_by(visit).entries if not entry.is_directory]
        except Refusal:
            return "", ""
        at = next((at for at, entry in enumerate(files) if entry.name == name), None)
        if at is None:
            return "", ""
        before, after = files[at - 1 : at] if at else [], files[at + 1 : at + 2]
        return _link(before), _link(after)

    def _readme_of(self, visit: Visit, entries: Sequence[Entry]) -> str:
        found = next(_readmes(entries), None)
        if found is None or found.size > markdown.MAX_BYTES:
            return ""
        try:
            opened = self._root.open([*visit.names, found.name])
        except Refusal:
            return ""
        try:
            return _readme(opened.read(0, markdown.MAX_BYTES), found.name) if isinstance(opened, OpenFile) else ""
        finally:
            opened.close()


def _give_icon(request: WebRequest) -> None:
    """What the tab of a browser shows of a directory; it is no file that could be in the way of another."""
    body = favicon()
    request.setHeader(b"Content-Type", b"image/svg+xml")
    request.setHeader(b"Cache-Control", b"max-age=86400")
    request.setHeader(b"Content-Security-Policy", b"default-src 'none'")
    request.setHeader(b"X-Content-Type-Options", b"nosniff")
    request.setHeader(b"Content-Length", b"%d" % len(body))
    request.write(body)
    request.finish()


def _visit(request: WebRequest, names: Sequence[bytes], real: Sequence[bytes]) -> Visit:
    return Visit(tuple(names), tuple(real), request.permissions, Place.of(request, names))


def _readmes(entries: Sequence[Entry]) -> Iterator[Entry]:
    """What a directory says about itself, the best of it first."""
    named = {entry.name.lower(): entry for entry in entries if len(entry.name) <= _LONGEST_README}
    return (named[name] for name in _READMES if name in named and not named[name].is_directory)


def _link(files: Sequence[Entry]) -> str:
    return files[0].href + "?view" if files else ""
