"""What fetching costs: ours beside curl and HTTPie, whole processes, from one nginx on loopback, in one run.

One large body over HTTP, over HTTPS and over HTTP/2, many at once, and one so small that what is measured is how long
a process takes to begin. The clients take turns, several rounds of them. Bodies go to files, which is what large ones
do; the file system is that of the temporary folder. HTTPie is compared fairly when it is installed in the same virtual
environment, and so runs on the same Python; else the one on the PATH is taken. Python's programs are compiled in the
round that warms up, and stay so, as if they were installed.
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
from pathlib import Path
from statistics import median

from tests.certificates import make_authority, write_pair

LARGE_BYTES = 1 << 30
PART_BYTES = 1 << 25
PARTS = 16
SMALL_BYTES = 1 << 10
LARGE_ROUNDS, SMALL_ROUNDS = 5, 15

RATE_TARGET, PARALLEL_TARGET = 0.9, 0.8
HTTPIE_TARGET, IMPORT_TARGET = 0.85, 1.2
GROWTH_MIB = 16

TNET = (sys.executable, "-m", "tnet", "fetch", "-q")
BARE = (sys.executable, "-c", "import click, twisted.internet.reactor")

NGINX = """
daemon off; master_process off; pid {root}/pid; error_log {root}/errors; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
  ssl_certificate {certificate}; ssl_certificate_key {key};
  server {{
    listen 127.0.0.1:{ports[0]}; listen 127.0.0.1:{ports[1]} ssl; root {root}/served;
  }}
  server {{
    listen 127.0.0.1:{ports[2]} ssl http2; root {root}/served;
  }}
}}
"""


@dataclass(frozen=True)
class Server:
    """A running nginx: what it serves, under three origins, and the authority that signed for it."""

    plain: str
    secure: str
    second: str
    ca: str


@dataclass
class Found:
    """What the runs of one client took.

    Units: wall seconds; the largest resident set, in MiB.
    """

    seconds: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)

    @property
    def wall(self) -> float:
        return median(self.seconds)


Commands = dict[str, Sequence[str]]


def main() -> None:
    """Measure and print."""
    os.environ["PATH"] = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)))
    with tempfile.TemporaryDirectory() as root, _nginx(Path(root)) as server:
        os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{root}/compiled"}
        output = Path(root) / "output"
        _whole_bodies(server, output)
        _many(server, output)
        _small(server, output)


# ── what is measured ──


def _whole_bodies(server: Server, output: Path) -> None:
    print(f"fetch: {LARGE_BYTES >> 20} MiB to a file; medians of {LARGE_ROUNDS} rounds\n")
    print(f"{'':<10}{'client':<10}{'MB/s':>8}{'ratio':>8}{'RSS, MiB':>10}{'at 1 MiB':>10}")
    for name, origin, curls in (
        ("HTTP", server.plain, "--http1.1"),
        ("HTTPS", server.secure, "--http1.1"),
        ("HTTP/2", server.second, "--http2"),
    ):
        large, little = (_downloads(origin, size, server.ca, curls) for size in ("large", "little"))
        found, least = _measured(large, output, LARGE_ROUNDS), _measured(little, output, 1)
        _print_rates(name, found, LARGE_BYTES, {client: least[client].mib[0] for client in found})
        growth = median(found["tnet"].mib) - least["tnet"].mib[0]
        _print_target(f"at least {RATE_TARGET} of curl's rate", _ratio(found))
        _print_target(f"at most {GROWTH_MIB} MiB more for a thousand times the bytes", growth)


def _many(server: Server, output: Path) -> None:
    print(f"\n{PARTS} bodies of {PART_BYTES >> 20} MiB at once; medians of {LARGE_ROUNDS} rounds\n")
    print(f"{'':<10}{'client':<10}{'MB/s':>8}{'ratio':>8}{'RSS, MiB':>10}")
    for name, origin in (("HTTP", server.plain), ("HTTPS", server.secure), ("HTTP/2", server.second)):
        urls = [f"{origin}/part{number}" for number in range(PARTS)]
        named = [word for url in urls for word in ("-O", url)]
        found = _measured(
            {
                "tnet": [*TNET, "-Z", str(PARTS), "--ca", server.ca, "-O", "--output-dir", "{output}", *urls],
                "curl": [
                    *("curl", "-sS", "-Z", "--parallel-max", str(PARTS), "--cacert", server.ca),
                    *("--output-dir", "{output}", *named),
                ],
            },
            output,
            LARGE_ROUNDS,
        )
        _print_rates(name, found, PARTS * PART_BYTES)
        _print_target(f"at least {PARALLEL_TARGET} of curl's rate", _ratio(found))


def _small(server: Server, output: Path) -> None:
    url = f"{server.plain}/small"
    found = _measured(
        {
            "tnet": [*TNET, url],
            "curl": ["curl", "-sS", url],
            "HTTPie": ["http", "--ignore-stdin", "--body", "GET", url],
            "imports": BARE,
        },
        output,
        SMALL_ROUNDS,
    )
    print(f"\n{SMALL_BYTES >> 10} KiB, a whole process; medians of {SMALL_ROUNDS} rounds\n")
    print(f"{'client':<10}{'ms':>8}{'tnet takes':>12}")
    for client, runs in found.items():
        print(f"{client:<10}{runs.wall * 1e3:>8.0f}{found['tnet'].wall / runs.wall:>11.2f}x")
    print("(imports: Python with click and Twisted's reactor, and nothing done with them)")
    print(f"(HTTPie: {shutil.which('http')})\n")
    if "HTTPie" in found:
        _print_target(f"at most {HTTPIE_TARGET} of HTTPie's time", found["tnet"].wall / found["HTTPie"].wall)
    _print_target(f"at most {IMPORT_TARGET} of the bare imports' time", found["tnet"].wall / found["imports"].wall)


def _downloads(origin: str, name: str, ca: str, curls: str) -> Commands:
    return {
        "tnet": [*TNET, "--ca", ca, "-o", "{output}/body", f"{origin}/{name}"],
        "curl": ["curl", "-sS", curls, "--cacert", ca, "-o", "{output}/body", f"{origin}/{name}"],
    }


# ── measuring ──


def _measured(commands: Commands, output: Path, rounds: int) -> dict[str, Found]:
    """What each of the commands took; they take turns, and the first round, which warms up, does not count."""
    known = {client: words for client, words in commands.items() if shutil.which(words[0])}
    for client in commands.keys() - known.keys():
        print(f"{client} is not installed: left out")
    found = {client: Found() for client in known}
    for turn in range(rounds + 1):
        for client, words in known.items():
            seconds, mib = _run([word.replace("{output}", str(output)) for word in words], output)
            if turn or rounds == 1:
                found[client].seconds.append(seconds)
                found[client].mib.append(mib)
    return found


def _run(words: Sequence[str], output: Path) -> tuple[float, float]:
    """How long a command takes, and the most memory that it has resident, in MiB; it writes into an empty folder."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir()
    home = {name: str(output) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, env=os.environ | home
        )
        peak = _Peak(process.pid)
        process.wait()
        seconds = time.monotonic() - began
        said.seek(0)
        if process.returncode:
            raise RuntimeError(f"exit status {process.returncode}: {' '.join(words)}\n{said.read().decode()}")
    return seconds, peak.mib


class _Peak:
    """The most memory that a process had resident, read now and then while it lives.

    What the system tells afterwards counts what the parent had before the program was loaded.
    """

    def __init__(self, pid: int) -> None:
        self.mib = 0.0
        self._path = Path(f"/proc/{pid}/status")
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        try:
            while "VmHWM" in (status := self._path.read_text()):
                self.mib = int(status.partition("VmHWM:")[2].split()[0]) / 1024
                time.sleep(0.02)
        except OSError:
            return  # it is gone


def _ratio(found: dict[str, Found]) -> float:
    return found["curl"].wall / found["tnet"].wall


def _print_rates(name: str, found: dict[str, Found], size: int, least: dict[str, float] | None = None) -> None:
    for client, runs in found.items():
        ratio = found["curl"].wall / runs.wall
        print(f"{name:<10}{client:<10}{size / runs.wall / 1e6:>8.0f}{ratio:>8.2f}{median(runs.mib):>10.0f}", end="")
        print(f"{least[client]:>10.0f}" if least is not None else "")


def _print_target(wanted: str, measured: float) -> None:
    print(f"  {wanted}: measured {measured:.2f}")


# ── the server ──


@contextmanager
def _nginx(root: Path) -> Iterator[Server]:
    """nginx with everything that is fetched, while the body runs."""
    served = root / "served"
    served.mkdir()
    sizes = {"large": LARGE_BYTES, "little": 1 << 20, "small": SMALL_BYTES}
    sizes |= {f"part{number}": PART_BYTES for number in range(PARTS)}
    for name, size in sizes.items():
        with open(served / name, "wb") as file:
            file.truncate(size)
    authority = make_authority()
    (root / "ca.pem").write_bytes(authority.pem)
    certificate, key = write_pair(root, authority.leaf(["localhost"]))
    ports = [_free_port() for _ in range(3)]
    (root / "conf").write_text(NGINX.format(root=root, ports=ports, certificate=certificate, key=key))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with subprocess.Popen([program, "-p", root, "-c", root / "conf", "-e", root / "errors"]) as process:
        try:
            _await(ports[-1])
            yield Server(
                f"http://127.0.0.1:{ports[0]}",
                f"https://localhost:{ports[1]}",
                f"https://localhost:{ports[2]}",
                str(root / "ca.pem"),
            )
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def _await(port: int, seconds: float = 10.0) -> None:
    late = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > late:
                raise
            time.sleep(0.05)
        else:
            return
