"""What a web server costs: ours beside nginx, caddy, uvicorn, aiohttp, http.server and stock twisted.web, in one run.

A file of 1 KiB over 64 connections that stay open (wrk asks); the same with an access log; a resource in Python; one
file of 1 GiB; an upload. Each server is a process of its own on loopback and they take turns, several rounds of them.
uvicorn and aiohttp answer from memory, which is the best that they can do; nginx has one worker, as we have.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from tests.benchmarks._processes import HOST, PATIENCE_SECONDS, all_cpu_seconds, await_listener, free_port

MODULE = "tests.benchmarks.web"
ROUNDS, LARGE_ROUNDS = 5, 3
CONNECTIONS, SECONDS = 64, 2
SMALL_BYTES, LARGE_BYTES, UPLOAD_BYTES = 1 << 10, 1 << 30, 20_000_000

OF_TWISTED, OF_UVICORN, OF_NGINX, OF_NGINX_LOGGING = 6.0, 1.5, 0.8, 0.6
OF_STOCK_RESOURCE, LARGE_OF_NGINX, UPLOAD_MIB = 1.8, 0.8, 4

_TNET = (sys.executable, "-m", "tnet", "serve", "web", "{root}", "--host", HOST, "--port", "{port}", "-q")
_OWN = (sys.executable, "-m", MODULE, "serve")
FILES: dict[str, Sequence[str]] = {
    "tnet": _TNET,
    "nginx": ("nginx", "-c", "{folder}/quiet.conf"),
    "tnet, log": (*_TNET, "--access-log", "{folder}/access.log"),
    "nginx, log": ("nginx", "-c", "{folder}/logging.conf"),
    "caddy": ("caddy", "file-server", "--root", "{root}", "--listen", HOST + ":{port}"),
    "uvicorn": (*_OWN, "uvicorn", "{port}", "{root}"),
    "aiohttp": (*_OWN, "aiohttp", "{port}", "{root}"),
    "static.File": (*_OWN, "static", "{port}", "{root}"),
    "http.server": (sys.executable, "-m", "http.server", "{port}", "-b", HOST, "-d", "{root}", "-p", "HTTP/1.1"),
}
RESOURCES: dict[str, Sequence[str]] = {
    "tnet": (*_OWN, "resource", "{port}", "{root}"),
    "tnet, stock reactor": (*_OWN, "stocked", "{port}", "{root}"),
    "twisted": (*_OWN, "stock", "{port}", "{root}"),
}
LOADED = {"uvicorn": "uvicorn", "aiohttp": "aiohttp"}

NGINX = """
daemon off; master_process off; pid {folder}/{name}.pid; error_log /dev/null; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log {log}; sendfile on; keepalive_requests 1000000000; client_body_temp_path {folder}/t1;
  proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: psutil.Process

    def url(self, name: str) -> str:
        """Where it serves a file."""
        return f"http://{HOST}:{self.port}/{name}"


@dataclass(frozen=True)
class Cost:
    """What one load took.

    Units: `rate` in requests or megabytes a second, `cpu` in µs of the server's processor time for each.
    """

    rate: float
    cpu: float
    errors: int = 0


Costs = dict[str, list[Cost]]


def main() -> None:
    """Measure and print."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: nothing can be measured")
    with tempfile.TemporaryDirectory() as made:
        folder, root = Path(made), Path(made) / "root"
        root.mkdir()
        (root / "small").write_bytes(os.urandom(SMALL_BYTES))
        with open(root / "large", "wb") as large:
            large.truncate(LARGE_BYTES)
        for path in root.iterdir():
            os.utime(path, (1_000_000_000, 1_000_000_000))
        _small_files(folder, root)
        _resources(folder, root)
        _large_file(folder, root)
        _upload(folder, root)


# ── what is measured ──


def _small_files(folder: Path, root: Path) -> None:
    found = _rounds(FILES, folder, root, ROUNDS, lambda server: _asked(server, "small"))
    print(f"web: {SMALL_BYTES} bytes, {CONNECTIONS} open connections; medians of {ROUNDS} rounds of {SECONDS} s\n")
    _table(found, "requests/s", "CPU µs/request")
    print()
    for peer, least, ours in (
        ("nginx", OF_NGINX, "tnet"),
        ("nginx, log", OF_NGINX_LOGGING, "tnet, log"),
        ("uvicorn", OF_UVICORN, "tnet"),
        ("static.File", OF_TWISTED, "tnet"),
    ):
        _target(f"{ours}: at least {least} of the requests/s of {peer}", found, ours, peer)


def _resources(folder: Path, root: Path) -> None:
    found = _rounds(RESOURCES, folder, root, ROUNDS, lambda server: _asked(server, ""))
    print("\na resource that answers from memory; on our reactor, as tnet runs it, and on the stock one\n")
    _table(found, "requests/s", "CPU µs/request")
    ratio = median(theirs.cpu / ours.cpu for ours, theirs in zip(found["tnet"], found["twisted"], strict=True))
    print(f"\nat least {OF_STOCK_RESOURCE} times as many for the same CPU as stock twisted.web: {ratio:.2f}")


def _large_file(folder: Path, root: Path) -> None:
    growth: list[float] = []

    def load(server: Server) -> Cost:
        before = server.process.memory_info().rss
        cost, peak = _downloaded(server)
        growth.append((peak - before) / (1 << 20))
        return cost

    kinds = {kind: FILES[kind] for kind in ("tnet", "nginx", "caddy")}
    found = _rounds(kinds, folder, root, LARGE_ROUNDS, load)
    print(f"\none file of {LARGE_BYTES >> 20} MiB\n")
    _table(found, "MB/s", "CPU µs/MB")
    print()
    _target(f"at least {LARGE_OF_NGINX} of nginx's MB/s", found, "tnet", "nginx")
    print(f"most that a server's memory grew by during a download: {max(growth):.1f} MiB")


def _upload(folder: Path, root: Path) -> None:
    argv = (*FILES["tnet"], "--upload")
    body = bytes(UPLOAD_BYTES)
    with _running("tnet", argv, folder, root) as server:
        for number in range(3):
            before = server.process.memory_info().rss
            peak = _put(server, f"upload{number}", body)
            more = (peak - before) / (1 << 20)
            print(f"\nan upload of {UPLOAD_BYTES / 1e6:.0f} MB: {more:.1f} MiB more (at most {UPLOAD_MIB})")


def _rounds(
    kinds: dict[str, Sequence[str]], folder: Path, root: Path, rounds: int, load: Callable[[Server], Cost]
) -> Costs:
    """What the loads of each server cost, round by round; the first one warms up."""
    found: Costs = {}
    with ExitStack() as running:
        there = {kind: argv for kind, argv in kinds.items() if _is_there(kind, argv)}
        servers = {kind: running.enter_context(_running(kind, argv, folder, root)) for kind, argv in there.items()}
        for turn in range(rounds + 1):
            for kind, server in servers.items():
                cost = load(server)
                if turn:
                    found.setdefault(kind, []).append(cost)
    return found


def _asked(server: Server, name: str) -> Cost:
    """What wrk gets."""
    before = all_cpu_seconds(server.process)
    argv = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", server.url(name)]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    spent = all_cpu_seconds(server.process) - before
    count = int(_said(r"(\d+) requests in", said))
    failed = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", said)))
    failed += int(_said(r"Non-2xx or 3xx responses: (\d+)", said) or 0)
    return Cost(float(_said(r"Requests/sec:\s*([\d.]+)", said)), spent / max(count, 1) * 1e6, failed)


def _said(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else ""


def _downloaded(server: Server) -> tuple[Cost, int]:
    """What it costs, and the largest resident set that was seen meanwhile."""
    before, began, peak = all_cpu_seconds(server.process), time.monotonic(), 0
    with socket.create_connection((HOST, server.port)) as sock:
        sock.sendall(b"GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        space, received, seen = bytearray(1 << 20), 0, 0
        while count := sock.recv_into(space):
            received += count
            if received > seen:
                seen = received + (LARGE_BYTES >> 4)
                peak = max(peak, server.process.memory_info().rss)
    assert received > LARGE_BYTES, f"only {received} bytes came"
    wall, megabytes = time.monotonic() - began, LARGE_BYTES / 1e6
    return Cost(megabytes / wall, (all_cpu_seconds(server.process) - before) / megabytes * 1e6), peak


def _put(server: Server, name: str, body: bytes) -> int:
    """Upload it; the largest resident set that was seen meanwhile."""
    peak = 0
    with socket.create_connection((HOST, server.port)) as sock:
        sock.sendall(b"PUT /%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (name.encode(), len(body)))
        for at in range(0, len(body), 1 << 18):
            sock.sendall(body[at : at + (1 << 18)])
            peak = max(peak, server.process.memory_info().rss)
        reply = sock.recv(1 << 12)
    assert reply.startswith(b"HTTP/1.1 201"), reply
    return max(peak, server.process.memory_info().rss)


# ── what is printed ──


def _table(found: Costs, rate: str, cpu: str) -> None:
    print(f"{'server':<20}{rate:>14}{cpu:>18}{'errors':>9}")
    for kind, costs in found.items():
        rates, cpus = median(cost.rate for cost in costs), median(cost.cpu for cost in costs)
        print(f"{kind:<20}{rates:>14.0f}{cpus:>18.1f}{sum(cost.errors for cost in costs):>9}")


def _target(words: str, found: Costs, ours: str, peer: str) -> None:
    """The ratio of two servers' rates, the median of that in each round."""
    if ours in found and peer in found:
        ratio = median(our.rate / their.rate for our, their in zip(found[ours], found[peer], strict=True))
        print(f"{words}: {ratio:.2f}")
    else:
        print(f"{words}: not measured, one of them is not installed")


# ── the servers ──


def _is_there(kind: str, argv: Sequence[str]) -> bool:
    return find_spec(LOADED[kind]) is not None if kind in LOADED else shutil.which(argv[0]) is not None


@contextmanager
def _running(kind: str, argv: Sequence[str], folder: Path, root: Path) -> Iterator[Server]:
    """A server while the body runs."""
    port = free_port()
    if argv[0] == "nginx":
        name, log = ("logging", f"{folder}/nginx.log combined") if "log" in kind else ("quiet", "off")
        conf = NGINX.format(folder=folder, root=root, port=port, name=name, log=log)
        (folder / f"{name}.conf").write_text(conf)
    words = [word.format(root=root, port=port, folder=folder) for word in argv]
    environ = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ) as process:
        try:
            await_listener(port)
            yield Server(port, psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def _serve_uvicorn(port: int, root: Path) -> None:
    import uvicorn

    body = (root / "small").read_bytes()
    fields = [(b"content-type", b"application/octet-stream"), (b"content-length", b"%d" % len(body))]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    uvicorn.run(app, host=HOST, port=port, log_level="error", access_log=False, lifespan="off")


def _serve_aiohttp(port: int, root: Path) -> None:
    from aiohttp import web

    body = (root / "small").read_bytes()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/octet-stream")

    app = web.Application()
    app.router.add_get("/small", answer)
    web.run_app(app, host=HOST, port=port, print=None, access_log=None)


def _serve_static(port: int, root: Path) -> None:
    from twisted.web.server import Site
    from twisted.web.static import File

    _run_site(Site(File(str(root))), port)


def _serve_stock(port: int, root: Path) -> None:
    from twisted.web.server import Site

    _run_site(Site(_resource()), port)


def _serve_resource(port: int, root: Path) -> None:
    from tnet.events import Publisher
    from tnet.net.port import StreamPort
    from tnet.runtime.reactor import install
    from tnet.servers.web.site import WebFactory

    reactor: Any = install()
    site = WebFactory(_resource(), reactor=reactor, now=time.monotonic)
    StreamPort(socket.create_server((HOST, port), backlog=2048), site, reactor, Publisher()).startListening()
    reactor.run()


def _serve_stocked(port: int, root: Path) -> None:
    from tnet.servers.web.site import WebFactory

    _run_site(WebFactory(_resource()), port)


def _resource() -> Any:
    from twisted.web.resource import Resource

    class Answer(Resource):
        isLeaf = True

        def render_GET(self, request: Any) -> bytes:
            request.setHeader(b"content-type", b"text/plain")
            return b"x" * 100

    return Answer()


def _run_site(site: Any, port: int) -> None:
    from twisted.internet import reactor

    world: Any = reactor
    site.log = lambda request: None
    world.listenTCP(port, site, 2048, HOST)
    world.run()


SERVERS: dict[str, Callable[[int, Path], None]] = {
    "aiohttp": _serve_aiohttp,
    "resource": _serve_resource,
    "static": _serve_static,
    "stock": _serve_stock,
    "stocked": _serve_stocked,
    "uvicorn": _serve_uvicorn,
}


if __name__ == "__main__":
    _, _, _kind, _port, _root = sys.argv
    SERVERS[_kind](int(_port), Path(_root))
