"""The fields that a proxy passes on, in both directions, and those that it adds.

What a client says about who it is and where it comes from is replaced, not added to: no proxy stands in front of us
that could be trusted to have checked it.

Source: RFC 9110 section 7.6.1 for the fields of one hop, section 7.6.3 for Via; RFC 7239 for Forwarded; RFC 6265.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twisted.web.http_headers import Headers

from tnet.protocols.http1.fields import tokens
from tnet.protocols.http1.responses import ResponseHead
from tnet.servers.web.proxying.places import Places

Pairs = list[tuple[bytes, bytes]]

_OF_ONE_HOP = {
    *(b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization"),
    *(b"proxy-authentication-info", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings"),
}
_MADE_ANEW = {
    *(b"host", b"content-length", b"expect", b"forwarded", b"remote-user", b"x-remote-user"),
    *(b"x-real-ip", b"x-client-ip", b"x-cluster-client-ip", b"client-ip", b"true-client-ip", b"cf-connecting-ip"),
}
_TOLD = b"x-forwarded-"
_PLACES = {b"location", b"content-location"}
# HTTP over another connection within this one would pass by everything that we check.
_NEVER_UPGRADED_TO = (b"h2c", b"http/", b"tls/")


@dataclass(frozen=True, slots=True)
class Client:
    """Whom a request comes from, as the upstream is told; `user` is who is logged in here."""

    host: str | None
    scheme: bytes
    authority: bytes | None
    version: bytes
    user: str | None = None


def request_fields(given: Headers, client: Client, authority: bytes, via: bytes) -> Pairs:
    """What is passed on of a request's fields, and what is told about its client; framing is added by whoever sends.

    A login that was meant for us stays here.
    """
    dropped = _OF_ONE_HOP | _MADE_ANEW | _named(given.getRawHeaders(b"connection", []))
    if client.user is not None:
        dropped |= {b"authorization"}
    pairs = [(b"Host", authority)]
    for name, values in given.getAllRawHeaders():
        # CGI and its heirs take both spellings for the same.
        key = name.lower().replace(b"_", b"-")
        if key not in dropped and not key.startswith(_TOLD):
            pairs += [(name, value) for value in values]
    return [*pairs, (b"Via", b"%b %b" % (client.version, via)), *_told(client)]


def upgrade_of(given: Headers) -> bytes:
    """The protocols that a client asks to go over to, where a tunnel may carry them."""
    if b"upgrade" not in tokens(b",".join(given.getRawHeaders(b"connection", []))):
        return b""
    asked = b",".join(given.getRawHeaders(b"upgrade", []))
    members = [member.strip() for member in asked.split(b",") if member.strip()]
    return b", ".join(member for member in members if not member.lower().startswith(_NEVER_UPGRADED_TO))


def response_fields(head: ResponseHead, places: Places, via: bytes) -> Headers:
    """What is passed on of a response's fields, with references to the upstream as they are reached here."""
    dropped = _OF_ONE_HOP | {b"content-length"} | _named(head.values(b"connection"))
    made = Headers()
    for name, value in head.fields:
        key = name.lower()
        if key in _PLACES:
            value = places.here(value)
        elif key == b"set-cookie":
            value = _cookie(value, places)
        if key not in dropped:
            made.addRawHeader(name, value)
    if head.length is not None:
        made.setRawHeaders(b"Content-Length", [b"%d" % head.length])
    made.addRawHeader(b"Via", b"%b %b" % (head.version.encode("ascii"), via))
    return made


def _named(values: Iterable[bytes]) -> set[bytes]:
    """The fields that Connection names."""
    return {token for value in values for token in tokens(value)}


def _told(client: Client) -> Pairs:
    host = client.host or "unknown"
    quoted = f'"[{host}]"' if ":" in host else host
    pairs = [(b"X-Forwarded-For", host.encode("ascii")), (b"X-Forwarded-Proto", client.scheme)]
    forwarded = b"for=%b;proto=%b" % (quoted.encode("ascii"), client.scheme)
    if client.authority:
        pairs.append((b"X-Forwarded-Host", client.authority))
        forwarded += b';host="%b"' % client.authority
    if client.user is not None:
        pairs.append((b"X-Forwarded-User", client.user.encode("utf-8")))
    return [*pairs, (b"Forwarded", forwarded)]


def _cookie(value: bytes, places: Places) -> bytes:
    first, *attributes = value.split(b";")
    kept = [first]
    for attribute in attributes:
        name, _, setting = attribute.partition(b"=")
        match name.strip().lower():
            case b"path" if setting.strip().startswith(b"/"):
                kept.append(b" Path=" + places.cookie_path(setting.strip()))
            case b"domain" if places.is_upstream(setting.strip()):
                pass
            case _:
                kept.append(attribute)
    return b";".join(kept)
