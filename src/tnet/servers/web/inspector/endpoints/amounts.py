"""So many bytes: by chance or the same every time, at once or in pieces, whole or in part."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.conditions import Validators, precondition
from tnet.servers.web.files.ranges import Unsatisfiable, wanted_range
from tnet.servers.web.inspector.endpoints.call import Answer, Call, Fields
from tnet.servers.web.inspector.endpoints.paced import Paced, stream

MOST_BYTES = 100 << 20
MOST_RANGED_BYTES = 1 << 20
BYTES = b"application/octet-stream"

_PIECE_BYTES = 16 * 1024
_LETTERS = b"abcdefghijklmnopqrstuvwxyz"


async def some(call: Call) -> None:
    """So many bytes, with their number told; the same ones for the same `seed`.

    Raises: Refusal, 400.
    """
    count = call.count("n", 0, MOST_BYTES)
    await stream(call, Answer(media=BYTES), _random(call, count, _PIECE_BYTES), count)


async def in_pieces(call: Call) -> None:
    """So many bytes without their number told, in pieces of `chunk_size`.

    Raises: Refusal, 400.
    """
    count, size = call.count("n", 0, MOST_BYTES), call.count("chunk_size", 1, 1 << 20, _PIECE_BYTES)
    if size * 1000 < count:
        raise Refusal(400, "at most 1000 chunks")
    await stream(call, Answer(media=BYTES), _random(call, count, size))


async def ranged(call: Call) -> Answer | None:
    """So many letters, of which a part can be asked for; over `duration` seconds, if that is said.

    Raises: Refusal, 400; 416.
    """
    count = call.count("n", 0, MOST_RANGED_BYTES)
    duration = call.seconds("duration", 60, 0)
    validators, field = Validators(b'"range%d"' % count, 0), call.request.getHeader
    told: Fields = ((b"ETag", validators.etag), (b"Accept-Ranges", b"bytes"))
    decided = precondition(call.request.method, field, validators)
    if decided is not None:
        return Answer(status=decided, fields=told)
    try:
        part = wanted_range(field, validators, count) if call.request.method == b"GET" else None
    except Unsatisfiable:
        raise Refusal(416, "", {b"Content-Range": b"bytes */%d" % count}) from None
    body = (_LETTERS * (count // len(_LETTERS) + 1))[:count]
    status = 200
    if part is not None:
        first, last = part
        body, status = body[first : last + 1], 206
        told = (*told, (b"Content-Range", b"bytes %d-%d/%d" % (first, last, count)))
    answer = Answer(body, BYTES, status, told)
    if not duration or call.is_head:
        return answer
    await _slowly(call, answer, duration)
    return None


async def _slowly(call: Call, answer: Answer, duration: float) -> None:
    size = call.count("chunk_size", 1, 1 << 20, max(1, len(answer.body) // 10))
    pieces = [answer.body[at : at + size] for at in range(0, len(answer.body), size)]
    paced = Paced(call, answer, len(answer.body))
    for piece in pieces:
        await call.wait(duration / len(pieces))
        await paced.write(piece)
    paced.finish()


def _random(call: Call, count: int, size: int) -> Iterator[bytes]:
    source = random.Random(call.query("seed") or None)  # noqa: S311 (they are no secret)
    for at in range(0, count, size):
        yield source.randbytes(min(size, count - at))
