"""A Context on the real reactor, and servers to talk to: what end-to-end tests share."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from tests.support import World
from tnet.net.workers import Workers

_WORKERS = Workers(reactor, "workers", threads=4)
_NAMES = Workers(reactor, "name lookups", threads=2)


class RealWorld(World):
    """A World whose reactor and threads are real; `recorder` and the rest are as in World."""

    def __init__(self) -> None:
        super().__init__(reactor)
        self.context = replace(self.context, workers=_WORKERS, names=_NAMES)


class ThreadedServer:
    """Listens on 127.0.0.1 and calls `talk(socket)` in a thread for each connection, one after the other.

    `errors` are what `talk` raised, apart from the peer's going away.
    """

    def __init__(self, case: TestCase, talk: Callable[[socket.socket], None]) -> None:
        self._talk = talk
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.errors: list[Exception] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        case.addCleanup(self.stop)

    def stop(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listening.accept()
            except OSError:
                return
            peer.settimeout(10)
            with peer:
                try:
                    self._talk(peer)
                except (ConnectionError, TimeoutError):
                    continue
                except Exception as error:
                    self.errors.append(error)


class Pipe:
    """A pipe whose other end a thread reads: `data()` is what came until its writing end was closed."""

    def __init__(self, case: TestCase) -> None:
        self._reading, self.writing = os.pipe()
        self._open = True
        self._chunks: list[bytes] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        case.addCleanup(self.data)

    def data(self) -> bytes:
        """Close the writing end; everything that was written."""
        if self._open:
            self._open = False
            os.close(self.writing)
            self._thread.join(10)
            os.close(self._reading)
        return b"".join(self._chunks)

    def _read(self) -> None:
        while chunk := os.read(self._reading, 1 << 16):
            self._chunks.append(chunk)


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def receive_until(peer: socket.socket, mark: bytes) -> bytes:
    """What a peer sends, up to and with `mark` or the end."""
    data = b""
    while mark not in data and (more := peer.recv(65536)):
        data += more
    return data
