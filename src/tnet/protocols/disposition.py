"""Names for files out of what a server says, safe to create in any folder.

Source: RFC 6266 sections 4 and 5 and appendix D; RFC 8187 section 3.2; CVE-2016-0754, CVE-2019-10751 for what a name
may do.
"""

from __future__ import annotations

import os.path
import re
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, unquote_to_bytes

from tnet.plans.urls import Url

NAME_BYTES = 240
"""How long a name may be: file systems take 255, and `-1` or `.part` is to fit beside it."""

_NAMELESS = "download"
_EXTENSION_BYTES = 32
_PARAMETER = re.compile(r'(?:^|;)\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))', re.DOTALL)
_QUOTED_PAIR = re.compile(r'\\(["\\])')
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[^']*'(.*)", re.IGNORECASE | re.DOTALL)
_LEADING = re.compile(r"(?:[A-Za-z]:|[. ])+")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³]) *(\.|$)", re.IGNORECASE)


def file_name(values: Sequence[bytes]) -> str | None:
    """The safe name that Content-Disposition fields give a body, if any; `filename*` counts before `filename`."""
    found = [pair for value in values for pair in _parameters(value)]
    texts = [text for name, value in found if name == "filename*" and (text := _extended(value)) is not None]
    texts += [_plain(value) for name, value in found if name == "filename"]
    return next((name for text in texts if (name := _safe(text))), None)


def name_from_url(url: Url) -> str:
    """A safe name for what is at `url`: the last part of its path that is one, else its host."""
    path = url.target.partition("?")[0]
    return _safe(unquote(path.rstrip("/").rpartition("/")[2])) or safe_name(url.host)


def safe_name(text: str) -> str:
    """A name made of the last part of `text`, whatever that holds.

    No folder, drive or device of Windows, hidden file, option, or invisible character comes out of it.
    """
    return _safe(text) or _NAMELESS


def _safe(text: str) -> str:
    """Nothing when nothing is left."""
    name = re.split(r"[/\\]", text)[-1]
    name = "".join("_" if unicodedata.category(character) in _INVISIBLE else character for character in name)
    if leading := _LEADING.match(name):
        name = name[leading.end() :]
    name = name.rstrip(". ")
    if name.startswith("-") or _DEVICE.match(name):
        name = "_" + name
    return _shortened(name)


def _shortened(name: str) -> str:
    """`name` cut between characters, with its extension when that is short."""
    if len(name.encode()) <= NAME_BYTES:
        return name
    stem, extension = os.path.splitext(name)
    if len(extension.encode()) > _EXTENSION_BYTES:
        stem, extension = name, ""
    room = NAME_BYTES - len(extension.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ") + extension


def _parameters(value: bytes) -> Iterator[tuple[str, str]]:
    """Names, in lower case, and values as Latin-1, with what stood in quotes unquoted.

    A backslash escapes a quote and itself alone: servers send paths of Windows as they are.
    """
    for name, quoted, bare in _PARAMETER.findall(value.decode("latin-1")):
        yield name.lower(), _QUOTED_PAIR.sub(r"\1", quoted) or bare.strip()


def _plain(text: str) -> str:
    """What a server may have meant by bytes beyond ASCII, and by percent-encoding that has no place here."""
    data = unquote_to_bytes(text.encode("latin-1"))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return text


def _extended(text: str) -> str | None:
    match = _EXTENDED.fullmatch(text)
    try:
        return unquote_to_bytes(match[2]).decode(match[1]) if match else None
    except UnicodeDecodeError:
        return None
