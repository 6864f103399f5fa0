"""`--report json`: one object that tells of a transfer, each of its requests and each attempt to connect.

Times are milliseconds; null is for what did not happen. Bytes that are no UTF-8 are read as Latin-1.
"""

from __future__ import annotations

from typing import Any

from tnet.clients.fetch.report.account import Account, body_bytes
from tnet.clients.fetch.report.ledger import Entry
from tnet.clients.fetch.report.times import phases_of
from tnet.errors import TnetError
from tnet.events.kinds import ConnectionOpened, DialAttempted, DnsAnswered, TlsHandshaken
from tnet.events.phases import Hop, Phase
from tnet.protocols.http1.responses import Fields
from tnet.protocols.masks import mask_pairs, mask_url

SCHEMA_VERSION = 1


def report(account: Account, *, show_secrets: bool = False) -> dict[str, Any]:
    """Everything about one transfer, as JSON can hold it; secrets are masked unless they are to be shown."""
    start = account.entries[0].hop.start if account.entries else 0.0
    times = account.times
    head, kept = account.head, account.kept
    return {
        "schema_version": SCHEMA_VERSION,
        "transfer": account.transfer,
        "url": account.url if show_secrets else mask_url(account.url),
        "url_effective": account.url_effective if show_secrets else mask_url(account.url_effective),
        "status": head.status if head is not None else None,
        "outcome": "failed" if account.error is not None else "ok",
        "error": _error(account.error, show_secrets) if account.error is not None else None,
        "file": kept.path if kept is not None else None,
        "checksum": kept.ended.checksum if kept is not None and kept.ended is not None else None,
        "body_bytes": account.wire_bytes,
        "phases": {
            **{name: _ms(seconds) for name, seconds in times.phases.items()},
            "ttfb": _ms(times.of("ttfb")),
            "total": _ms(times.total),
        },
        "retries": [
            {"attempt": retry.attempt, "after_ms": _ms(retry.seconds), "error": retry.error}
            for retry in account.retries
        ],
        "requests": [_Request(entry, start, show_secrets).as_json() for entry in account.entries],
    }


class _Request:
    def __init__(self, entry: Entry, start: float, show_secrets: bool) -> None:
        self._entry = entry
        self._start = start
        self._show_secrets = show_secrets

    def as_json(self) -> dict[str, Any]:
        hop, facts, asked = self._entry.hop, self._entry.facts, self._entry.hop.asked
        url = self._entry.url
        head = facts.head
        return {
            "request": hop.request,
            "cause": asked.cause if asked is not None else None,
            "attempt": hop.attempt or None,
            "method": asked.method if asked is not None else None,
            "url": (url if self._show_secrets else mask_url(url)) or None,
            "http_version": head.version if head is not None else None,
            "status": head.status if head is not None else None,
            "reason": head.reason.decode("latin-1") if head is not None else None,
            "request_headers": self._pairs(facts.fields),
            "interim_responses": [
                {"status": interim.status, "headers": self._pairs(interim.fields)} for interim in facts.interims
            ],
            "response_headers": self._pairs(head.fields if head is not None else ()),
            "trailers": self._pairs(facts.trailers),
            "bytes_in": facts.bytes_in,
            "bytes_out": facts.bytes_out,
            "body_bytes": body_bytes(self._entry),
            "decoded_bytes": facts.body_bytes,
            **_way(hop, self._start),
            "start_ms": _ms(hop.start - self._start),
            "phases": {name: _ms(seconds) for name, seconds in phases_of(hop).items()}
            | {"total": _ms(hop.end - hop.start)},
            "failed": next((_failure(phase) for phase in hop.phases if phase.outcome == "failed"), None)
            if head is None
            else None,
        }

    def _pairs(self, fields: Fields) -> list[list[str]]:
        return [[name, value] for name, value in mask_pairs(fields, self._show_secrets)]


def _way(hop: Hop, start: float) -> dict[str, Any]:
    """How a request got to its origin: names, attempts, the connection and its TLS."""
    return {
        "connection": hop.conn,
        "reused": hop.reused,
        "proxied": hop.spread("proxy") is not None,
        "peer": _place(hop.opened, "peer") if hop.opened is not None else None,
        "local": _place(hop.opened, "local") if hop.opened is not None else None,
        "dns": [_lookup(phase.event, phase, start) for phase in hop.phases if isinstance(phase.event, DnsAnswered)],
        "attempts": [
            _attempt(phase.event, phase, start) for phase in hop.phases if isinstance(phase.event, DialAttempted)
        ],
        "tls": _tls(hop.handshake) if hop.handshake is not None else None,
    }


def _place(opened: ConnectionOpened, whose: str) -> dict[str, Any]:
    return {"address": getattr(opened, f"{whose}_address"), "port": getattr(opened, f"{whose}_port")}


def _lookup(answer: DnsAnswered, phase: Phase, start: float) -> dict[str, Any]:
    found = {"host": answer.host, "addresses": list(answer.addresses), "error": answer.error}
    return found | _when(phase, start)


def _attempt(attempt: DialAttempted, phase: Phase, start: float) -> dict[str, Any]:
    found = {"address": attempt.peer_address, "port": attempt.peer_port}
    return found | {"outcome": attempt.outcome, "error": attempt.error} | _when(phase, start)


def _tls(handshake: TlsHandshaken) -> dict[str, Any]:
    from dataclasses import fields

    told = {field.name: getattr(handshake, field.name) for field in fields(handshake) if field.name != "seconds"}
    return {
        name.removeprefix("tls_"): list(value) if isinstance(value, tuple) else value for name, value in told.items()
    }


def _failure(phase: Phase) -> dict[str, Any]:
    return {"phase": phase.name, "error": phase.event.error}


def _when(phase: Phase, start: float) -> dict[str, Any]:
    return {"start_ms": _ms(phase.start - start), "ms": _ms(phase.seconds)}


def _error(error: TnetError, show_secrets: bool) -> dict[str, Any]:
    message = str(error) if show_secrets else mask_url(str(error))
    return {"type": type(error).__name__, "exit_status": int(error.exit_status), "message": message}


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
