"""Any status, and ways that lead elsewhere, but never to another host."""

from __future__ import annotations

import json
import random
from urllib.parse import urlsplit

from tnet.protocols.http1.fields import is_field_value, is_token
from tnet.servers.web import pages
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.inspector.endpoints.call import Answer, Call, Fields
from tnet.servers.web.inspector.endpoints.echoes import url

MOST_REDIRECTS = 100

_WHERE = b"../get"
_WITH_STATUS: dict[int, Fields] = {
    401: ((b"WWW-Authenticate", b'Basic realm="tnet"'),),
    405: ((b"Allow", b"GET, HEAD"),),
    407: ((b"Proxy-Authenticate", b'Basic realm="tnet"'),),
    416: ((b"Content-Range", b"bytes */0"),),
    426: ((b"Upgrade", b"tnet"),),
    503: ((b"Retry-After", b"1"),),
}
# What frames a response or speaks of the connection, and what a browser would remember of the whole site.
_NOT_YOURS = frozenset(
    b"alt-svc clear-site-data connection content-encoding content-length content-range content-security-policy date "
    b"keep-alive nel public-key-pins refresh report-to reporting-endpoints server service-worker-allowed set-cookie "
    b"sourcemap strict-transport-security te trailer transfer-encoding upgrade x-content-type-options".split()
)


def status(call: Call) -> Answer:
    """The status in the path; of several, each with a weight if it is wanted, one by chance: `200:9,503:1`.

    Raises: Refusal, 400.
    """
    choices, weights = zip(*map(_choice, call.names["codes"].split(",")), strict=True)
    (chosen,) = random.choices(choices, weights) if sum(weights) else choices[:1]  # noqa: S311
    if 300 <= chosen < 400 and chosen != 304:
        return Answer(status=chosen, media=pages.TEXT, fields=((b"Location", _WHERE),))
    body = f"{chosen} {pages.phrase(chosen)}\n".encode()
    return Answer(body, pages.TEXT, chosen, _WITH_STATUS.get(chosen, ()))


def redirect(call: Call) -> Answer:
    """As many redirects as the path says, in the end to /get; relative ones, or with `absolute=true` whole URLs."""
    kind = "absolute" if call.query("absolute").lower() == "true" else "relative"
    return _towards(call, kind)


def relative_redirect(call: Call) -> Answer:
    """The same with paths alone."""
    return _towards(call, "relative")


def absolute_redirect(call: Call) -> Answer:
    """The same with whole URLs."""
    return _towards(call, "absolute")


def redirect_to(call: Call) -> Answer:
    """Wherever `url` says on this server, with the status that `status_code` says.

    Raises: Refusal, 400; 403 for another host, as nobody should be led there by a link to us.
    """
    code = call.count("status_code", 300, 399, 302)
    target = call.query("url")
    _judge_target(call, target)
    return Answer(status=code, media=pages.TEXT, fields=((b"Location", target.encode("ascii")),))


def response_headers(call: Call) -> Answer:
    """The header fields that the query asks for, and the same as JSON.

    Raises: Refusal, 400; 403 for those that frame the response or outlast it.
    """
    fields = []
    for name, values in call.request.args.items():
        if not is_token(name) or not all(map(is_field_value, values)):
            raise Refusal(400, "what is asked for cannot stand in a header field")
        if name.lower() in _NOT_YOURS or name.lower().startswith((b"access-control-", b"proxy-", b"sec-")):
            raise Refusal(403, f"{name.decode('ascii')} is not yours to set: it frames the response, or outlasts it")
        fields += [(name, value.strip(b" \t")) for value in values]
    shown: dict[str, list[str]] = {}
    for name, value in (*fields, (b"Content-Type", pages.JSON)):
        shown.setdefault(name.decode("ascii"), []).append(value.decode("latin-1"))
    found = {name: values[0] if len(values) == 1 else values for name, values in shown.items()}
    return Answer(json.dumps(found, indent=2).encode() + b"\n", fields=tuple(fields))


def _choice(text: str) -> tuple[int, float]:
    code, _, weight = text.strip().partition(":")
    if not (code.isascii() and code.isdigit() and 200 <= int(code[:9]) <= 599):
        raise Refusal(400, f"{code[:20]!r} is no status from 200 to 599")
    if weight and not (weight.isascii() and weight.replace(".", "", 1).isdigit() and len(weight) <= 9):
        raise Refusal(400, f"{weight[:20]!r} is no weight")
    return int(code), float(weight or 1)


def _towards(call: Call, kind: str) -> Answer:
    left = call.count("times", 1, MOST_REDIRECTS) - 1
    if kind == "relative":
        target = f"../{kind}-redirect/{left}" if left else "../get"
    else:
        here = url(call).partition("?")[0].rpartition("/")[0].rpartition("/")[0]
        target = f"{here}/{kind}-redirect/{left}" if left else f"{here}/get"
    return Answer(status=302, media=pages.TEXT, fields=((b"Location", target.encode("latin-1")),))


def _judge_target(call: Call, target: str) -> None:
    if not target or not target.isascii() or not target.isprintable() or " " in target:
        raise Refusal(400, "url is where to go to, percent-encoded")
    try:
        to, here = urlsplit(target), urlsplit(url(call))
    except ValueError:
        raise Refusal(400, "url is no URL") from None
    elsewhere = to.scheme or to.netloc or target.startswith("//")
    if "\\" in target or (elsewhere and (to.scheme or here.scheme, to.netloc) != (here.scheme, here.netloc)):
        raise Refusal(403, "this leads to places on this server alone: it is no open redirect")
