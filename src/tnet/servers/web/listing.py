"""A directory as a page, as JSON, or as lines of text. Everything here may block: it runs in a worker.

Shape: as JSON, `{"path": "/sub/", "entries": [{"name": "a.txt", "href": "./a.txt", "type": "file", "size": 3,
"modified": "2026-01-02T03:04:05Z"}, …], "more": 0}`; `more` is how many entries were left out.
"""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from tnet.escape import safe_line
from tnet.net.context import Offload
from tnet.servers.web import pages
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.request import WebRequest
from tnet.servers.web.root import OpenDirectory, OpenFile, Root

MAX_ENTRIES = 10_000

_UPLOAD_FORM = (
    '<form method="post" enctype="multipart/form-data"><label>Upload files: <input type="file" name="file" multiple '
    "required></label> <button>Upload</button></form>"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a directory.

    Units: `size` in bytes, `modified` in seconds since the epoch.
    """

    name: bytes
    is_directory: bool
    size: int
    modified: float

    @property
    def href(self) -> str:
        """A link to it from the listing; the `./` keeps a name such as `javascript:x` a name."""
        return "./" + quote(self.name, safe="") + ("/" if self.is_directory else "")

    @property
    def shown(self) -> str:
        """Its name as harmless text."""
        return shown(self.name)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a directory holds: directories first, then by name; `more` entries were left out."""

    names: tuple[bytes, ...]
    entries: tuple[Entry, ...]
    more: int = 0


class DirectoryPages:
    """Shows the directories below `root`; with `uploads`, as places to put files."""

    def __init__(self, root: Root, workers: Offload, *, uploads: bool = False) -> None:
        self._root = root
        self._workers = workers
        self._uploads = uploads

    async def list(self, request: WebRequest, opened: OpenDirectory, names: Sequence[bytes]) -> None:
        """Answer with what the directory holds, in the form that was asked for."""
        opened.close()
        form = _form_for(request)
        with request.channel.trace.span("list directory"):
            body = await self._workers.run(make, self._root, names, form, upload=self._uploads)
        for field, value in (pages.fields_for(form) | {b"Cache-Control": b"no-cache"}).items():
            request.setHeader(field, value)
        request.setHeader(b"Vary", b"Accept, User-Agent")
        request.setHeader(b"Content-Length", b"%d" % len(body))
        request.write(body)
        request.finish()

    async def view(self, request: WebRequest, opened: OpenFile, names: Sequence[bytes]) -> None:
        """Answer with a page about the file."""
        opened.close()
        raise Refusal(404)


def _form_for(request: WebRequest) -> bytes:
    """A page, unless something else is asked for by name, or it is curl that takes anything."""
    accept = request.getHeader(b"accept") or b"*/*"
    if accept.strip() != b"*/*":
        return pages.preferred(accept)
    is_curl = (request.getHeader(b"user-agent") or b"").startswith(b"curl/")
    return pages.TEXT if is_curl else pages.HTML


def shown(name: bytes) -> str:
    """A name as harmless text: what is not UTF-8 is replaced, what could mislead is made visible."""
    return safe_line(name.decode("utf-8", "replace"))


def make(root: Root, names: Sequence[bytes], form: bytes, *, upload: bool) -> bytes:
    """The listing of the directory that `names` lead to.

    Raises: Refusal.
    """
    return render(scan(root, names), form, upload=upload)


def scan(root: Root, names: Sequence[bytes], limit: int = MAX_ENTRIES) -> Listing:
    """What can be asked for in the directory that `names` lead to, at most `limit` entries of it.

    Raises: Refusal.
    """
    entries = []
    with _readable(root, names) as fd, os.scandir(fd) as found:
        for item in found:
            name = os.fsencode(item.name)
            if root.shows(name, first=not names) and (entry := _entry(root, names, name, item)) is not None:
                entries.append(entry)
    entries.sort(key=lambda entry: (not entry.is_directory, entry.name.lower(), entry.name))
    return Listing(tuple(names), tuple(entries[:limit]), max(0, len(entries) - limit))


def render(listing: Listing, form: bytes, *, upload: bool) -> bytes:
    """The listing in the media type `form`: pages.HTML, JSON or TEXT."""
    if form is pages.HTML:
        return _as_html(listing, upload)
    return _as_json(listing) if form is pages.JSON else _as_text(listing)


@contextmanager
def _readable(root: Root, names: Sequence[bytes]) -> Iterator[int]:
    directory = root.open(names)
    try:
        if not isinstance(directory, OpenDirectory):
            raise Refusal(404)
        fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory.fd)
    except PermissionError as error:
        raise Refusal(403, "this directory may be entered, not listed") from error
    finally:
        directory.close()
    try:
        yield fd
    finally:
        os.close(fd)


def _entry(root: Root, names: Sequence[bytes], name: bytes, item: os.DirEntry[str]) -> Entry | None:
    try:
        if item.is_symlink():
            return _behind_link(root, names, name, item)
        status = item.stat(follow_symlinks=False)
        if item.is_dir(follow_symlinks=False):
            return Entry(name, True, 0, status.st_mtime)
        return Entry(name, False, status.st_size, status.st_mtime) if item.is_file(follow_symlinks=False) else None
    except OSError:
        return None


def _behind_link(root: Root, names: Sequence[bytes], name: bytes, item: os.DirEntry[str]) -> Entry | None:
    try:
        opened = root.open([*names, name])
    except Refusal:
        return None
    opened.close()
    if isinstance(opened, OpenFile):
        return Entry(name, False, opened.status.st_size, opened.status.st_mtime)
    return Entry(name, True, 0, item.stat(follow_symlinks=False).st_mtime)


# ── the three forms ──


def _as_html(listing: Listing, upload: bool) -> bytes:
    rows = "".join(map(_row, listing.entries))
    up = '<tr class="dir"><td class="name"><a href="../">..</a></td><td></td><td></td></tr>' if listing.names else ""
    table = (
        '<table><thead><tr><th scope="col">Name</th><th scope="col" class="size">Size</th>'
        f'<th scope="col" class="time">Modified</th></tr></thead><tbody>{up}{rows}</tbody></table>'
    )
    title = "/" + "".join(shown(name) + "/" for name in listing.names)
    form = _UPLOAD_FORM if upload else ""
    return pages.page(title, f"<h1>{_crumbs(listing.names)}</h1>{table}{form}<footer>{_count(listing)}</footer>")


def _row(entry: Entry) -> str:
    name = html.escape(entry.shown) + ("/" if entry.is_directory else "")
    size = "" if entry.is_directory else f'<span title="{entry.size} bytes">{human_size(entry.size)}</span>'
    kind = ' class="dir"' if entry.is_directory else ""
    return (
        f'<tr{kind}><td class="name"><a href="{html.escape(entry.href)}"><bdi>{name}</bdi></a></td>'
        f'<td class="size">{size}</td><td class="time"><time datetime="{_iso(entry.modified)}">'
        f"{_minute(entry.modified)}</time></td></tr>"
    )


def _crumbs(names: Sequence[bytes]) -> str:
    """The way here, each step a link up."""
    if not names:
        return "/"
    links = [f'<a href="{"../" * len(names)}">/</a>']
    for depth, name in enumerate(names, 1):
        text, up = f"<bdi>{html.escape(shown(name))}</bdi>", "../" * (len(names) - depth)
        links.append(f'<a href="{up}">{text}</a> / ' if up else f"{text} /")
    return " ".join(links)


def _count(listing: Listing) -> str:
    directories = sum(entry.is_directory for entry in listing.entries)
    files = len(listing.entries) - directories
    more = f" · {listing.more} more are not shown" if listing.more else ""
    return f"{_plural(directories, 'folder')} · {_plural(files, 'file')}{more}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _as_json(listing: Listing) -> bytes:
    entries = [
        {
            "name": entry.name.decode("utf-8", "replace"),
            "href": entry.href,
            "type": "directory" if entry.is_directory else "file",
            "size": None if entry.is_directory else entry.size,
            "modified": _iso(entry.modified),
        }
        for entry in listing.entries
    ]
    path = "/" + "".join(quote(name, safe="") + "/" for name in listing.names)
    return json.dumps({"path": path, "entries": entries, "more": listing.more}).encode() + b"\n"


def _as_text(listing: Listing) -> bytes:
    lines = [
        f"{_minute(entry.modified)}  {'-' if entry.is_directory else human_size(entry.size):>10}  "
        f"{entry.shown}{'/' if entry.is_directory else ''}\n"
        for entry in listing.entries
    ]
    if listing.more:
        lines.append(f"{listing.more} more are not shown\n")
    return "".join(lines).encode()


def human_size(count: int) -> str:
    """A number of bytes for people, in powers of 1024."""
    size, units = float(count), iter(("KiB", "MiB", "GiB", "TiB", "PiB"))
    unit = "B"
    while size >= 1023.95 and (larger := next(units, None)):
        size, unit = size / 1024, larger
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"


def _guarded(at: float) -> datetime:
    """File systems hold times that a calendar does not."""
    try:
        return datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _iso(at: float) -> str:
    return _guarded(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def _minute(at: float) -> str:
    return _guarded(at).astimezone().strftime("%Y-%m-%d %H:%M")
