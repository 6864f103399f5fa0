"""What may be kept, and what tells that it has not changed."""

from __future__ import annotations

import re

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.conditions import Validators, precondition
from tnet.servers.web.inspector.endpoints.call import Answer, Call
from tnet.servers.web.inspector.endpoints.echoes import brief

_ETAG = re.compile(r"[\x21\x23-\x7e]{1,100}")
_MODIFIED = (1_000_000_000, b"Sun, 09 Sep 2001 01:46:40 GMT")


def unchanged(call: Call) -> Answer:
    """304 for every conditional request; else a request's echo with validators."""
    conditional = any(map(call.request.getHeader, (b"if-none-match", b"if-modified-since")))
    fields = ((b"ETag", b'"tnet"'), (b"Last-Modified", _MODIFIED[1]), (b"Cache-Control", b"no-cache"))
    return Answer(brief(call).body, status=304 if conditional else 200, fields=fields)


def fresh(call: Call) -> Answer:
    """What may be kept for so many seconds."""
    seconds = call.count("seconds", 0, 31_536_000)
    return Answer(brief(call).body, fields=((b"Cache-Control", b"public, max-age=%d" % seconds),))


def tagged(call: Call) -> Answer:
    """What has the ETag that the path says, and minds If-Match and If-None-Match.

    Raises: Refusal, 400.
    """
    tag = call.names["etag"]
    if not _ETAG.fullmatch(tag):
        raise Refusal(400, "no ETag can have these characters")
    validators = Validators(f'"{tag}"'.encode("ascii"), _MODIFIED[0])
    fields = ((b"ETag", validators.etag), (b"Cache-Control", b"no-cache"))
    status = precondition(call.request.method, call.request.getHeader, validators) or 200
    return Answer(brief(call).body if status == 200 else b"", status=status, fields=fields)
