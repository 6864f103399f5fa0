"""What an account may be called: 1 to 64 printable characters without a space, a colon or a comma.

A colon ends the name in HTTP Basic (RFC 7617 section 2) and in a password file; a comma separates names in lists.
"""

from __future__ import annotations

import unicodedata

LONGEST = 64
_RESERVED = frozenset(" :,")


def account_name(raw: bytes | str) -> str | None:
    """The name that `raw` means, in Unicode's composed form; None when no account may be called so.

    Source: RFC 8265 section 3.4 for the form.
    """
    try:
        text = raw.decode() if isinstance(raw, bytes) else raw
    except UnicodeDecodeError:
        return None
    if len(text) > 4 * LONGEST:
        return None
    name = unicodedata.normalize("NFC", text)
    fits = 1 <= len(name) <= LONGEST and name.isprintable() and _RESERVED.isdisjoint(name)
    return name if fits else None
