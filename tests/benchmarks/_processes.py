"""What measurements of servers share: a port, patience, and the processor time of a process."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import psutil

HOST = "127.0.0.1"
PATIENCE_SECONDS = 15.0


def free_port() -> int:
    """A port that nobody listened at just now."""
    with socket.create_server((HOST, 0)) as found:
        return int(found.getsockname()[1])


def await_listener(port: int) -> None:
    """Come back when somebody listens there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection((HOST, port)).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def cpu_seconds(process: psutil.Process) -> float:
    """The processor time of a process and of those that it started and that live, finer than in ticks of a clock."""
    spent = 0
    for one in (process, *process.children(recursive=True)):
        for thread in Path(f"/proc/{one.pid}/task").iterdir():
            spent += int((thread / "schedstat").read_text().split()[0])
    return spent / 1e9


def all_cpu_seconds(process: psutil.Process) -> float:
    """The same in ticks of a clock, those threads among it that have ended."""
    return float(sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True))))
