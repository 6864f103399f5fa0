"""What new files and directories may be called.

Names are judged as bytes, as the file system has them. Those of Windows' devices and those that end in a dot or a
space are refused on every system: whoever takes the file home could not have it under its name. Names in a form are
made NFC, since that is what people type; those in a URL are taken as they are, since that is where they will be
looked for.

Source: POSIX.1-2017 section 3.170; MS "Naming Files, Paths, and Namespaces"; RFC 6266 and RFC 8187 for `filename*`.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote_to_bytes

from tnet.servers.web.bodies import Refusal
from tnet.servers.web.files.root import UPLOAD_PREFIX
from tnet.servers.web.page.words import shown

MAX_NAME_BYTES = 255
MAX_SEGMENTS = 32

_DEVICE = re.compile(rb"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)(?:[0-9]|\xc2[\xb9\xb2\xb3])) *(?:\..*)?", re.I)
_CONTROLS = re.compile(rb"[\x00-\x1f\x7f/\\]|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")
_EXTENDED = re.compile(r";\s*filename\*\s*=\s*\"?(utf-8|iso-8859-1)'[^'\"]*'([^\s;\"]*)", re.IGNORECASE)
_PLAIN = re.compile(r';\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))', re.IGNORECASE | re.DOTALL)


def judge_name(name: bytes, *, hidden: bool) -> None:
    """Refuse, with 400, a name that nothing new may have."""
    dotted = name.startswith(b".") and (not hidden or name in (b".", b"..") or name.startswith(UPLOAD_PREFIX))
    wrong = not name or dotted or _CONTROLS.search(name) or name.endswith((b".", b" ")) or _DEVICE.fullmatch(name)
    if wrong or len(name) > MAX_NAME_BYTES:
        raise Refusal(400, f'"{shown(name[:MAX_NAME_BYTES])}" cannot be the name of an upload')


def last_segment(filename: str) -> bytes:
    """The name of an uploaded file without the path that a client may have put before it."""
    return _as_bytes(filename.replace("\\", "/").rpartition("/")[2])


def segments(filename: str) -> list[bytes]:
    """The names of a relative path, as browsers send it for the files of a folder; of any other path, its last name."""
    names = filename.split("/")
    if "\\" in filename or len(names) > MAX_SEGMENTS or any(name in ("", ".", "..") for name in names):
        return [last_segment(filename)]
    return [_as_bytes(name) for name in names]


def typed(name: bytes) -> bytes:
    """A name from the field of a form, NFC if it is text."""
    try:
        return _as_bytes(name.decode())
    except UnicodeDecodeError:
        return name


def file_name(disposition: str) -> str | None:
    """The file name of a Content-Disposition field; `filename*` counts before `filename`."""
    if (extended := _EXTENDED.search(disposition)) is not None:
        try:
            return unquote_to_bytes(extended[2]).decode(extended[1])
        except UnicodeDecodeError:
            return None
    plain = _PLAIN.search(disposition)
    return (
        None if plain is None else re.sub(r"\\(.)", r"\1", plain[1], flags=re.DOTALL) if plain[2] is None else plain[2]
    )


def _as_bytes(name: str) -> bytes:
    return unicodedata.normalize("NFC", name).encode("utf-8", "surrogateescape")
