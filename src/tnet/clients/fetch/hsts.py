"""Hosts that want to be asked over https alone, as they said themselves, kept in a file that curl reads as well.

::

    HOST "YYYYMMDD HH:MM:SS"        .HOST "…"        # remark

A leading dot stands for the host and everything below it; the moment, in UTC, is when its wish ends.

Source: RFC 6797 sections 8.1 to 8.3; https://curl.se/docs/hsts.html; CVE-2023-23914, CVE-2023-23915, CVE-2024-9681.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

from tnet.clients.fetch.private_file import read_private, replace_private
from tnet.errors import NameNotResolved, cannot_write
from tnet.net.context import Context
from tnet.net.resolve import ascii_name, literal_family
from tnet.plans.urls import DEFAULT_PORTS, Url
from tnet.protocols.http1.responses import ResponseHead
from tnet.protocols.strict_transport import policy

MOST_ENTRIES = 5000
FOREVER = float("inf")

_HEAD = "# HSTS: hosts to ask over https alone. Kept by tnet, which keeps no other remark.\n"
_LINE = re.compile(r'[ \t]*(\.?)([A-Za-z0-9_-][A-Za-z0-9_.-]{0,252})[ \t]+"([0-9]{8} [0-9:]{8}|unlimited)"[ \t\r]*')
_MOMENT = "%Y%m%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Entry:
    """Until when a host wants https, and whether what is below it does.

    Units: `expires` in seconds since 1970.
    """

    expires: float
    subdomains: bool = False


Entries = dict[str, Entry]


class Hsts:
    """Sends requests to https where a host has asked for it, and learns from answers who does.

    Addresses never can. An entry is its host's alone to change: never that of a host above or below it.
    """

    def __init__(self, path: str, context: Context, now: Callable[[], float], known: Entries) -> None:
        self._path = path
        self._context = context
        self._now = now
        self._known = known
        self._learned: dict[str, Entry | None] = {}

    @classmethod
    async def open(cls, path: str, context: Context, now: Callable[[], float] = time.time) -> Self:
        """What the file at `path` holds, nobody where there is none.

        Units: `now` is the wall clock, in seconds since 1970.

        Raises: CannotRead.
        """
        known, skipped = await context.workers.run(_read, path, now())
        if skipped:
            context.publisher.log("warning", f"{path}: {skipped} lines name no host that wants https")
        return cls(path, context, now, known)

    def upgraded(self, url: Url) -> Url:
        """`url`, over https where its host or one above it wants that; port 80 becomes 443, another one stays."""
        host = _name(url.host) if url.scheme == "http" else None
        if host is None or not self._is_covered(host):
            return url
        port = DEFAULT_PORTS["https"] if url.port == DEFAULT_PORTS["http"] else url.port
        return replace(url, scheme="https", port=port)

    def learn(self, url: Url, head: ResponseHead) -> None:
        """Take in what the answer to a request at `url` says; only over https can it be believed."""
        host = _name(url.host) if url.scheme == "https" else None
        said = policy(head.values(b"strict-transport-security"))
        if host is None or said is None or (host not in self._learned and len(self._learned) >= MOST_ENTRIES):
            return
        entry = Entry(int(self._now()) + said.max_age, said.subdomains) if said.max_age else None
        self._learned[host] = entry
        _apply(self._known, host, entry)

    async def close(self) -> None:
        """Write down what was learned, beside what other processes have written meanwhile.

        Raises: CannotWrite, CannotRead.
        """
        if self._learned:
            await self._context.workers.run(_merge, self._path, self._learned, self._now())

    def _is_covered(self, host: str) -> bool:
        now, own = self._now(), self._known.get(host)
        if own is not None and own.expires > now:
            return True
        above = (self._known.get(each) for each in _above(host))
        return any(entry is not None and entry.subdomains and entry.expires > now for entry in above)


def _name(host: str) -> str | None:
    """A host as the file has it: ASCII, lower case, no dot at the end; None for what is no name."""
    try:
        name = ascii_name(host).rstrip(".").lower() if literal_family(host) is None else ""
    except NameNotResolved:
        return None
    return name if name and literal_family(name) is None else None


def _above(host: str) -> Iterator[str]:
    """The names that `host` is below, the nearest first."""
    while host := host.partition(".")[2]:
        yield host


def _apply(entries: Entries, host: str, entry: Entry | None) -> None:
    if entry is None:
        entries.pop(host, None)
    else:
        entries[host] = entry


# ── the file; all of this blocks ──


def _read(path: str, now: float) -> tuple[Entries, int]:
    """What is still to be heeded, and how many lines were none."""
    entries, skipped = Entries(), 0
    for line in (read_private(path) or b"").decode("utf-8", "replace").split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        expires = _expiry(match[3]) if match else None
        host = _name(match[2]) if match else None
        if match is None or expires is None or host is None:
            skipped += 1
            continue
        before = entries.get(host)
        if expires > now and (before is None or before.expires <= expires):
            entries[host] = Entry(expires, bool(match[1]))
    return _bounded(entries), skipped


def _merge(path: str, learned: dict[str, Entry | None], now: float) -> None:
    """Change in the file what was learned, and nothing else."""
    with _alone(path):
        entries, _ = _read(path, now)
        before = dict(entries)
        for host, entry in learned.items():
            _apply(entries, host, entry)
        if entries != before:
            lines = [_line(host, entry) for host, entry in _bounded(entries).items()]
            replace_private(path, (_HEAD + "".join(lines)).encode())


@contextmanager
def _alone(path: str) -> Iterator[None]:
    """While no other process of ours changes the file at `path`."""
    try:
        locked = os.open(os.path.dirname(os.path.realpath(path)), os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        fcntl.flock(locked, fcntl.LOCK_EX)
        yield
    finally:
        os.close(locked)


def _bounded(entries: Entries) -> Entries:
    """Of too many, those that last longest."""
    if len(entries) <= MOST_ENTRIES:
        return entries
    return dict(sorted(entries.items(), key=lambda pair: -pair[1].expires)[:MOST_ENTRIES])


def _expiry(text: str) -> float | None:
    if text == "unlimited":
        return FOREVER
    try:
        return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _line(host: str, entry: Entry) -> str:
    moment = "unlimited"
    if entry.expires != FOREVER:
        moment = datetime.fromtimestamp(entry.expires, UTC).strftime(_MOMENT)
    return f'{"." if entry.subdomains else ""}{host} "{moment}"\n'
