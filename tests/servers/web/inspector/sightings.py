"""Exchanges as they are remembered, made up."""

from __future__ import annotations

from typing import Any

from tnet.protocols.http1.requests import RequestHead
from tnet.servers.web.carrying.exchange import Phases
from tnet.servers.web.inspector.seen import Seen

NOON = 1_800_000_000.0
HOST = (b"Host", b"h:1")


def sighting(
    method: str = "GET",
    target: str = "/",
    *fields: tuple[bytes, bytes],
    version: bytes = b"HTTP/1.1",
    raw: bytes = b"",
    **seen: Any,
) -> Seen:
    """One that took three seconds, a second for each way and one between, unless `seen` says otherwise."""
    head = RequestHead(method.encode(), target.encode(), version, [HOST, *fields], raw=raw)
    usual: dict[str, Any] = {
        "number": 1,
        "wall": NOON,
        "connection": 7,
        "nth": 1,
        "peer": "192.0.2.1:9",
        "secure": False,
        "tls": None,
        "phases": Phases(10.0, 10.5, 10.5, 11.0, 12.0, 13.0),
        "until": 13.0,
        "over": True,
        "status": 200,
    }
    return Seen(**(usual | {"head": head} | seen))
