"""What a server tool hands to the runtime."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.protocol import DatagramProtocol

from tnet.plans import ListenAddress


def _nothing() -> None:
    """Do nothing."""


async def _nothing_later() -> None:
    """Do nothing, when awaited."""


def _no_words(_: Sequence[ListenAddress]) -> tuple[str, ...]:
    """Say nothing."""
    return ()


@dataclass(slots=True, kw_only=True)
class Server:
    """One tool, ready to listen: the result of its `async def offer(plan, context) -> Server`.

    `factory` is a plain Twisted factory. `goodbye` tells every connection that we are leaving, so that it ends
    by itself soon; `reload` reads users and keys anew, and raises a TnetError when the old ones stay; `close`
    releases what `offer` opened. `notes` are lines for the person who started it, and so are those that `greet` gives
    once it is known where we listen; it may start what needs that. `alpn` is what TLS offers.
    `datagrams` makes the protocol of one UDP socket; without it, none is served. `descriptors` is how many of them a
    connection takes that is well used.
    """

    factory: IProtocolFactory
    greet: Callable[[Sequence[ListenAddress]], tuple[str, ...]] = _no_words
    goodbye: Callable[[], Any] = _nothing
    reload: Callable[[], Awaitable[None]] = _nothing_later
    close: Callable[[], Awaitable[None]] = _nothing_later
    notes: tuple[str, ...] = ()
    alpn: tuple[bytes, ...] = ()
    datagrams: Callable[[], DatagramProtocol] | None = None
    descriptors: int = 1
