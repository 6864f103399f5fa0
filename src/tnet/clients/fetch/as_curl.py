"""The curl command that asks for the same as a plan: what `--curl` prints.

Its User-Agent stays curl's own. What curl has no option for is refused when it would be another request without it,
and left out when it only concerns what tnet does with the answer.

Source: curl's manual.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

from tnet.clients.fetch.request import Request, mask_request
from tnet.errors import BadUsage
from tnet.net.resolve import ascii_name, literal_family
from tnet.plans.fetch import Body, FetchPlan, Part, Patience, Way
from tnet.plans.routes import Override
from tnet.plans.tls import TlsDialing
from tnet.plans.urls import Url
from tnet.protocols.masks import MASK, mask_value

MOST_ARGUMENT_BYTES = 1 << 16
EXPECT_BYTES = 1 << 20

_IMPLIED_LENGTH = frozenset({"POST", "PUT", "PATCH"})
_UNPRINTED = re.compile(rb"[^A-Za-z0-9 ,.:;=&{}\[\]\"_/]")
_GLOBS = frozenset("[]{}")


def as_curl(request: Request, plan: FetchPlan) -> str:
    """A line for a shell that sends `request`, with its headers all decided, the way `plan` wants it sent.

    Secrets are masked unless the plan shows them.

    Raises: BadUsage for what curl cannot do.
    """
    words = ["curl", *_asks(request), *_headers(request, plan), *_login(plan), *_body(request)]
    words += [*_way(plan.way, request.url, plan.showing.show_secrets), *_limits(plan, request.url), *_keeping(plan)]
    shown = request if plan.showing.show_secrets else mask_request(request)
    command = shlex.join([*words, *_place(shown.url)])
    data = request.body.data if request.body is not None and _is_piped(request.body) else b""
    return f"printf '{_octal(data)}' | {command}" if data else command


# ── the request ──


def _asks(request: Request) -> Iterator[str]:
    sends = request.body is not None or request.method in _IMPLIED_LENGTH
    if request.method == "HEAD" and not sends:
        yield "--head"
    elif request.method != ("POST" if sends else "GET"):
        yield from ("--request", request.method)


def _place(url: Url) -> Iterator[str]:
    if _GLOBS & set(str(url)):
        yield "--globoff"
    if "/." in url.target:
        yield "--path-as-is"
    yield str(url if literal_family(url.host) else replace(url, host=ascii_name(url.host)))


def _headers(request: Request, plan: FetchPlan) -> Iterator[str]:
    parts = request.body is not None and bool(request.body.parts)
    for name, value in request.headers:
        if not (parts and name.lower() == "content-type"):
            shown = value if plan.showing.show_secrets else mask_value(name, value)
            yield from ("--header", f"{name}: {shown}" if shown else f"{name};")
    for name in _absent(request):
        yield from ("--header", f"{name}:")
    if request.body is not None and (request.body.chunked or request.body.path == "-"):
        yield from ("--header", "Transfer-Encoding: chunked")


def _absent(request: Request) -> Iterator[str]:
    """The headers that curl would send and we do not."""
    yield from request.unset
    known = {name.lower() for name, _ in request.headers} | {name.lower() for name in request.unset}
    body = request.body
    if "content-type" not in known and (request.method in _IMPLIED_LENGTH if body is None else not body.parts):
        yield "Content-Type"
    if "expect" not in known and body is not None and (body.parts or body.path or len(body.data) > EXPECT_BYTES):
        yield "Expect"


def _login(plan: FetchPlan) -> Iterator[str]:
    """A login that only the server's challenge makes a header of; the others are headers already."""
    if plan.login.kind == "digest" and plan.login.user is not None:
        yield from ("--digest", *_user(plan.login.user, plan.login.password, plan.showing.show_secrets, "--user"))


def _user(user: str, password: str, shown: bool, option: str) -> tuple[str, str]:
    return option, f"{user}:{password if shown or not password else MASK}"


# ── the body ──


def _body(request: Request) -> Iterator[str]:
    body = request.body
    if body is None:
        if request.method in _IMPLIED_LENGTH:
            yield from ("--data-raw", "")
    elif body.deflate:
        raise BadUsage("--curl", "curl cannot compress what it sends")
    elif body.parts:
        for part in body.parts:
            yield from _part(part)
    elif body.path is not None:
        yield from ("--data-binary", f"@{body.path}")
    elif _is_piped(body):
        yield from ("--data-binary", "@-")
    else:
        yield from ("--data-raw", body.data.decode())


def _part(part: Part) -> Iterator[str]:
    if "=" in part.name or not part.name:
        raise BadUsage("--curl", f"curl cannot name a part {part.name!r}")
    if part.path is None and not (part.file_name or part.content_type):
        yield from ("--form-string", f"{part.name}={_text(part)}")
        return
    mark = "" if part.path is None else "<" if part.file_name is None else "@"
    content = f"{part.name}={mark}{_quoted(_text(part) if part.path is None else part.path)}"
    if part.file_name is not None:
        content += f";filename={_quoted(part.file_name)}"
    yield from ("--form", content + (f";type={part.content_type}" if part.content_type else ""))


def _text(part: Part) -> str:
    if b"\0" in part.data:
        raise BadUsage("--curl", f"the part {part.name!r} holds a NUL, and an argument cannot", "put it into a file")
    return part.data.decode("utf-8", "surrogateescape")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_piped(body: Body) -> bool:
    """Whether the bytes are such that they cannot well be an argument."""
    if body.path is not None or body.parts:
        return False
    try:
        text = body.data.decode()
    except UnicodeDecodeError:
        return True
    return len(body.data) > MOST_ARGUMENT_BYTES or not text.replace("\n", "").isprintable()


def _octal(data: bytes) -> str:
    return _UNPRINTED.sub(lambda match: b"\\%03o" % match.group()[0], data).decode("ascii")


# ── the way, and what is waited for ──


def _way(way: Way, url: Url, show_secrets: bool) -> Iterator[str]:
    if way.proxy is not None:
        yield from ("--proxy", str(way.proxy))
        if way.proxy.user is not None:
            yield from _user(way.proxy.user, way.proxy.password, show_secrets, "--proxy-user")
    exempt = "*" if way.direct else ",".join(way.no_proxy.patterns) if way.no_proxy is not None else ""
    yield from _option("--noproxy", exempt)
    yield from _option("--unix-socket", way.unix_socket)
    for override in way.overrides:
        yield from _override(override, url)
    yield from _option("--interface", way.source)
    if way.family is not None:
        yield f"--ipv{way.family}"
    if way.version is not None:
        yield "--http1.1" if way.version == "1.1" else "--http2" if url.scheme == "https" else "--http2-prior-knowledge"
    if url.scheme == "https":
        yield from _tls(way)


def _override(override: Override, url: Url) -> Iterator[str]:
    if override.addresses:
        addresses = ",".join(f"[{each}]" if ":" in each else each for each in override.addresses)
        yield from ("--resolve", f"{_bracketed(override.host) or '*'}:{override.port or url.port}:{addresses}")
    else:
        places = (override.host, override.port, override.to_host, override.to_port)
        yield from ("--connect-to", ":".join(_bracketed(str(place or "")) for place in places))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _tls(way: Way) -> Iterator[str]:
    tls = way.tls
    if tls.server_name is not None:
        raise BadUsage("--curl", "curl cannot ask for another server name than the URL's")
    if not tls.verify:
        yield "--insecure"
    yield from _option("--cacert", tls.ca_file)
    yield from _option("--cert", tls.certificate_file)
    yield from _option("--key", tls.key_file)
    yield from _option("--pinnedpubkey", ";".join(tls.pins))
    if tls.min_version != TlsDialing().min_version:
        yield f"--tlsv{tls.min_version}"


def _limits(plan: FetchPlan, url: Url) -> Iterator[str]:
    if plan.follow:
        yield from ("--location", "--max-redirs", str(plan.max_redirects))
        if url.scheme == "https" and not plan.downgrade:
            yield from ("--proto-redir", "=https")
    if plan.patience.connect_seconds != Patience().connect_seconds:
        yield from _seconds("--connect-timeout", plan.patience.connect_seconds)
    yield from _seconds("--max-time", plan.patience.total_seconds)
    if plan.retrying.times:
        yield from ("--retry", str(plan.retrying.times))
        yield from _seconds("--retry-max-time", plan.retrying.total_seconds)
    if plan.fail:
        yield "--fail"


def _keeping(plan: FetchPlan) -> Iterator[str]:
    if plan.compressed:
        yield "--compressed"
    if "h" in (plan.showing.parts or ""):
        yield "--include"
    yield from _option("--output", plan.keeping.path)
    if plan.keeping.remote_name:
        yield from ("--remote-name", "--remote-header-name")
    yield from _option("--output-dir", plan.keeping.folder)
    if plan.keeping.resume:
        yield from ("--continue-at", "-")
    if plan.keeping.most_bytes:
        yield from ("--max-filesize", str(plan.keeping.most_bytes))


def _option(name: str, value: str | None) -> tuple[str, ...]:
    return (name, value) if value else ()


def _seconds(name: str, seconds: float) -> tuple[str, ...]:
    return (name, f"{seconds:g}") if seconds else ()
