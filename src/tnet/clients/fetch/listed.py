"""URLs that a file lists: one a line, with empty lines and comments between them."""

from __future__ import annotations

import re
from contextlib import closing

from tnet.clients.fetch.outgoing import open_body
from tnet.errors import BadUsage
from tnet.net.context import Context
from tnet.plans.fetch import Body
from tnet.plans.urls import parse_url

FILE_BYTES = 16 << 20

_FIELD = "--input-file"
_COMMENT = re.compile(r"(?:^|\s)#.*")


async def listed_urls(path: str, context: Context) -> tuple[str, ...]:
    """The URLs in the file at `path`; `-` is standard input. What is behind white space and a `#` is a comment.

    Raises: CannotRead; BadUsage, naming the line, for what is no URL, and for a file without one.
    """
    text = (await _read(path, context)).decode("utf-8", "surrogateescape")
    lines = [(number, _bare(line)) for number, line in enumerate(text.split("\n"), 1)]
    urls = tuple(_url(line, f"{_FIELD}, line {number}") for number, line in lines if line)
    if not urls:
        raise BadUsage(_FIELD, f"{path} names no URL")
    return urls


def _url(line: str, field: str) -> str:
    url = parse_url(line, field=field)
    if url.userinfo:
        raise BadUsage(field, "a list of URLs is no place for a login", "-a logs in at all of them, --netrc at each")
    return str(url)


def _bare(line: str) -> str:
    return _COMMENT.sub("", line).strip()


async def _read(path: str, context: Context) -> bytes:
    body = await open_body(Body(path=path), context)
    data = b""
    with closing(body):
        while piece := await body.read():
            data += piece
            if len(data) > FILE_BYTES:
                raise BadUsage(_FIELD, f"{path} is longer than {FILE_BYTES} bytes")
    return data
