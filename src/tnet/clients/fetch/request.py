"""One request as a value, and the head that asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tnet import __version__
from tnet.errors import BadUsage
from tnet.net.resolve import ascii_name, literal_family
from tnet.plans.fetch import Body, FetchPlan
from tnet.plans.urls import DEFAULT_PORTS, Url, parse_url
from tnet.protocols.http1.encoding import request_head
from tnet.protocols.masks import mask_url, mask_value

Headers = tuple[tuple[str, str], ...]

_FRAMING = frozenset({"content-length", "transfer-encoding"})
_EXPECT_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask for at one URL; `headers` are those of the user, `unset` the default ones that stay away.

    A `stray` one has been led to another origin: no secret goes with it any more, wherever it leads.
    """

    method: str
    url: Url
    headers: Headers = field(default=(), repr=False)
    unset: tuple[str, ...] = ()
    body: Body | None = None
    stray: bool = False

    def value(self, name: str) -> str | None:
        """The value of the first header called `name` (in lower case)."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def adding(self, *headers: tuple[str, str]) -> Request:
        """This request with more headers; those that it has already, or leaves out on purpose, stay as they are."""
        known = {name.lower() for name, _ in self.headers} | {name.lower() for name in self.unset}
        return replace(self, headers=self.headers + tuple(each for each in headers if each[0].lower() not in known))


def first_request(plan: FetchPlan, url: str) -> Request:
    """What the plan asks for at `url`, before any redirect.

    Raises: BadUsage for a URL that cannot be fetched and for headers that frame the body: that is our work.
    """
    for name, _ in plan.headers:
        if name.lower() in _FRAMING:
            raise BadUsage("header", f"{name} follows from the body and cannot be given")
    return Request(plan.method, parse_url(url), plan.headers, plan.unset, plan.body)


def mask_request(request: Request) -> Request:
    """A request as it may be shown, but for its body."""
    headers = tuple((name, mask_value(name, value)) for name, value in request.headers)
    return replace(request, url=replace(request.url, target=mask_url(request.url.target)), headers=headers)


def fields_of(request: Request, *, length: int | None) -> tuple[tuple[bytes, bytes], ...]:
    """All header fields, `Host` and those that frame the body included, as HTTP/1.1 sends them.

    `length` of the body is None when only its end will tell, and ignored without a body.

    Raises: NameNotResolved for a host that is no name.
    """
    given = {name.lower() for name, _ in request.headers} | {name.lower() for name in request.unset}
    defaults = [pair for pair in _defaults(request.url) if pair[0].lower() not in given]
    fields = (*defaults, *request.headers, *_framing(request, length))
    return tuple((_bytes(name), _bytes(value)) for name, value in fields)


def encoded(request: Request, *, length: int | None, absolute: bool = False) -> bytes:
    """The head of `request` as HTTP/1.1; `absolute` names the whole URL, as a proxy wants it.

    Raises: BadUsage for what could be read as more than one request; NameNotResolved for a host that is no name.
    """
    url = request.url
    target = f"{url.scheme}://{host_field(url)}{url.target}" if absolute else url.target
    return request_head(_bytes(request.method), _bytes(target), fields_of(request, length=length))


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
    )


def _framing(request: Request, length: int | None) -> Headers:
    if request.body is None:
        return (("Content-Length", "0"),) if request.method in _EXPECT_BODY else ()
    coded = request.body.deflate and request.value("content-encoding") is None
    coding: Headers = (("Content-Encoding", "deflate"),) if coded else ()
    return (*coding, ("Transfer-Encoding", "chunked") if length is None else ("Content-Length", str(length)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
