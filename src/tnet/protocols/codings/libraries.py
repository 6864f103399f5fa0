"""The libraries of two codings, wherever this Python has them; loaded when they are wanted."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def brotli() -> Any:
    """Brotli's, or the one that other Pythons have: they are called alike."""
    try:
        return import_module("brotli")
    except ImportError:
        return import_module("brotlicffi")


def zstandard() -> Any:
    """Zstandard's, of the standard library or as it was before."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd
