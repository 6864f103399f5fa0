"""One request as a value, and the head that asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tnet import __version__
from tnet.errors import BadUsage
from tnet.net.resolve import ascii_name, literal_family
from tnet.plans.fetch import Body, FetchPlan
from tnet.plans.urls import DEFAULT_PORTS, Url, parse_url
from tnet.protocols.http1.encoding import request_head

Headers = tuple[tuple[str, str], ...]

_FRAMING = frozenset({"content-length", "transfer-encoding"})
_EXPECT_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask for at one URL; `headers` are those of the user, `unset` the default ones that stay away."""

    method: str
    url: Url
    headers: Headers = field(default=(), repr=False)
    unset: tuple[str, ...] = ()
    body: Body | None = None


def first_request(plan: FetchPlan) -> Request:
    """What the plan asks for, before any redirect.

    Raises: BadUsage for a URL that cannot be fetched and for headers that frame the body: that is our work.
    """
    for name, _ in plan.headers:
        if name.lower() in _FRAMING:
            raise BadUsage("header", f"{name} follows from the body and cannot be given")
    method = "HEAD" if plan.head_only else plan.method
    return Request(method, parse_url(plan.url), plan.headers, plan.unset, plan.body)


def encoded(request: Request, *, length: int | None) -> bytes:
    """The head of `request`; `length` of its body is None when only its end will tell, and ignored without a body.

    Raises: BadUsage for what could be read as more than one request; NameNotResolved for a host that is no name.
    """
    given = {name.lower() for name, _ in request.headers} | {name.lower() for name in request.unset}
    headers = [pair for pair in _defaults(request.url) if pair[0].lower() not in given]
    fields = [*headers, *request.headers, *_framing(request, length)]
    return request_head(
        _bytes(request.method),
        _bytes(request.url.target),
        [(_bytes(name), _bytes(value)) for name, value in fields],
    )


def host_field(url: Url) -> str:
    """The Host header for `url`: an ASCII name, no zone, no default port.

    Source: RFC 9110 section 7.2; RFC 6874 section 1 for the zone, which means something to this machine alone.
    """
    version = literal_family(url.host)
    host = f"[{url.host.partition('%')[0]}]" if version == 6 else url.host if version else ascii_name(url.host)
    return host if url.port == DEFAULT_PORTS[url.scheme] else f"{host}:{url.port}"


def _defaults(url: Url) -> Headers:
    return (
        ("Host", host_field(url)),
        ("User-Agent", f"tnet/{__version__}"),
        ("Accept", "*/*"),
        ("Connection", "close"),
    )


def _framing(request: Request, length: int | None) -> Headers:
    if request.body is None:
        return (("Content-Length", "0"),) if request.method in _EXPECT_BODY else ()
    return (("Transfer-Encoding", "chunked"),) if length is None else (("Content-Length", str(length)),)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
