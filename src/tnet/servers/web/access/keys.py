"""The key that tokens and share links are signed with: made once, and kept as long as they are to be good."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from secrets import token_bytes

from tnet.errors import CannotRead
from tnet.places import data_folder
from tnet.servers.guarded_files import read_guarded, write_once

KEY_BYTES = 32
OTHERS = 0o077


def default_path(environ: Mapping[str, str] | None = None) -> Path:
    """Where the key is kept: `$XDG_DATA_HOME/tnet/web/signing.key`. Whoever removes it ends every token and link."""
    return data_folder(environ) / "web" / "signing.key"


def open_key(path: Path) -> bytes:
    """The key at `path`, made first if there is none. Blocks.

    Raises: CannotRead, when it is no key, or readable by others; CannotWrite.
    """
    if not os.path.lexists(path):
        write_once(path, token_bytes(KEY_BYTES).hex().encode() + b"\n")
    text = read_guarded(path, forbidden=OTHERS, limit_bytes=4 * KEY_BYTES)
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise CannotRead(str(path), f"not a key of {KEY_BYTES} bytes in hexadecimal")
    return key
