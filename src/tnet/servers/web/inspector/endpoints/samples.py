"""Small documents of the usual kinds."""

# ruff: noqa: RUF001
# Letters that look like others are what it is for.

from __future__ import annotations

import base64
import binascii
import html
from uuid import uuid4

from tnet.servers.web import pages
from tnet.servers.web.bodies import Refusal
from tnet.servers.web.inspector.endpoints.call import Answer, Call, as_json

XML = b"application/xml; charset=utf-8"
MOST_LINKS = 200

_STATIONS = [
    {"name": "Kaliningrad", "platforms": 4, "open": True, "height": 4.5},
    {"name": "Zürich HB", "platforms": 26, "open": True, "height": 408.0},
    {"name": "Łódź Fabryczna", "platforms": 4, "open": False, "height": None},
]
_XML = """<?xml version="1.0" encoding="UTF-8"?>
<!-- three stations -->
<stations line="tnet">
  <station platforms="4" open="true">Kaliningrad</station>
  <station platforms="26" open="true">Zürich HB</station>
  <station platforms="4" open="false">Łódź Fabryczna</station>
</stations>
"""
_HTML = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>A page to fetch</title></head>
<body>
<h1>A page to fetch</h1>
<p>Two paragraphs and a list, with an &amp;, an &eacute; and a &lt;.</p>
<p>Nothing here loads anything else.</p>
<ul><li>one</li><li>two</li><li>three</li></ul>
</body></html>
"""
_UTF8 = """UTF-8, one script a line

Latin      Voix ambiguë d'un cœur · Fußgängerübergänge · Żółć · Þjóðvegur
Greek      Το πρώτο φως της ημέρας
Cyrillic   Съешь ещё этих булок
Hebrew     שלום עולם
Arabic     مرحبا بالعالم
Devanagari नमस्ते दुनिया
Thai       สวัสดีชาวโลก
Japanese   こんにちは世界、カタカナ
Korean     안녕 세상
Chinese    你好,世界
Symbols    ∀x∈ℝ: ⌈x⌉ = −⌊−x⌋ · ∮E·da = Q · ⠞⠝⠑⠞ · ─│┌┐└┘
Beyond     🛰 𝕋ℕ𝔼𝕋 👩‍🔬 e\u0301 ≠ é
"""


def json_sample(call: Call) -> Answer:
    """JSON with one of each kind of value."""
    return as_json({"line": "tnet", "stations": _STATIONS})


def xml_sample(call: Call) -> Answer:
    """XML."""
    return Answer(_XML.encode(), XML)


def html_sample(call: Call) -> Answer:
    """A page."""
    return Answer(_HTML.encode(), pages.HTML)


def utf8_sample(call: Call) -> Answer:
    """Text in many scripts."""
    return Answer(_UTF8.encode(), pages.TEXT)


def uuid(call: Call) -> Answer:
    """A random UUID."""
    return as_json({"uuid": str(uuid4())})


def decoded(call: Call) -> Answer:
    """The text that the path holds as base64, of either alphabet.

    Raises: Refusal, 400.
    """
    text = call.names["text"].replace("+", "-").replace("/", "_")
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, "this is no base64") from None
    return Answer(found, pages.TEXT)


def links(call: Call) -> Answer:
    """A page with as many links to pages like itself.

    Raises: Refusal, 400.
    """
    count = call.count("n", 1, MOST_LINKS)
    if "at" not in call.names:
        return Answer(status=302, fields=((b"Location", b"%d/0" % count),))
    here = call.count("at", 0, count - 1)
    shown = " ".join(html.escape(str(to)) if to == here else f'<a href="{to}">{to}</a>' for to in range(count))
    return Answer(f"<!DOCTYPE html>\n<title>Links</title>\n<p>{shown}</p>\n".encode(), pages.HTML)
