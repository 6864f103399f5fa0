"""The variables of `-w`, by curl's names: each is a function of what is known of a transfer.

Times are seconds, sizes are bytes; of requests that followed one another, sizes of heads are added up, as in curl.

Source: curl's manual, `--write-out`.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from tnet.clients.fetch.redirects import location
from tnet.clients.fetch.report.account import Account, received_head_bytes, sent_bytes, sent_head_bytes
from tnet.errors import CertificateRejected
from tnet.events.phases import Hop
from tnet.plans.urls import DEFAULT_PORTS

Value = str | int | float | None
Variable = Callable[[Account], Value]

_URL_PARTS = ("scheme", "host", "port", "path", "query")


def value_of(name: str) -> Variable | None:
    """The variable of that name, parts of URLs (`url.host`, `urle.port`) included; None when there is none."""
    whole, _, part = name.partition(".")
    if whole in ("url", "urle") and part in _URL_PARTS:
        return lambda account: _part(account.url if whole == "url" else account.url_effective, part)
    return VARIABLES.get(name)


def _part(url: str, part: str) -> Value:
    pieces = urlsplit(url)
    match part:
        case "host":
            return pieces.hostname or ""
        case "port":
            return pieces.port or DEFAULT_PORTS.get(pieces.scheme, 0)
        case _:
            return str(getattr(pieces, part))


# ── the answer ──


def _status(account: Account) -> int:
    return account.head.status if account.head is not None else 0


def _field(account: Account, name: bytes) -> str | None:
    values = account.head.values(name) if account.head is not None else []
    return values[-1].decode("utf-8", "backslashreplace") if values else None


def _redirect_url(account: Account) -> str | None:
    """Where an answer leads that was not followed."""
    to = location(account.head) if account.head is not None else None
    return urljoin(account.url_effective, to.decode("utf-8", "backslashreplace")) if to is not None else None


# ── the request ──


def _referer(account: Account) -> str | None:
    values = (value for name, value in account.final.facts.fields if name.lower() == b"referer")
    return next((value.decode("utf-8", "backslashreplace") for value in values), None)


def _uploaded(account: Account) -> int:
    return sent_bytes(account.final)


# ── the way there ──


def _opened(name: str, otherwise: Value) -> Variable:
    """A fact of the connection, or what stands for it when there is none."""

    def variable(account: Account) -> Value:
        found: Value = getattr(account.final.hop.opened, name, None)
        return otherwise if found is None else found

    return variable


def _count(holds: Callable[[Hop], bool]) -> Variable:
    """How many requests it holds for."""
    return lambda account: sum(holds(entry.hop) for entry in account.chain)


def _tunnelled(hop: Hop) -> bool:
    return hop.spread("proxy") is not None


def _mark(name: str) -> Variable:
    return lambda account: float(getattr(account.times.marks, name))


def _rate(count: Callable[[Account], int]) -> Variable:
    """Bytes a second over the whole transfer."""
    return lambda account: int(count(account) / account.times.total) if account.times.total > 0 else 0


def _chain(account: Account) -> tuple[str, ...]:
    """A line for each certificate that the peer showed."""
    return account.final.hop.handshake.chain if account.final.hop.handshake is not None else ()


def _rejected(*, by_proxy: bool) -> Variable:
    """1 where the certificate of the server, or that of the proxy, was the end of it."""

    def variable(account: Account) -> Value:
        error = account.error
        if not isinstance(error, CertificateRejected):
            return 0
        host, port = _part(account.url_effective, "host"), _part(account.url_effective, "port")
        return int((error.peer.removesuffix(f":{port}").strip("[]") != host) is by_proxy)

    return variable


VARIABLES: dict[str, Variable] = {
    "certs": lambda account: "\n".join(_chain(account)),
    "conn_id": lambda account: account.final.hop.conn,
    "content_type": lambda account: _field(account, b"content-type"),
    "errormsg": lambda account: str(account.error) if account.error is not None else None,
    "exitcode": lambda account: int(account.error.exit_status) if account.error is not None else 0,
    "filename_effective": lambda account: account.kept.path if account.kept is not None else None,
    "http_code": _status,
    "http_connect": lambda account: 200 if any(_tunnelled(entry.hop) for entry in account.chain) else 0,
    "http_version": lambda account: account.head.version if account.head is not None else "0",
    "local_ip": _opened("local_address", ""),
    "local_port": _opened("local_port", 0),
    "method": lambda account: account.final.hop.asked.method if account.final.hop.asked is not None else "",
    "num_certs": lambda account: len(_chain(account)),
    "num_connects": _count(lambda hop: hop.opened is not None and not hop.reused),
    "num_headers": lambda account: len(account.head.fields) if account.head is not None else 0,
    "num_redirects": _count(lambda hop: hop.asked is not None and hop.asked.cause == "redirect"),
    "num_retries": lambda account: len(account.retries),
    "proxy_ssl_verify_result": _rejected(by_proxy=True),
    "proxy_used": lambda account: int(account.final.facts.proxied or _tunnelled(account.final.hop)),
    "redirect_url": _redirect_url,
    "referer": _referer,
    "remote_ip": _opened("peer_address", ""),
    "remote_port": _opened("peer_port", 0),
    "response_code": _status,
    "scheme": lambda account: _part(account.url_effective, "scheme"),
    "size_delivered": lambda account: account.final.facts.body_bytes or 0,
    "size_download": lambda account: account.wire_bytes,
    "size_header": lambda account: sum(map(received_head_bytes, account.chain)),
    "size_request": lambda account: sum(map(sent_head_bytes, account.chain)),
    "size_upload": _uploaded,
    "speed_download": _rate(lambda account: account.wire_bytes),
    "speed_upload": _rate(_uploaded),
    "ssl_verify_result": _rejected(by_proxy=False),
    "time_appconnect": _mark("appconnect"),
    "time_connect": _mark("connect"),
    "time_namelookup": _mark("namelookup"),
    "time_posttransfer": _mark("posttransfer"),
    "time_pretransfer": _mark("pretransfer"),
    "time_queue": _mark("queue"),
    "time_redirect": lambda account: account.times.redirect,
    "time_starttransfer": _mark("starttransfer"),
    "time_total": lambda account: account.times.total,
    "url": lambda account: account.url,
    "url_effective": lambda account: account.url_effective,
    "urlnum": lambda account: account.transfer - 1,
    "xfer_id": lambda account: account.transfer - 1,
}
