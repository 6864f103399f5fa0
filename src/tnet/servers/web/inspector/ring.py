"""So many exchanges, and no more than so many bytes of them: the oldest go first."""

from __future__ import annotations

from tnet.servers.web.inspector.seen import Seen


class Ring:
    """Keeps what was seen, by number. One that is kept again is as new as can be, under its old number."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._seen: dict[int, Seen] = {}
        self.bytes = 0

    def keep(self, seen: Seen) -> None:
        """Take it in, and let go of what there is no more room for; it itself stays in any case."""
        self._drop(seen.number)
        self._seen[seen.number] = seen
        self.bytes += seen.weight
        while len(self._seen) > self._most or (self.bytes > self._most_bytes and len(self._seen) > 1):
            self._drop(next(iter(self._seen)))

    def all(self) -> list[Seen]:
        """Everything that is kept, by number."""
        return sorted(self._seen.values(), key=lambda seen: seen.number)

    def get(self, number: int) -> Seen | None:
        """One of them."""
        return self._seen.get(number)

    def clear(self) -> None:
        """Let go of everything."""
        self._seen.clear()
        self.bytes = 0

    def _drop(self, number: int) -> None:
        dropped = self._seen.pop(number, None)
        if dropped is not None:
            self.bytes -= dropped.weight
