"""Peers of our own for one connection, played by a thread; some of them misbehave."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

SOURCE = str(Path(__file__).resolve().parents[2] / "src")
SECONDS = 20.0


class Peer:
    """Listens on loopback or at `path`, and plays `script` with the first connection; `result` is what it returns."""

    def __init__(
        self, script: Callable[[Any], Any], *, path: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._script, self._tls = script, tls
        self._listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self._listener.settimeout(SECONDS)
        self._listener.bind(path or ("127.0.0.1", 0))
        self._listener.listen(1)
        self.target = f"unix:{path}" if path else "127.0.0.1:{1}".format(*self._listener.getsockname())
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._outcome: Any = None
        self._error: BaseException | None = None
        self._thread.start()

    @property
    def result(self) -> Any:
        """What the script returned, once it is through."""
        self._thread.join(SECONDS)
        assert not self._thread.is_alive(), "the peer's script did not end"
        if self._error is not None:
            raise self._error
        return self._outcome

    def _play(self) -> None:
        try:
            with self._listener:
                sock, _ = self._listener.accept()
            sock.settimeout(SECONDS)
            with self._tls.wrap_socket(sock, server_side=True) if self._tls else sock as connection:
                self._outcome = self._script(connection)
        except BaseException as error:
            self._error = error


def everything(sock: socket.socket, limit: int = -1) -> bytes:
    """What comes until the end of file, or `limit` bytes."""
    received = bytearray()
    while len(received) != limit and (data := sock.recv(1 << 16)):
        received += data
    return bytes(received)


def reset(sock: socket.socket) -> None:
    """Drop the connection with an RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def environment(folder: str) -> dict[str, str]:
    """An environment in which only our own sources and a home in `folder` count."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TNET_")}
    return kept | {"PYTHONPATH": SOURCE, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder, "HOME": folder}


def command(*words: str) -> list[str]:
    """The argv of `tnet`."""
    return [sys.executable, "-m", "tnet", *words]


def run(words: list[str], folder: str, **kwargs: Any) -> subprocess.CompletedProcess[bytes]:
    """`tnet connect` with `words`, run to its end."""
    kwargs.setdefault("stdout", subprocess.PIPE)
    kwargs.setdefault("timeout", SECONDS)
    return subprocess.run(
        command("connect", *words), stderr=subprocess.PIPE, env=environment(folder), check=False, **kwargs
    )
