"""Which endpoint is where, and for which methods.

Shape: a pattern is segments; `{name}` stands for one that is not empty, and `{name...}` for all that are left, at least
one; both are told to the endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tnet.servers.web.inspector.endpoints import (
    amounts,
    caching,
    codings,
    cookies,
    echoes,
    events,
    images,
    logins,
    samples,
    statuses,
    waiting,
)
from tnet.servers.web.inspector.endpoints.call import Endpoint

READ = (b"GET", b"HEAD")
WRITE = (b"POST", b"PUT", b"PATCH", b"DELETE")
ANY = (*READ, *WRITE, b"OPTIONS")


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint, where a path of `segments` leads to; a `private` one tells what others asked."""

    segments: tuple[str, ...]
    methods: tuple[bytes, ...]
    endpoint: Endpoint
    private: bool = False

    @classmethod
    def at(cls, pattern: str, methods: tuple[bytes, ...], endpoint: Endpoint, *, private: bool = False) -> Route:
        """The route of a pattern."""
        return cls(tuple(pattern.split("/")), methods, endpoint, private)

    def names(self, path: Sequence[str]) -> dict[str, str] | None:
        """What `path` says, if it leads here."""
        segments: Sequence[str] = self.segments
        found = {}
        if segments[-1].endswith("...}") and len(path) >= len(segments):
            *segments, rest = segments
            found[rest[1:-4]] = "/".join(path[len(segments) :])
            path = path[: len(segments)]
        if len(path) != len(segments):
            return None
        for segment, part in zip(segments, path, strict=True):
            if segment.startswith("{") and part:
                found[segment[1:-1]] = part
            elif segment != part:
                return None
        return found


class Table:
    """The routes, by their first segment."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[str, list[Route]] = {}
        for route in routes:
            self._routes.setdefault(route.segments[0], []).append(route)

    def find(self, path: Sequence[str]) -> list[tuple[Route, Mapping[str, str]]]:
        """The routes that lead to `path`, whatever their methods, with what it tells each."""
        candidates = self._routes.get(path[0], ()) if path else ()
        return [(route, names) for route in candidates if (names := route.names(path)) is not None]


def endpoints() -> Iterable[Route]:
    """The routes that are open to everybody."""
    for pattern, endpoint in _readable().items():
        yield Route.at(pattern, READ, endpoint)
    for pattern, endpoint in _for_any_method().items():
        yield Route.at(pattern, ANY, endpoint)
    for method in WRITE:
        yield Route.at(method.decode("ascii").lower(), (method,), echoes.whole)


def _for_any_method() -> dict[str, Endpoint]:
    digest = logins.Digest().answer
    return {
        "anything": echoes.whole,
        "echo": echoes.whole,
        "raw": echoes.raw,
        "status/{codes}": statuses.status,
        "delay/{seconds}": waiting.delay,
        "redirect-to": statuses.redirect_to,
        "digest-auth/{qop}/{user}/{password}": digest,
        "digest-auth/{qop}/{user}/{password}/{algorithm}": digest,
    }


def _readable() -> dict[str, Endpoint]:
    return {
        "get": echoes.brief,
        "headers": echoes.headers,
        "ip": echoes.ip,
        "user-agent": echoes.user_agent,
        "drip": waiting.drip,
        "stream/{n}": waiting.lines,
        "bytes/{n}": amounts.some,
        "stream-bytes/{n}": amounts.in_pieces,
        "range/{n}": amounts.ranged,
        "redirect/{times}": statuses.redirect,
        "relative-redirect/{times}": statuses.relative_redirect,
        "absolute-redirect/{times}": statuses.absolute_redirect,
        "response-headers": statuses.response_headers,
        "basic-auth/{user}/{password}": logins.basic,
        "hidden-basic-auth/{user}/{password}": logins.hidden_basic,
        "bearer": logins.bearer,
        "cookies": cookies.shown,
        "cookies/set": cookies.put,
        "cookies/set/{name}/{value}": cookies.put,
        "cookies/delete": cookies.delete,
        "cache": caching.unchanged,
        "cache/{seconds}": caching.fresh,
        "etag/{etag}": caching.tagged,
        "gzip": codings.gzipped,
        "deflate": codings.deflated,
        "brotli": codings.brotlied,
        "zstd": codings.zstandard,
        "encoding/utf8": samples.utf8_sample,
        "base64/{text}": samples.decoded,
        "links/{n}": samples.links,
        "links/{n}/{at}": samples.links,
        "image": images.preferred,
        "image/{kind}": images.image,
        "json": samples.json_sample,
        "xml": samples.xml_sample,
        "html": samples.html_sample,
        "uuid": samples.uuid,
        "sse": events.events,
        "trailers": events.trailers,
    }
