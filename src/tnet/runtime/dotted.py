"""Tools are known by their dotted paths alone."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def load(path: str) -> Any:
    """The object that `package.module:name` means."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
