"""One small picture, a white square on a blue one, in the usual formats."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode
from functools import cache

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.inspector.endpoints.call import Answer, Call

SIDE = 16

_BLUE, _WHITE = b"\x0b\x62\xc4", b"\xff\xff\xff"
_JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8yb"
    "qmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKT/wAARCAAQ"
    "ABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAH/xAAcEAABAwUAAAAAAAAAAAAAAAARBRNhABIUI0L/xAAUAQEAAAAAAAAAAAAAAA"
    "AAAAAE/8QAFxEAAwEAAAAAAAAAAAAAAAAAABIiYf/aAAwDAQACEQMRAD8Aicn5zm1uwckkzFFFPwW9rl55AAmaJyhguanLx0ADE0UVDOb1N2Ho"
    "kiIp1vgSV0//2Q=="
)
_WEBP = (
    "UklGRlYAAABXRUJQVlA4IEoAAADwAQCdASoQABAABABoJbACdLoAfiAFQIAA/Ql/26d/9uDl//bD/9danhH8qUo73y31dO2C1/oRrff/f8Ib/m"
    "kQ/vsZ2SZnETYAAA=="
)
_SVG = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIDE}" height="{SIDE}" viewBox="0 0 16 16">'
    '<path fill="#0b62c4" d="M0 0h16v16H0z"/><path fill="#fff" d="M4 4h8v8H4z"/></svg>\n'
)


def image(call: Call) -> Answer:
    """The picture in the format that the path names.

    Raises: Refusal, 404.
    """
    found = _formats().get(call.names["kind"])
    if found is None:
        raise Refusal(404, f"the formats are {', '.join(_formats())}")
    return found


def preferred(call: Call) -> Answer:
    """The picture in the first of our formats that Accept names; PNG if it takes anything.

    Raises: Refusal, 406.
    """
    accept = (call.request.getHeader(b"accept") or b"*/*").lower()
    wanted = {member.partition(b";")[0].strip() for member in accept.split(b",")}
    for kind, found in _formats().items():
        if found.media in wanted:
            return _formats()[kind]
    if wanted & {b"*/*", b"image/*"}:
        return _formats()["png"]
    raise Refusal(406, f"the formats are {', '.join(_formats())}")


@cache
def _formats() -> dict[str, Answer]:
    return {
        "webp": Answer(b64decode(_WEBP), b"image/webp"),
        "svg": Answer(_SVG.encode(), b"image/svg+xml"),
        "jpeg": Answer(b64decode(_JPEG), b"image/jpeg"),
        "png": Answer(_png(), b"image/png"),
    }


def _png() -> bytes:
    """Source: PNG, third edition, section 5."""
    margin, inner = _BLUE * (SIDE // 4), _WHITE * (SIDE // 2)
    edge, middle = b"\0" + _BLUE * SIDE, b"\0" + margin + inner + margin
    rows = edge * (SIDE // 4) + middle * (SIDE // 2) + edge * (SIDE // 4)
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
