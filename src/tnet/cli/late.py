"""Commands that are imported when somebody asks for them: whoever fetches need not wait for what serves."""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Any

import click


class Late(UserDict[str, Any]):
    """Commands by their names, in their order; one that is set as `package.module:name` is imported when it is got."""

    def __getitem__(self, name: str) -> click.Command:
        found = super().__getitem__(name)
        if isinstance(found, str):
            module, _, attribute = found.partition(":")
            found = self[name] = getattr(import_module(module), attribute)
        assert isinstance(found, click.Command), f"{name} is a command"
        return found
