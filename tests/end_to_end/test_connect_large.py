"""Much data through `tnet connect`: to the last byte, at everybody's own pace, and in little memory."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from tests.end_to_end.command import Running
from tests.end_to_end.connecting import ConnectCase
from tests.end_to_end.peers import Peer

BLOCK = random.Random(3).randbytes(1 << 20)
GIBIBYTE = 1 << 30
MEBIBYTE = 1 << 20
SECONDS = 120.0


class Flow:
    """A thread that gives or takes, one piece at each step; it counts and digests them."""

    def __init__(self, step: Any) -> None:
        self.digest = sha256()
        self.count = 0
        self._step = step
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for data in self._step():
            self.digest.update(data)
            self.count += len(data)

    @property
    def result(self) -> tuple[int, bytes]:
        """How many bytes, and their digest, when it is over."""
        self._thread.join(SECONDS)
        assert not self._thread.is_alive(), f"stuck after {self.count} bytes"
        return self.count, self.digest.digest()


def giving(write: Any, end: Any, turn: int, total: int) -> Any:
    """A flow that gives `total` bytes and ends; `turn` makes it differ from others."""
    block = BLOCK[turn:] + BLOCK[:turn]

    def step() -> Any:
        for _ in range(total // MEBIBYTE):
            write(block)
            yield block
        end()

    return step


def taking(read: Any) -> Any:
    """A flow that takes what comes until the end."""

    def step() -> Any:
        while data := read():
            yield data

    return step


class LargeTests(ConnectCase):
    """Through pipes at our side, and sockets at the peer's."""

    def test_a_gibibyte_each_way(self) -> None:
        """C6: 1 GiB each way at once: what is taken is what was given, and 8 MiB more memory are never needed."""
        peer = Peer(self.exchange)
        process = self.start(peer.target, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        given, taken = self.flows(process)
        base, most = 0, 0
        while process.poll() is None:
            resident = self.resident(process.pid)
            if not base and taken.count > 16 * MEBIBYTE:
                base = resident
            most = max(most, resident)
            time.sleep(0.1)
        there_given, there_taken = peer.result
        self.assertEqual((process.returncode, given.count), (0, GIBIBYTE))
        self.assertEqual((given.result, taken.result), (there_taken, there_given))
        self.assertLess(most - base, 8 * MEBIBYTE)

    def exchange(self, sock: socket.socket) -> Any:
        """The peer's part: both flows of it."""
        sock.settimeout(SECONDS)
        given = Flow(giving(sock.sendall, lambda: sock.shutdown(socket.SHUT_WR), 7, GIBIBYTE))
        taken = Flow(taking(lambda: sock.recv(1 << 18)))
        return given.result, taken.result

    def flows(self, process: subprocess.Popen[bytes]) -> tuple[Flow, Flow]:
        """What goes through the process's pipes."""
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None
        given = Flow(giving(stdin.write, stdin.close, 3, GIBIBYTE))
        return given, Flow(taking(lambda: os.read(stdout.fileno(), 1 << 18)))

    def resident(self, pid: int) -> int:
        """The bytes of memory that a process has; 0 when it is gone."""
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return 0
        return int((status.partition("VmRSS:")[2].split() or ["0"])[0]) * 1024

    def finish(self, process: subprocess.Popen[bytes]) -> None:
        """Leave nothing behind; the threads have read it all."""
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
            pipe.close()

    def test_slow_reader(self) -> None:
        """C4, C10: 20 MB to an echo, our end, and a reader that comes late and goes slowly: all of it is there."""
        home = Path(self.folder).absolute()
        echo = Running(self, home, "serve", "echo", "--port", "0", "--output", "json")
        process = self.start(f"127.0.0.1:{echo.port}", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None
        given = Flow(giving(stdin.write, stdin.close, 5, 20 * MEBIBYTE))
        time.sleep(0.5)
        taken = Flow(taking(lambda: self.slowly(stdout)))
        self.assertEqual(given.result, taken.result)
        self.assertEqual(process.wait(5), 0)

    def slowly(self, stdout: IO[bytes]) -> bytes:
        """A little, now and then."""
        time.sleep(0.005)
        return os.read(stdout.fileno(), 1 << 16)
