"""What `tnet connect` moves between a connection and pipes, beside ncat, nc and socat, in one run.

A GiB down, a GiB up, and both at once, from and to a peer on loopback. Whoever is at the other ends costs next to
nothing: bytes come from and go to the kernel without being copied. The clients take turns, several rounds of them.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

MODULE = "tests.benchmarks.connect"
HOST = "127.0.0.1"
LARGE_BYTES, LITTLE_BYTES = 1 << 30, 1 << 20
BLOCK_BYTES = 1 << 20
ROUNDS = 7
WAYS = {"down": (True, False), "up": (False, True), "both": (True, True)}
GROWTH_MIB = 2

CLIENTS: dict[str, Sequence[str]] = {
    "tnet": (sys.executable, "-m", "tnet", "connect", HOST, "{port}"),
    "ncat": ("ncat", HOST, "{port}"),
    "nc": ("nc", "-N", HOST, "{port}"),
    "socat": ("socat", "-t", "60", "-", f"TCP:{HOST}:{{port}}"),
    "socat -b": ("socat", "-b", "262144", "-t", "60", "-", f"TCP:{HOST}:{{port}}"),
}
RIVALS = ("ncat", "socat")


@dataclass
class Found:
    """What the runs of one client took.

    Units: wall and processor seconds; the largest resident set, in MiB.
    """

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)


def main() -> None:
    """Measure and print. Python's programs are compiled in the round that warms up, and stay so, as if installed."""
    with tempfile.TemporaryDirectory() as compiled:
        os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": compiled}
        _report()


def _report() -> None:
    known = {client: words for client, words in CLIENTS.items() if shutil.which(words[0])}
    print(f"connect: {LARGE_BYTES >> 20} MiB each way between a connection and pipes; medians of {ROUNDS} rounds\n")
    print(f"{'':<8}{'client':<10}{'MB/s':>8}{'CPU s':>8}{'RSS, MiB':>10}{'at 1 MiB':>10}")
    for way in WAYS:
        large, little = _measured(known, way, LARGE_BYTES, ROUNDS), _measured(known, way, LITTLE_BYTES, 3)
        for client, runs in large.items():
            rate = LARGE_BYTES / median(runs.seconds) / 1e6
            memory = f"{median(runs.mib):>10.1f}{median(little[client].mib):>10.1f}"
            print(f"{way:<8}{client:<10}{rate:>8.0f}{median(runs.cpu):>8.2f}{memory}")
        rivals = zip(*(runs.seconds for client, runs in large.items() if client in RIVALS), strict=True)
        lead = median(min(theirs) / ours for theirs, ours in zip(rivals, large["tnet"].seconds, strict=True))
        growth = median(large["tnet"].mib) - median(little["tnet"].mib)
        print(f"at least the quickest of {', '.join(RIVALS)} in the same round: {lead:.2f}")
        print(f"at most {GROWTH_MIB} MiB more for a thousand times the bytes: {growth:.1f}\n")
    print("(MB/s of one direction; `socat -b` has a buffer of 256 KiB instead of its own 8. No resident set is shown")
    print("smaller than that of the process that starts them all)")


def _measured(clients: dict[str, Sequence[str]], way: str, size: int, rounds: int) -> dict[str, Found]:
    """What each of the clients took; the first of several rounds, which warms up, does not count."""
    found = {client: Found() for client in clients}
    for turn in range(rounds + 1):
        for client, words in clients.items():
            seconds, cpu, mib = _run(words, way, size)
            if turn:
                found[client].seconds.append(seconds)
                found[client].cpu.append(cpu)
                found[client].mib.append(mib)
    return found


def _run(words: Sequence[str], way: str, size: int) -> tuple[float, float, float]:
    """Wall and processor seconds of a client, and its peak of memory in MiB, for so many bytes."""
    down, up = WAYS[way]
    with _peer(size if down else 0) as port, tempfile.TemporaryFile() as said, tempfile.TemporaryDirectory() as home:
        homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), home)
        argv = [word.replace("{port}", str(port)) for word in words]
        began = time.monotonic()
        with subprocess.Popen(
            argv,
            stdin=subprocess.PIPE if up else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env=os.environ | homes,
        ) as process:
            feeding = threading.Thread(target=_feed, args=(process, size)) if up else None
            if feeding is not None:
                feeding.start()
            taken = _drain(process)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        if feeding is not None:
            feeding.join()
        if process.returncode or taken != (size if down else 0):
            said.seek(0)
            raise RuntimeError(f"{argv}: exit status {process.returncode}, {taken} bytes\n{said.read().decode()}")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _feed(process: subprocess.Popen[bytes], size: int) -> None:
    """Give it so many bytes, then the end."""
    assert process.stdin is not None
    with _block() as block, process.stdin as pipe:
        left = size
        while left:
            left -= os.splice(block, pipe.fileno(), min(left, BLOCK_BYTES), offset_src=0)


def _drain(process: subprocess.Popen[bytes]) -> int:
    """Take what comes until its end: how many bytes."""
    assert process.stdout is not None
    taken = 0
    with open(os.devnull, "wb") as nowhere:
        while moved := os.splice(process.stdout.fileno(), nowhere.fileno(), BLOCK_BYTES):
            taken += moved
    return taken


@contextmanager
def _block() -> Iterator[int]:
    """A file of one block, in memory."""
    block = os.memfd_create("block")
    try:
        os.truncate(block, BLOCK_BYTES)
        yield block
    finally:
        os.close(block)


# ── the peer ──


@contextmanager
def _peer(size: int) -> Iterator[int]:
    """A peer that sends so many bytes, and takes all that come: its port."""
    argv = [sys.executable, "-m", MODULE, str(size)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def _serve(size: int) -> None:
    with socket.create_server((HOST, 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        connection, _ = listener.accept()
    sending = threading.Thread(target=_send, args=(connection, size))
    sending.start()
    while connection.recv(BLOCK_BYTES, socket.MSG_TRUNC):  # which TCP takes as: throw it away
        pass
    sending.join()
    connection.close()


def _send(connection: socket.socket, size: int) -> None:
    with _block() as block:
        left = size
        while left:
            left -= os.sendfile(connection.fileno(), block, 0, min(left, BLOCK_BYTES))
    connection.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
