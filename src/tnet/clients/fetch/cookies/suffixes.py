"""The public suffixes: names below which everybody can have one, so that no cookie may be for all of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def is_public_suffix(domain: str) -> bool:
    """Whether `domain`, in ASCII and lower case, is one, as `com`, `co.uk` and `github.io` are.

    A name of one label that the list does not know is one too.
    """
    return bool(public_suffixes().is_public(domain))


@cache
def public_suffixes() -> PublicSuffixList:
    """The list, which takes some 60 ms to read the first time: long enough to call it in a thread, if that can be."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
