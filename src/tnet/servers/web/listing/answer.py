"""A page or a list as a response: in the form that is wanted, compressed, and validated so that a reload is cheap."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from tnet.servers.web import pages
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.conditions import Validators, precondition
from tnet.servers.web.files.encodings import acceptable
from tnet.servers.web.request import WebRequest

_FORMS = {b"html": pages.HTML, b"json": pages.JSON, b"text": pages.TEXT}
_TERMINALS = (b"curl/", b"tnet/", b"Wget/")
_WORTH_COMPRESSING = 1024
_LEVEL = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """The form that a request asks for: pages.HTML, JSON or TEXT, and by what it could have become another."""

    form: bytes
    vary: bytes
    coding: bytes = b""

    @classmethod
    def of(cls, request: WebRequest) -> Wanted:
        """By `?format=`, or else by Accept: a page, unless it is a terminal that takes anything.

        Raises: Refusal, 400 for a format that is none.
        """
        coding = b"gzip" if b"gzip" in acceptable(request.getHeader(b"accept-encoding") or b"") else b""
        if said := request.args.get(b"format"):
            if said[0] not in _FORMS:
                raise Refusal(400, "the formats are html, json and text")
            return cls(_FORMS[said[0]], b"Accept-Encoding", coding)
        accept = (request.getHeader(b"accept") or b"*/*").strip()
        form = pages.preferred(accept)
        if accept == b"*/*" and not (request.getHeader(b"user-agent") or b"").startswith(_TERMINALS):
            form = pages.HTML
        return cls(form, b"Accept, Accept-Encoding, User-Agent", coding)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response body with the fields that describe it."""

    body: bytes
    fields: Mapping[bytes, bytes]
    etag: bytes
    vary: bytes

    @classmethod
    def made(cls, wanted: Wanted, body: bytes, fields: Mapping[bytes, bytes]) -> Answer:
        """The answer in the coding that is wanted; this takes a while for a long one."""
        etag = b'W/"%b"' % blake2b(body, digest_size=12).hexdigest().encode()
        if wanted.coding and len(body) >= _WORTH_COMPRESSING:
            body, fields = gzip.compress(body, _LEVEL, mtime=0), {**fields, b"Content-Encoding": wanted.coding}
        return cls(body, {**fields, b"Content-Type": wanted.form}, etag, wanted.vary)

    def give(self, request: WebRequest) -> None:
        """Send it, unless the client has it already.

        Raises: Refusal.
        """
        request.setHeader(b"Cache-Control", b"no-cache")
        request.setHeader(b"ETag", self.etag)
        request.setHeader(b"Vary", self.vary)
        status = precondition(request.method, lambda name: _tags(request, name), Validators(self.etag, 0))
        if status == 412:
            raise Refusal(412)
        if status == 304:
            request.setResponseCode(304)
            request.finish()
            return
        for name, value in self.fields.items():
            request.setHeader(name, value)
        request.setHeader(b"Content-Length", b"%d" % len(self.body))
        request.write(self.body)
        request.finish()


def _tags(request: WebRequest, name: bytes) -> bytes | None:
    """A field of the request that is about ETags; a listing has no date that a condition could be about."""
    return request.field(name) if name in (b"if-match", b"if-none-match") else None
