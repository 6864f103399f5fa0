"""What is written down beside an unfinished file: enough to go on with it, and to know when not to.

::

    {"format": "tnet.part/1", "url": "http://…", "validator": "\\"abc\\"", "total": 9000, "name": null,
     "done": [[0, 4096]]}
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tnet.clients.fetch.downloads.answers import Version
from tnet.clients.fetch.downloads.ranges import Span

FORMAT = "tnet.part/1"
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Sidecar:
    """`url` was asked for, and answered with `total` bytes of the version that `validator` (for If-Range) stands for.

    The spans in `done` are safe in the unfinished file; `name` is what the answer called it, if it did.
    """

    url: str = field(repr=False)
    validator: str
    total: int
    name: str | None = None
    done: tuple[Span, ...] = ()

    @property
    def version(self) -> Version:
        """The version that is in the file."""
        return Version(self.validator, self.total)

    def as_bytes(self) -> bytes:
        """The file's content."""
        return json.dumps({"format": FORMAT} | asdict(self)).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> Sidecar | None:
        """What `as_bytes` gave; None for anything else, such as a power failure leaves."""
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, dict) or found.pop("format", None) != FORMAT or not _is_sound(found):
            return None
        return cls(**found | {"done": tuple((start, end) for start, end in found["done"])})


def _is_sound(found: dict[str, Any]) -> bool:
    match found:
        case {"url": str(), "validator": str(validator), "total": int(total), "name": str() | None, "done": list(done)}:
            edges = [0, *(edge for span in done for edge in _edges(span)), total]
            return len(found) == 5 and validator.isprintable() and edges == sorted(edges)
    return False


def _edges(span: Any) -> list[int]:
    """Both ends of a span; a pair that is in no order for what is none."""
    match span:
        case [int(start), int(end)]:
            return [start, end]
    return [1, 0]
