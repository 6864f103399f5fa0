"""A directory for programs and for terminals.

Shape: as JSON, `{"path": "/sub/", "entries": [{"name": "a.txt", "href": "./a.txt", "type": "file", "size": 3,
"modified": "2026-01-02T03:04:05Z"}, …], "more": 0}`; `more` is how many entries were left out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from tnet.servers.web.listing.entries import Entry
from tnet.servers.web.page.words import human_size, iso, minute


def as_json(names: Sequence[bytes], entries: Sequence[Entry], more: int) -> bytes:
    """The entries of the directory that `names` lead to, as one JSON object."""
    found = [
        {
            "name": entry.name.decode("utf-8", "replace"),
            "href": entry.href,
            "type": "directory" if entry.is_directory else "file",
            "size": None if entry.is_directory else entry.size,
            "modified": iso(entry.modified),
        }
        for entry in entries
    ]
    path = "/" + "".join(quote(name, safe="") + "/" for name in names)
    return json.dumps({"path": path, "entries": found, "more": more}).encode() + b"\n"


def as_text(entries: Sequence[Entry], more: int) -> bytes:
    """The entries as one harmless line each; times are in UTC."""
    lines = [
        f"{minute(entry.modified)}  {'-' if entry.is_directory else human_size(entry.size):>10}  "
        f"{entry.shown}{'/' if entry.is_directory else ''}\n"
        for entry in entries
    ]
    if more:
        lines.append(f"{more} more are not shown\n")
    return "".join(lines).encode()
