"""The fields of a form, for resources that read `request.args`.

Source: the WHATWG URL standard, section 5.1: `&` separates, `;` is data (CVE-2021-23336); RFC 7578.
"""

from __future__ import annotations

from typing import IO
from urllib.parse import unquote_to_bytes

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser, parse_options_header

from tnet.servers.web.bodies import Refusal

MAX_FIELDS = 10_000
_PIECE_BYTES = 64 * 1024


def parse_urlencoded(data: bytes) -> dict[bytes, list[bytes]]:
    """The fields of a query or of an urlencoded body, in order.

    Raises: Refusal, for more than 10 000 fields.
    """
    if data.count(b"&") >= MAX_FIELDS:
        raise Refusal(413, "too many form fields")
    found: dict[bytes, list[bytes]] = {}
    for pair in data.split(b"&"):
        if pair:
            name, _, value = pair.replace(b"+", b" ").partition(b"=")
            found.setdefault(unquote_to_bytes(name), []).append(unquote_to_bytes(value))
    return found


def boundary_of(content_type: bytes) -> str:
    """The boundary of a multipart/form-data body.

    Raises: Refusal.
    """
    media, options = parse_options_header(content_type.decode("latin-1"))
    if media.lower() != "multipart/form-data" or not options.get("boundary"):
        raise Refusal(415, "multipart/form-data with a boundary is needed")
    return str(options["boundary"])


def parse_multipart(body: IO[bytes], content_type: bytes) -> dict[bytes, list[bytes]]:
    """The fields of a multipart body, files as their content.

    Raises: Refusal.
    """
    found: dict[bytes, list[bytes]] = {}
    name, value = b"", bytearray()
    try:
        with PushMultipartParser(boundary_of(content_type), max_segment_count=MAX_FIELDS) as parser:
            while not parser.closed:
                for event in parser.parse(body.read(_PIECE_BYTES)):
                    if isinstance(event, MultipartSegment):
                        name, value = (event.name or "").encode(), bytearray()
                    elif event is not None:
                        value += event
                    else:
                        found.setdefault(name, []).append(bytes(value))
    except MultipartError as error:
        raise malformed(error) from error
    return found


def malformed(error: MultipartError) -> Refusal:
    """The answer to a multipart body that cannot be read."""
    if isinstance(error, ParserLimitReached):
        return Refusal(413, f"the form is too large: {error.args[0]}")
    return Refusal(400, f"malformed multipart body: {error.args[0]}")
