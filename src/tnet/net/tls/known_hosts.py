"""Whom we have met before: the key that each server showed the first time, which it has to show ever after.

The file has one server a line: its address, the pin of its key, the day on which it was met. Lines may be removed and
added by hand, and one that begins with `#` is a remark.

Source: the known_hosts file of OpenSSH; RFC 7469 section 2.4 for the pin.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from urllib.parse import quote

from tnet.errors import BadUsage, CannotRead, PinMismatch, cannot_write
from tnet.places import data_folder
from tnet.plans.tls import parse_pins

FILE_BYTES = 4 << 20
MODE = 0o600


def default_path() -> str:
    """Where the servers that this user has met are kept."""
    return str(data_folder() / "known_hosts")


@dataclass(frozen=True, slots=True)
class Known:
    """A server that was met: the pin of its key, since when it is known, and the line that says so."""

    pin: str
    since: str
    line: int


class KnownHosts:
    """The servers in the file at `path`, by the address that was dialled (`host:port`)."""

    def __init__(self, path: str, known: dict[str, Known]) -> None:
        self._path = path
        self._known = known

    @classmethod
    def read(cls, path: str) -> KnownHosts:
        """Nobody, where there is no such file.

        Blocks. Raises: CannotRead, also for a line that is not of this kind.
        """
        try:
            with open(path, "rb") as file:
                data = file.read(FILE_BYTES + 1)
        except FileNotFoundError:
            data = b""
        except OSError as error:
            raise CannotRead(path, error.strerror or str(error)) from error
        if len(data) > FILE_BYTES:
            raise CannotRead(path, f"it has more than {FILE_BYTES} bytes")
        return cls(path, _parsed(path, data))

    def is_known(self, peer: str) -> bool:
        """Whether `peer` was met before."""
        return _called(peer) in self._known

    def check(self, peer: str, pin: str | None) -> None:
        """Nothing, for a peer that is new here, or that shows the key of the last time.

        Raises: PinMismatch.
        """
        known = self._known.get(_called(peer))
        if known is not None and pin != known.pin:
            reason = (
                f"its key was {known.pin} when it was met on {known.since}, and is {pin or 'of no kind we know'} now"
            )
            advice = "somebody may be in between; "
            advice += f"if its owner has changed the key, remove line {known.line} of {self._path}"
            raise PinMismatch(peer, reason, advice)

    def add(self, peer: str, pin: str, now: datetime) -> None:
        """Remember a peer. Another process that met it meanwhile was first.

        Blocks. Raises: PinMismatch: with another key. CannotWrite, CannotRead.
        """
        try:
            with _alone(self._path):
                self._known = KnownHosts.read(self._path)._known
                self.check(peer, pin)
                if not self.is_known(peer):
                    self._append(f"{_called(peer)} {pin} {now.date().isoformat()}\n".encode())
                    self._known = KnownHosts.read(self._path)._known
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def _append(self, line: bytes) -> None:
        """Write the file anew with one line more, and give it its name in one step."""
        path = os.path.realpath(self._path)
        before = b""
        if os.path.exists(path):
            with open(path, "rb") as file:
                before = file.read()
        if before and not before.endswith(b"\n"):
            before += b"\n"
        draft = f"{path}.{token_hex(4)}.part"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
        try:
            with open(descriptor, "wb") as file:
                file.write(before + line)
                file.flush()
                os.fsync(descriptor)
            os.replace(draft, path)
        except OSError:
            os.unlink(draft)
            raise


@contextmanager
def _alone(path: str) -> Iterator[None]:
    """While no other process of ours changes the file at `path`."""
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, mode=0o700, exist_ok=True)
    locked = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(locked, fcntl.LOCK_EX)
        yield
    finally:
        os.close(locked)


def _parsed(path: str, data: bytes) -> dict[str, Known]:
    known: dict[str, Known] = {}
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            peer, text, since = words
            (pin,) = parse_pins(text)
        except (ValueError, BadUsage) as error:
            advice = "remove it, or mend it: HOST:PORT sha256//BASE64 DATE"
            raise CannotRead(path, f"line {number} is none of ours", advice) from error
        known.setdefault(_folded(peer), Known(pin, since, number))
    return known


def _called(peer: str) -> str:
    """A peer as the file has it: without a blank, or whatever else could be taken for the end of a word."""
    return quote(_folded(peer), safe="/:@[]", encoding="utf-8", errors="surrogateescape")


def _folded(peer: str) -> str:
    """Names are the same in any case; paths are not."""
    return peer if peer.startswith("unix:") else peer.lower()
