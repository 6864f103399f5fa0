"""Peer addresses cut down to their network, so that a screenshot or a log names nobody.

An IPv4 address keeps its /24, an IPv6 address its /48, and both stay valid addresses. Loopback and unspecified
addresses stay: they name nobody.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import fields, replace
from typing import Any

from tnet.events import Observer, Record
from tnet.events.kinds import Event, Listening

_OWN_FIELDS = frozenset({"local_address", "local_port"})
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4})(?![\w:])")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV4_KEPT, _IPV6_KEPT = 24, 48


def masked(observer: Observer) -> Observer:
    """An observer that sees masked records and hands them on."""

    def observe(record: Record) -> None:
        observer(replace(record, event=mask_event(record.event)))

    return observe


def mask_event(event: Event) -> Event:
    """The event with every peer address in it masked; where we listen is not a peer's."""
    if isinstance(event, Listening):
        return event
    found = {field.name: getattr(event, field.name) for field in fields(event) if field.name not in _OWN_FIELDS}
    changed = {name: new for name, value in found.items() if (new := _mask(value)) != value}
    return replace(event, **changed) if changed else event


def mask_text(text: str) -> str:
    """`text` with every IP address in it masked."""
    return _IPV4.sub(_shortened, _IPV6.sub(_shortened, text))


def _mask(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    return tuple(map(_mask, value)) if isinstance(value, tuple) else value


def _shortened(match: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(match.group())
    except ValueError:
        return match.group()
    if address.is_loopback or address.is_unspecified:
        return match.group()
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return f"::ffff:{_network(address.ipv4_mapped, _IPV4_KEPT)}"
        return _network(address, _IPV6_KEPT)
    return _network(address, _IPV4_KEPT)


def _network(address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int) -> str:
    return str(ipaddress.ip_network((address, bits), strict=False).network_address)
